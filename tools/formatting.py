"""Places in documents, in words."""

from files_api_mcp.backends.models import Passage

__all__ = ["called", "place"]


def place(passage: Passage) -> str:
    """Where a passage stands, in words: its page, and what the document itself calls it where that is something else;
    or its character range (0-based, end exclusive)."""
    if passage.last_page is not None:
        return f"pages {passage.page}-{passage.last_page}"
    if passage.page is not None:
        return called(passage.page, passage.label, scanned=passage.scanned)
    return f"chars {passage.start_char}-{passage.end_char}{_remark(None, scanned=passage.scanned)}"


def called(page: int, label: str | None, *, scanned: bool = False) -> str:
    """A page by its number, and by what the document itself calls it where that is something else; whether its text was
    read by OCR."""
    return f"page {page}{_remark(label, scanned=scanned)}"


def _remark(label: str | None, *, scanned: bool) -> str:
    remarks = [*([f"labelled {label}"] if label else ()), *(["read by OCR"] if scanned else ())]
    return f" ({', '.join(remarks)})" if remarks else ""
