"""Notebooks show what their cells say and put out."""

import io

from files_api_mcp.backends.documents.formats.notebook import notebook_lines
from files_api_mcp.backends.documents.marks import Heading, marked_text
from tests.support import documents


def test_headings_of_cells_are_marked_and_results_in_html_are_read() -> None:
    table = "<table><tr><th>a<th>mean<tr><td>x<td>7.25</table>"
    outputs: list[object] = [
        {"data": {"text/html": table}},
        {"data": {"text/html": "<b>no</b>", "text/plain": "yes"}},
    ]
    made = documents.notebook(
        [
            {"cell_type": "markdown", "source": f"# 2. Rates\n![x](data:image/png;base64,{'abcd' * 100})"},
            {"cell_type": "code", "source": "# no heading\ndf.mean()", "outputs": outputs},
        ]
    )
    found = marked_text(notebook_lines(io.BytesIO(made)))
    assert found.text == (
        "# 2. Rates\n![x](data:image/png;base64,[300 bytes])\n\n# no heading\ndf.mean()\na | mean\nx | 7.25\nyes\n\n"
    )
    assert [mark for _, mark in found.marks if isinstance(mark, Heading)] == [Heading(1, "Rates", "2")]
