"""Excerpts of files that are not shown whole: their best passages, or the text of some pages."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from files_api_mcp.backends.anthropic.answers.content_blocks import ContextFile
from files_api_mcp.backends.models import FileRecord, Passage, TextWindow
from files_api_mcp.backends.tokens import estimate_tokens

__all__ = ["by_file", "of_pages", "of_passages"]

_PIECE_CHARS = 800
"""Most characters of a piece of a page: a citation names a piece, and shows all of it."""


def by_file(passages: Sequence[Passage]) -> dict[str, list[Passage]]:
    """Group passages by the id of their file."""
    found: dict[str, list[Passage]] = {}
    for passage in passages:
        found.setdefault(passage.file_id, []).append(passage)
    return found


def of_passages(record: FileRecord, passages: Sequence[Passage]) -> ContextFile:
    """Show a file by its best passages."""
    # In document order, which reads better than the order of scores.
    ordered = sorted(passages, key=lambda one: (one.page or 0, one.start_char))
    return _excerpts(record, [replace(one, score=1.0) for one in ordered], "the passages that best match the question")


def of_pages(record: FileRecord, windows: Sequence[TextWindow], pages: tuple[int, int]) -> ContextFile | None:
    """Show a file by the text of some pages; None if they have no text."""
    pieces = [
        Passage(
            file_id=record.id,
            filename=record.filename,
            page=window.page,
            start_char=window.start_char + start,
            end_char=window.start_char + end,
            text=window.text[start:end],
            score=1.0,
            where=window.where,
        )
        for window in windows
        for start, end in _pieces(window.text)
    ]
    first, last = pages
    about = f"page {first}" if first == last else f"pages {first} to {last}"
    return _excerpts(record, pieces, about) if pieces else None


def _excerpts(record: FileRecord, passages: list[Passage], about: str) -> ContextFile:
    tokens = sum(estimate_tokens(one.text) for one in passages)
    return ContextFile(record, "passages", tokens, passages=passages, held=True, excerpts=about)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where the pieces of a text begin and end: at the end of a line, else of a word, without the blanks around."""
    start = 0
    while start < len(text):
        end = min(start + _PIECE_CHARS, len(text))
        if end < len(text):
            cut = max(text.rfind("\n", start, end), text.rfind(" ", start, end) if "\n" not in text[start:end] else -1)
            end = cut + 1 if cut > start else end
        piece = text[start:end]
        if piece.strip():
            begin = start + len(piece) - len(piece.lstrip())
            yield begin, begin + len(piece.strip())
        start = end
