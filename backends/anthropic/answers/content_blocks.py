"""ContextFile: a file as content block of a request, and the passages that citations of it refer to."""

import base64
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal

from files_api_mcp.backends.anthropic.answers.quotes import find_quote, span_of_chars
from files_api_mcp.backends.models import FileRecord, PageImage, Passage

__all__ = ["ContextFile", "Kind", "PageTexts"]

Kind = Literal["pdf", "text", "rendition", "passages", "image", "data"]

_MOST_PAGES = 600
"""Pages in one request."""

Block = dict[str, Any]

PageTexts = Mapping[int, str]


@dataclass(slots=True)
class ContextFile:
    """One file of a question.

    `kind` is how the model sees it: a PDF or text by its id, text extracted from an Office file (`rendition`), the best
    passages of a file too long to show whole or those of some pages, an image, or data uploaded to the code execution
    container. `picture` is a smaller copy of an image, sent in its place. `pages` holds the page texts loaded so far;
    `text` is the text of a file without pages. `excerpts` says which passages are shown. `held` says that the original
    is on this machine.
    """

    record: FileRecord
    kind: Kind
    tokens: int
    page_count: int = 0
    text: str | None = None
    page_starts: Sequence[int] = ()
    passages: Sequence[Passage] = ()
    excerpts: str = ""
    held: bool = False
    picture: PageImage | None = None
    pages: dict[int, str] = field(default_factory=dict[int, str])

    @property
    def is_document(self) -> bool:
        """Whether citations count it in document_index."""
        return self.kind in ("pdf", "text", "rendition", "passages")

    def block(self) -> Block:
        """Its content block."""
        if self.kind == "image":
            return {"type": "image", "source": self._by_id() if self.picture is None else _inline(self.picture)}
        if self.kind == "data":
            return {"type": "container_upload", "file_id": self.record.id}
        return {
            "type": "document",
            "source": self._source(),
            "title": self.record.title or self.record.filename,
            **({"context": self._context()} if self._context() else {}),
            "citations": {"enabled": True},
        }

    def cited_pages(self, citation: Mapping[str, Any]) -> range:
        """The pages that a citation names, 1-based."""
        first, end = _number(citation, "start_page_number"), _number(citation, "end_page_number")
        if self.kind != "pdf" or first < 1:
            return range(0)
        return range(first, min(max(first + 1, end), (self.page_count if self.held else first + _MOST_PAGES) + 1))

    def cited(self, citation: Mapping[str, Any]) -> Sequence[Passage]:
        """The verbatim passages that a citation refers to; empty if its quote is not where the citation points."""
        quote = str(citation.get("cited_text") or "")
        if not quote.strip():
            return ()
        match self.kind:
            case "pdf":
                found = self._on_pages(quote, self.cited_pages(citation))
            case "passages":
                first, end = _number(citation, "start_block_index"), _number(citation, "end_block_index")
                return self._in_blocks(quote, self.passages[first : max(first + 1, end)])
            case "text" | "rendition":
                start, end = _number(citation, "start_char_index"), _number(citation, "end_char_index")
                found = self._in_text(quote, start, max(start, end))
            case _:
                return ()
        return () if found is None else (found,)

    def _by_id(self) -> Block:
        return {"type": "file", "file_id": self.record.id}

    def _source(self) -> Block:
        if self.kind == "rendition":
            return {"type": "text", "media_type": "text/plain", "data": self.text or ""}
        if self.kind == "passages":
            return {"type": "content", "content": [{"type": "text", "text": one.text} for one in self.passages]}
        return self._by_id()

    def _context(self) -> str:
        # Constant for a file: a change would invalidate the prompt cache.
        if self.kind == "passages":
            return f"Excerpts from {self.record.filename}: {self.excerpts}."
        return self.record.filename if self.record.title else ""

    def _on_pages(self, quote: str, pages: range) -> Passage | None:
        if not self.held:
            last = pages[-1] if len(pages) > 1 else None
            return self._passage(quote, pages[0], 0, 0, last) if pages else None
        for page in pages:
            text = self.pages.get(page, "")
            span = find_quote(text, quote)
            if span is not None:
                return self._passage(text[span[0] : span[1]], page, *span)
        return self._over_pages(quote, pages)

    def _over_pages(self, quote: str, pages: range) -> Passage | None:
        """Find a quote that continues on the next page; the passage joins the parts on both pages."""
        for page in pages[:-1]:
            first, second = self.pages.get(page, ""), self.pages.get(page + 1, "")
            span = find_quote(f"{first}\n{second}", quote)
            if span is not None:
                start, end = span
                tail = second[: max(0, end - len(first) - 1)]
                return self._passage(f"{first[start:]}\n{tail}", page, start, len(first), page + 1)
        return None

    def _in_blocks(self, quote: str, blocks: Sequence[Passage]) -> Sequence[Passage]:
        """The blocks that the quote spans."""
        span = find_quote("\n".join(one.text for one in blocks), quote)
        if span is None:
            return ()
        starts = accumulate((len(one.text) + 1 for one in blocks), initial=0)
        placed = zip(starts, blocks, strict=False)
        return [one for start, one in placed if start < span[1] and start + len(one.text) > span[0]]

    def _in_text(self, quote: str, start: int, end: int) -> Passage | None:
        if self.text is None:
            # A held file that cannot be read now: its quotes would pass unchecked, without a note.
            return None if self.held else self._passage(quote, None, start, end)
        span = span_of_chars(self.text, quote, start, end)
        if span is None:
            return None
        literal = self.text[span[0] : span[1]]
        if not self.page_starts:
            return self._passage(literal, None, *span)
        page, last = bisect_right(self.page_starts, span[0]), bisect_right(self.page_starts, span[1] - 1)
        offset = self.page_starts[page - 1]
        if last > page:
            return self._passage(literal, page, span[0] - offset, self.page_starts[page] - 1 - offset, last)
        return self._passage(literal, page, span[0] - offset, span[1] - offset)

    def _passage(self, text: str, page: int | None, start: int, end: int, last_page: int | None = None) -> Passage:
        return Passage(
            file_id=self.record.id,
            filename=self.record.filename,
            page=page,
            start_char=start,
            end_char=end,
            text=text,
            score=1.0,
            where=_place(page, start, end, last_page),
            last_page=last_page,
        )


def _inline(picture: PageImage) -> Block:
    data = base64.b64encode(picture.data).decode()
    return {"type": "base64", "media_type": picture.mime_type, "data": data}


def _place(page: int | None, start: int, end: int, last_page: int | None) -> str:
    if page is None:
        return f"chars {start}-{end}"
    return f"page {page}" if last_page is None else f"pages {page}-{last_page}"


def _number(citation: Mapping[str, Any], name: str) -> int:
    value = citation.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
