"""Namespaces of OpenDocument, as ElementTree writes them."""

__all__ = ["DRAW", "OFFICE", "SHOW", "STYLE", "SVG", "TABLE", "TEXT", "XLINK"]

_NAMES = "{urn:oasis:names:tc:opendocument:xmlns:"
DRAW = f"{_NAMES}drawing:1.0}}"
OFFICE = f"{_NAMES}office:1.0}}"
SHOW = f"{_NAMES}presentation:1.0}}"
STYLE = f"{_NAMES}style:1.0}}"
SVG = f"{_NAMES}svg-compatible:1.0}}"
TABLE = f"{_NAMES}table:1.0}}"
TEXT = f"{_NAMES}text:1.0}}"
XLINK = "{http://www.w3.org/1999/xlink}"
