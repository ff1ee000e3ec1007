"""Chunks: documents of other formats (altChunk) that a Word document imports when it is opened."""

from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.documents.media_types import DOCX, EML, RTF, sniff
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["Chunks"]

_DEEPEST = 2
_MOST = 100
_ENDS = 64 * 1024
_PACKAGE = "files_api_mcp.backends.documents.formats"
_READERS = {
    RTF: ("rtf", "rtf_lines"),
    EML: ("email.message", "mail_lines"),
    "text/html": ("html", "html_lines"),
}
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "message/rfc822": ".eml",
    "text/plain": ".txt",
}


class Chunks:
    """The chunks of a document, each read once. `depth` counts the documents that it is inside of."""

    def __init__(self, package: Package, nested: Callable[[BinaryIO, int], Iterator[Line]], depth: int) -> None:
        self._package = package
        self._nested = nested
        self._depth = depth
        self._read: set[str] = set()

    def lines(self, part: str) -> Iterator[Line]:
        """Lines of a chunk."""
        if part in self._read:
            return
        self._read.add(part)
        try:
            yield from self._lines(part)
        except UnsupportedType:
            yield f"[inserted document {len(self._read)} cannot be read]\n"

    def _lines(self, part: str) -> Iterator[Line]:
        data = self._package.read(part) if len(self._read) <= _MOST and self._depth < _DEEPEST else None
        if data is None:
            raise UnsupportedType("The part does not exist, or is nested too deeply to read.")
        suffix = _SUFFIXES.get(self._package.content_type(part), "")
        kind = sniff(data[:_ENDS], data[-_ENDS:], f"chunk{suffix}" if suffix else part)
        content = BytesIO(data)
        if kind == DOCX:
            yield from self._nested(content, self._depth + 1)
        elif kind in _READERS or kind.startswith("text/"):
            module, name = _READERS.get(kind, ("text.decoding", "decoded_lines"))
            read: Callable[[BinaryIO], Iterator[Line]] = getattr(import_module(f"{_PACKAGE}.{module}"), name)
            yield from read(content)
        else:
            raise UnsupportedType(f"Files of type {kind} have no readable text.")
