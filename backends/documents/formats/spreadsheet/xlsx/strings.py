"""Shared strings of XLSX files: texts that cells refer to by number."""

import re

from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.pieces import (
    decoded,
    pieces,
    plain_text,
    starting,
    without_sections,
)

__all__ = ["shared_strings"]


def shared_strings(package: Package, part: str) -> list[str]:
    """The strings in their order, each on one line."""
    texts, prefix = starting(decoded(package.chunks(part)), "sst")
    whole = re.compile(rf"\s*<{prefix}si>\s*<{prefix}t(?: [^>]*)?>([^<]*)</{prefix}t>\s*")
    text = re.compile(rf"<{prefix}t(?:\s[^>]*)?>([^<]*)</{prefix}t>")
    reading = re.compile(rf"<{prefix}rPh\b.*?</{prefix}rPh>", re.DOTALL)
    empty = re.compile(rf"<{prefix}si\s*/>")
    strings: list[str] = []
    for piece in pieces(texts, f"</{prefix}si>", f"</{prefix}sst"):
        usual = whole.fullmatch(piece)
        if usual:
            strings.append(plain_text(usual[1]))
            continue
        piece = without_sections(piece)
        strings += [""] * len(empty.findall(piece))
        piece = reading.sub("", piece) if "rPh" in piece else piece
        strings.append(plain_text("".join(text.findall(piece[piece.rfind(f"<{prefix}si") :]))))
    return strings
