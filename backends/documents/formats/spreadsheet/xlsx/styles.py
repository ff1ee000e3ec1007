"""Styles of XLSX files: the number format of each cell style."""

from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.formats.spreadsheet.number_formats import BUILT_IN, Format, number_format

__all__ = ["cell_formats"]

_MOST_STYLES = 65_536


def cell_formats(package: Package, part: str, *, date1904: bool) -> list[Format | None]:
    """The formats by the numbers of cell styles. None: the value as it is stored."""
    tree = package.optional_tree(part) if part else None
    if tree is None:
        return []
    codes = dict(BUILT_IN)
    formats: list[int] = []
    for group in tree:
        name = group.tag.rpartition("}")[2]
        if name == "numFmts":
            codes |= {_number(one.get("numFmtId")): one.get("formatCode", "") for one in group}
        elif name == "cellXfs":
            formats = [_number(one.get("numFmtId")) for one in group][:_MOST_STYLES]
    return [number_format(codes.get(number, ""), date1904=date1904) for number in formats]


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
