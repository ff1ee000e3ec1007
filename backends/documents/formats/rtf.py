"""Text of files in Rich Text Format."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, BinaryIO

from striprtf import striprtf  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.whole_file import read_whole
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.documents.tables.lined_rows import LinedRow, judged, table_lines
from files_api_mcp.backends.documents.tables.text_table import TextRow, TextTable

__all__ = ["rtf_lines"]

_MOST_BYTES = 50_000_000
# A picture's data, which the library would go through one character at a time.
# Only the start of a run is tried, so that one that is just too short is not read again from each of its characters.
_PICTURE = re.compile(rb"(?<![0-9a-fA-F\r\n])[0-9a-fA-F\r\n]{2000,}+")
# The library passes these over. What they hold stands where they are defined.
_NOTE = re.compile(rb"\\footnote(?![a-z])")
_MARGIN = re.compile(rb"\\(?:header|footer)[lrf]?(?![a-z]) ?")


def rtf_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines of the text, with notes, headers and footers; table rows with their cells between `|`, after the table.

    Raises:
        UnsupportedType: The file is too long to be read.
    """
    data = read_whole(content, _MOST_BYTES)
    library: Any = striprtf
    shown = _MARGIN.sub(rb"\\par ", _NOTE.sub(b" ", _PICTURE.sub(b"", data)))
    text: str = library.rtf_to_text(shown.decode("cp1252", "replace"), errors="replace")
    # The library ends each cell with this sign.
    for are_rows, lines in groupby(text.splitlines(), lambda line: line.endswith("|")):
        if are_rows:
            yield from table_lines(map(_row, lines), _judged)
        else:
            yield from (f"{line.rstrip()}\n" for line in lines if line.strip(" |"))


def _row(line: str) -> LinedRow:
    cells = [cell.strip() for cell in line[:-1].split("|")]
    return LinedRow(TextRow(cells), " | ".join(cells).rstrip() if any(cells) else "")


def _judged(rows: Sequence[LinedRow]) -> TextTable | None:
    """The table that the rows are. Cells are not known to be merged, so rows of other lengths are only text."""
    return judged(rows) if len({len(row.row.cells) for row in rows}) == 1 else None
