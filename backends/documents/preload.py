"""Loads the parsers of a family of documents: after that, a process in the sandbox opens no file.

Most processes read few formats, and all parsers take longer to load than small documents to read.
"""

import email
import encodings
import pkgutil
import time
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

from files_api_mcp.backends.documents.formats.text.detection import likely_encoding
from files_api_mcp.backends.documents.media_types import JSON, PDF

__all__ = ["ALL", "family_of", "is_loaded", "load_parsers"]

ALL, _TEXT, _PDF, _QUERY = "all", "text", "pdf", "query"
_DOCUMENTS = "files_api_mcp.backends.documents"
_PACKAGES = {
    ALL: ("formats", "tables"),
    _TEXT: ("formats.text", "tables"),
    _PDF: ("formats.pdf", "tables.types", "tables.sql"),
    _QUERY: ("tables.sql",),
}
_MODULES = {
    ALL: ("render",),
    _TEXT: ("formats.html",),
    _PDF: ("render", "tables.typed", "tables.text_table"),
    _QUERY: (),
}
_LIBRARIES = {
    ALL: ("pikepdf", "PIL.Image", "sqlite3"),
    _TEXT: ("sqlite3",),
    _PDF: ("pikepdf", "PIL.Image", "sqlite3"),
    _QUERY: ("sqlite3",),
}
_OF_WINDOWS = {"mbcs", "oem"}
_SAMPLE = "Größe, Maß und Übergänge: die Prüfung der Lieferung erfolgt später.".encode("cp1252")
"""The library that tells encodings reads its models when it is first asked."""


def family_of(mime_types: Iterable[str | None]) -> str:
    """The family that has all these media types; None is a query, which all families have."""
    families = {_family(mime_type) for mime_type in mime_types if mime_type is not None}
    return families.pop() if len(families) == 1 else ALL if families else _QUERY


def is_loaded(family: str, loaded: str) -> bool:
    """Whether a process that has loaded a family has loaded this one too."""
    return loaded in (family, ALL) or family == _QUERY


def _family(mime_type: str) -> str:
    if mime_type == PDF:
        return _PDF
    return _TEXT if mime_type == JSON or mime_type.startswith("text/") else ALL


def load_parsers(family: str) -> None:
    """Import what the documents of a family need, and what these libraries load when they are first used."""
    for package in _PACKAGES[family]:
        _import_all(import_module(f"{_DOCUMENTS}.{package}"))
    for module in _MODULES[family]:
        import_module(f"{_DOCUMENTS}.{module}")
    for library in _LIBRARIES[family]:
        import_module(library)
    if family == _QUERY:
        return
    for package in (encodings, email) if family == ALL else (encodings,):
        _import_all(package)
    if family != _PDF:
        likely_encoding(_SAMPLE)
    if family != _TEXT:
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
