"""Loads the parsers of a family of documents: after that, a process in the sandbox opens no file.

Most processes read few formats, and all parsers take longer to load than small documents to read.
"""

import email
import encodings
import pkgutil
import time
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from files_api_mcp.backends.documents.families import ALL, PDF, QUERY, TEXT
from files_api_mcp.backends.documents.formats.text.detection import likely_encoding

__all__ = ["load_parsers"]

_DOCUMENTS = "files_api_mcp.backends.documents"
_PACKAGES = {
    ALL: ("formats", "tables"),
    TEXT: ("formats.text", "tables"),
    PDF: ("formats.pdf", "tables.types", "tables.sql"),
    QUERY: ("tables.sql",),
}
_MODULES = {
    ALL: ("render",),
    TEXT: ("formats.html",),
    PDF: ("render", "tables.typed", "tables.text_table"),
    QUERY: (),
}
_LIBRARIES = {
    ALL: ("pikepdf", "PIL.Image", "sqlite3"),
    TEXT: ("sqlite3",),
    PDF: ("pikepdf", "PIL.Image", "sqlite3"),
    QUERY: ("sqlite3",),
}
_OF_WINDOWS = {"mbcs", "oem"}
_SAMPLE = "Größe, Maß und Übergänge: die Prüfung der Lieferung erfolgt später.".encode("cp1252")
"""The library that tells encodings reads its models when it is first asked."""


@cache
def load_parsers(family: str) -> None:
    """Import what the documents of a family need, and what these libraries load when they are first used. Once."""
    for package in _PACKAGES[family]:
        _import_all(import_module(f"{_DOCUMENTS}.{package}"))
    for module in _MODULES[family]:
        import_module(f"{_DOCUMENTS}.{module}")
    for library in _LIBRARIES[family]:
        import_module(library)
    if family == QUERY:
        return
    for package in (encodings, email) if family == ALL else (encodings,):
        _import_all(package)
    if family != PDF:
        likely_encoding(_SAMPLE)
    if family != TEXT:
        _load_pictures()
    time.tzset()


def _import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.rpartition(".")[2] not in _OF_WINDOWS:
            import_module(module.name)


def _load_pictures() -> None:
    """Load the readers of all kinds of pictures."""
    image: Any = import_module("PIL.Image")
    image.init()
