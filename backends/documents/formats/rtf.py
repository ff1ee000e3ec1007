"""Text of files in Rich Text Format."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from striprtf import striprtf  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.whole_file import read_whole

__all__ = ["rtf_lines"]

_MOST_BYTES = 50_000_000
# A picture's data, which the library would go through one character at a time.
# Only the start of a run is tried, so that one that is just too short is not read again from each of its characters.
_PICTURE = re.compile(rb"(?<![0-9a-fA-F\r\n])[0-9a-fA-F\r\n]{2000,}+")
# The library passes these over. What they hold stands where they are defined.
_NOTE = re.compile(rb"\\footnote(?![a-z])")
_MARGIN = re.compile(rb"\\(?:header|footer)[lrf]?(?![a-z]) ?")


def rtf_lines(content: BinaryIO) -> Iterator[str]:
    """Lines of the text, with notes, headers and footers; table rows with their cells between `|`.

    Raises:
        UnsupportedType: The file is too long to be read.
    """
    data = read_whole(content, _MOST_BYTES)
    library: Any = striprtf
    shown = _MARGIN.sub(rb"\\par ", _NOTE.sub(b" ", _PICTURE.sub(b"", data)))
    text: str = library.rtf_to_text(shown.decode("cp1252", "replace"), errors="replace")
    for line in text.splitlines():
        if line.endswith("|"):
            # The library ends each cell with this sign.
            line = " | ".join(cell.strip() for cell in line[:-1].split("|"))
        if line.strip(" |"):
            yield f"{line.rstrip()}\n"
