"""Text with its headings is the text as it stands."""

import io

import pytest

from files_api_mcp.backends.documents.formats.text.outline import outlined_lines
from files_api_mcp.backends.documents.marks import Heading, marked_text


@pytest.mark.parametrize("name", ["a.md", "a.rst", "a.py", "a.c", "a.txt", "a"])
def test_marks_change_no_letter(name: str) -> None:
    text = "# One\r\n\r\nx\x85y\u2028z\ndef f():\n    pass\n\nTwo\n===\n" * 3000 + "last"
    assert marked_text(outlined_lines(io.BytesIO(text.encode()), "text/plain", name)).text == text


def test_a_mark_stands_before_its_line_in_every_block() -> None:
    text = "".join(f"Section {number}\n---\n\nwords\n\n" for number in range(9000))
    found = marked_text(outlined_lines(io.BytesIO(text.encode()), "text/markdown", "a.md"))
    assert len(found.marks) == 9000
    for number, (offset, heading) in enumerate(found.marks):
        assert isinstance(heading, Heading)
        assert found.text.startswith(f"Section {number}\n", offset)


def test_data_in_markdown_is_only_measured() -> None:
    page = f"# Fish\n![x](data:image/png;base64,{'iVBORw0K' * 500})\n[y]: <data:image/png;base64,iVBO>\n"
    found = marked_text(outlined_lines(io.BytesIO(page.encode()), "text/markdown", "a.md")).text
    assert found == "# Fish\n![x](data:image/png;base64,[3,000 bytes])\n[y]: <data:image/png;base64,iVBO>\n"
    assert "iVBORw0KiVBORw0K" in marked_text(outlined_lines(io.BytesIO(page.encode()), "text/plain", "a.txt")).text
