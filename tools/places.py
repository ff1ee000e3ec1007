"""Places in documents, in words."""

from files_api_mcp.backends.models import Passage

__all__ = ["called", "place"]


def place(passage: Passage) -> str:
    """Where a passage stands, in words: its page, and what the document itself calls it where that is something else;
    or its character range (0-based, end exclusive)."""
    if passage.last_page is not None:
        return f"pages {passage.page}-{passage.last_page}"
    if passage.page is not None:
        return called(passage.page, passage.label)
    return f"chars {passage.start_char}-{passage.end_char}"


def called(page: int, label: str | None) -> str:
    """A page by its number, and by what the document itself calls it where that is something else."""
    return f"page {page} (labelled {label})" if label else f"page {page}"
