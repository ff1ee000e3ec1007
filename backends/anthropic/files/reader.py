"""AnthropicReader: reads files whose originals are on this machine. Implements Reader."""

from collections.abc import Sequence
from dataclasses import replace

from files_api_mcp.backends.anthropic.files.files import AnthropicFiles
from files_api_mcp.backends.anthropic.files.originals import OriginalMissing, Originals
from files_api_mcp.backends.base import KnownFile
from files_api_mcp.backends.documents.media_types import PDF, SHOWN_IMAGES
from files_api_mcp.backends.models import (
    DocumentInfo,
    FileRecord,
    OutlineEntry,
    PageImage,
    Passage,
    Progress,
    Reading,
    silent,
)
from files_api_mcp.backends.search.engine import SearchEngine

__all__ = ["AnthropicReader"]


class AnthropicReader:
    """Reads the local originals. Some files can be asked about but not read here."""

    def __init__(self, files: AnthropicFiles, originals: Originals, engine: SearchEngine) -> None:
        self._files = files
        self._originals = originals
        self._engine = engine

    async def prepare(
        self, file_id: str, progress: Progress = silent, record: FileRecord | None = None
    ) -> DocumentInfo:
        """Index the file's text if its original is here, and report whether the model can answer about it."""
        try:
            info = await self._engine.prepare(file_id, progress)
        except OriginalMissing as exc:
            return _without_original(record or await self._files.describe(file_id), exc.sentence)
        if info.askable:
            return info
        return _as_seen(record or await self._files.describe(file_id), info)

    async def described(self, file_id: str) -> KnownFile | None:  # noqa: ARG002  see Reader
        """None: only the API knows the record."""
        return None

    async def read_later(self, file_ids: Sequence[str]) -> None:
        """Index the originals' text in the background; see Reader.read_later."""
        await self._engine.read_later(file_ids)

    async def infos(self, records: Sequence[FileRecord]) -> dict[str, DocumentInfo]:
        """What is known now of each original; see Reader.infos."""
        originals = await self._originals.located([record.id for record in records])
        infos = await self._engine.infos([record for record, _ in originals])
        return {
            record.id: _as_seen(record, infos[record.id])
            if record.id in infos
            else _without_original(record, "The original is not on this machine.")
            for record in records
        }

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


def _without_original(record: FileRecord, sentence: str) -> DocumentInfo:
    answerable = record.mime_type in (*SHOWN_IMAGES, PDF, "text/plain")
    note = "Only ask_document works: the original is not on this machine." if answerable else sentence
    return DocumentInfo(askable=answerable, pages=None, chars=0, note=note)


def _as_seen(record: FileRecord, info: DocumentInfo) -> DocumentInfo:
    """The model can see files without text: images and scanned pages."""
    is_seen = record.mime_type in SHOWN_IMAGES or (record.mime_type == PDF and info.pages)
    if info.askable or info.state == "reading" or not is_seen:
        return info
    return replace(info, askable=True, note="It has no text: answers come without exact quotes.")
