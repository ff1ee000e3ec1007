"""Layers of a PDF (optional content groups) that its viewers do not show at first."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, BinaryIO

__all__ = ["layers_off"]

_MOST = 10_000


def layers_off(content: BinaryIO) -> frozenset[str]:
    """The names of layers that are off, and of no others; none if the PDF cannot be read. PDFium does not know them."""
    import pikepdf  # few PDFs have layers

    try:
        with pikepdf.open(content) as document:
            properties: Any = document.Root.OCProperties
            usual = properties.D
            names = {group.objgen: str(group.Name) for group in islice(properties.OCGs, _MOST)}
            off = _numbers(usual.get("/OFF", ()))
            if usual.get("/BaseState") == "/OFF":
                off |= names.keys() - _numbers(usual.get("/ON", ()))
    except (pikepdf.PikepdfError, AttributeError, KeyError, TypeError, ValueError):
        return frozenset()
    shown = {name for number, name in names.items() if number not in off}
    return frozenset(names.values()) - shown


def _numbers(groups: Iterable[Any]) -> set[tuple[int, int]]:
    return {group.objgen for group in islice(groups, _MOST)}
