"""Families of documents: a process loads the parsers of one, because it can load none later."""

from collections.abc import Iterable

from files_api_mcp.backends.documents import media_types

__all__ = ["ALL", "PDF", "QUERY", "TEXT", "family_of", "is_loaded"]

ALL, TEXT, PDF, QUERY = "all", "text", "pdf", "query"


def family_of(mime_types: Iterable[str | None]) -> str:
    """The family that has all these media types; None is a query, which all families have."""
    families = {_family(mime_type) for mime_type in mime_types if mime_type is not None}
    return families.pop() if len(families) == 1 else ALL if families else QUERY


def is_loaded(family: str, loaded: str) -> bool:
    """Whether a process that has loaded a family has loaded this one too."""
    return loaded in (family, ALL) or family == QUERY


def _family(mime_type: str) -> str:
    if mime_type == media_types.PDF:
        return PDF
    return TEXT if mime_type == media_types.JSON or mime_type.startswith("text/") else ALL
