"""Shared strings of XLSX files: texts that cells refer to by number."""

import re

from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.pieces import (
    decoded,
    joined_runs,
    pieces,
    plain_text,
    without_prefix,
    without_sections,
)

__all__ = ["shared_strings"]

_USUAL = re.compile(r"\s*<si>\s*<t(?: [^<>]*)?>([^<]*)</t>\s*")
_LONGEST = 32_767
"""Characters that a cell can hold."""

_EMPTY = re.compile(r"<si\s*/>")


def shared_strings(package: Package, part: str) -> list[str]:
    """The strings in their order, each on one line."""
    strings: list[str] = []
    for piece in pieces(without_prefix(decoded(package.chunks(part))), "</si>", "</sst"):
        usual = _USUAL.fullmatch(piece)
        if usual:
            strings.append(plain_text(usual[1])[:_LONGEST])
            continue
        piece = without_sections(piece)
        strings += [""] * len(_EMPTY.findall(piece))
        strings.append(plain_text(joined_runs(piece[piece.rfind("<si") :]))[:_LONGEST])
    return strings
