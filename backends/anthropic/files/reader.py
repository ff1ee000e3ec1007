"""AnthropicReader: reads files whose originals are on this machine. Implements Reader."""

from collections.abc import Sequence
from dataclasses import replace

from files_api_mcp.backends.anthropic.files.files import AnthropicFiles
from files_api_mcp.backends.anthropic.files.originals import OriginalMissing
from files_api_mcp.backends.documents.media_types import PDF, SHOWN_IMAGES
from files_api_mcp.backends.models import DocumentInfo, OutlineEntry, PageImage, Passage, Progress, Reading, silent
from files_api_mcp.backends.search.engine import SearchEngine

__all__ = ["AnthropicReader"]


class AnthropicReader:
    """Reads the local originals. Some files can be asked about but not read here."""

    def __init__(self, files: AnthropicFiles, engine: SearchEngine) -> None:
        self._files = files
        self._engine = engine

    async def prepare(self, file_id: str, progress: Progress = silent) -> DocumentInfo:
        """Index the file's text if its original is here, and report whether the model can answer about it."""
        try:
            info = await self._engine.prepare(file_id, progress)
        except OriginalMissing as exc:
            record = await self._files.describe(file_id)
            answerable = record.mime_type in (*SHOWN_IMAGES, PDF, "text/plain")
            note = "Only ask_document works: the original is not on this machine." if answerable else exc.sentence
            return DocumentInfo(askable=answerable, pages=None, chars=0, note=note)
        if info.askable:
            return info
        record = await self._files.describe(file_id)
        # The model can see files without text: images and scanned pages.
        if record.mime_type in SHOWN_IMAGES or (record.mime_type == PDF and info.pages):
            return replace(info, askable=True, note="It has no text: answers come without exact quotes.")
        return info

    async def read(
        self,
        file_id: str,
        *,
        pages: tuple[int, int] | None = None,
        start_char: int | None = None,
        at: str | None = None,
        max_chars: int,
        progress: Progress = silent,
    ) -> Reading:
        """Read pages, a range of characters or a place of the original; see Reader.read."""
        return await self._engine.read(
            file_id, pages=pages, start_char=start_char, at=at, max_chars=max_chars, progress=progress
        )

    async def outline(self, file_id: str) -> list[OutlineEntry]:
        """The original's headings, sheets or parts; see Reader.outline."""
        return await self._engine.outline(file_id)

    async def images(
        self, file_id: str, *, pages: tuple[int, int] | None = None, marked: Sequence[Passage] = ()
    ) -> list[PageImage]:
        """Render the original's pages; see Reader.images."""
        return await self._engine.images(file_id, pages=pages, marked=marked)
