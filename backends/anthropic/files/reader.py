"""Reading files of the workspace, as far as their bytes are on this machine. Implements Reader."""

from collections.abc import Sequence
from dataclasses import replace

from files_api_mcp.backends.anthropic.files.files import AnthropicFiles
from files_api_mcp.backends.anthropic.files.originals import OriginalMissing
from files_api_mcp.backends.documents.media_types import PDF, SHOWN_IMAGES
from files_api_mcp.backends.models import DocumentInfo, PageImage, Passage, Progress, TextWindow, silent
from files_api_mcp.backends.search.engine import SearchEngine

__all__ = ["AnthropicReader"]

"""The types of images that the model sees."""


class AnthropicReader:
    """Reads from the originals kept here. What a model can be asked may be more than what can be read."""

    def __init__(self, files: AnthropicFiles, engine: SearchEngine) -> None:
        self._files = files
        self._engine = engine

    async def prepare(self, file_id: str, progress: Progress = silent) -> DocumentInfo:
        """Index the file's text, where its bytes are here, and say whether the model can be asked about it."""
        try:
            info = await self._engine.prepare(file_id, progress)
        except OriginalMissing as exc:
            record = await self._files.describe(file_id)
            asked = record.mime_type in (*SHOWN_IMAGES, PDF, "text/plain")
            note = "Only ask_document works: the original is not on this machine." if asked else exc.sentence
            return DocumentInfo(askable=asked, pages=None, chars=0, note=note)
        if info.askable:
            return info
        record = await self._files.describe(file_id)
        # A model sees what holds no text: pictures and scanned pages.
        if record.mime_type in SHOWN_IMAGES or (record.mime_type == PDF and info.pages):
            return replace(info, askable=True, note="It has no text: answers come without exact quotes.")
        return info

    async def read(
        self,
        file_id: str,
        *,
        pages: tuple[int, int] | None = None,
        start_char: int | None = None,
        max_chars: int,
        progress: Progress = silent,
    ) -> list[TextWindow]:
        """Read pages or a character window of the original; see Reader.read."""
        return await self._engine.read(
            file_id, pages=pages, start_char=start_char, max_chars=max_chars, progress=progress
        )

    async def images(
        self, file_id: str, *, pages: tuple[int, int] | None = None, marked: Sequence[Passage] = ()
    ) -> list[PageImage]:
        """Pictures of the original's pages; see Reader.images."""
        return await self._engine.images(file_id, pages=pages, marked=marked)
