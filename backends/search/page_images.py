"""Pictures of pages of PDFs, and image files."""

from collections.abc import Sequence
from dataclasses import replace

from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import InvalidArgument, UnsupportedType
from files_api_mcp.backends.models import PageImage, Passage
from files_api_mcp.backends.search.documents import Documents
from files_api_mcp.backends.search.reader import check_pages

__all__ = ["PageImages"]

_MAX_IMAGES = 20


class PageImages:
    """Renders pages in the processes that read documents."""

    def __init__(self, source: ContentSource, workers: DocumentWorkers, documents: Documents) -> None:
        self._source = source
        self._workers = workers
        self._documents = documents

    async def rendered(self, file_id: str, pages: tuple[int, int] | None, marked: Sequence[Passage]) -> list[PageImage]:
        """Render pages, the first if none are given; see SearchEngine.images."""
        record, path = await self._source.blob_path(file_id)
        if record.mime_type.startswith("image/"):
            if pages not in (None, (1, 1)):
                raise InvalidArgument("An image is one page.", "Omit pages.")
            return await self._workers.render(path, record.mime_type, [1], record=record)
        if record.mime_type != "application/pdf":
            raise UnsupportedType("Only PDFs and images can be shown as images.", "Read the text without as_image.")
        info = await self._documents.with_document(file_id, lambda _, document: document.info)
        if info.pages is None:
            raise UnsupportedType(info.note or "The PDF cannot be opened.")
        first, last = pages or (1, 1)
        check_pages((first, last), info)
        if last - first >= _MAX_IMAGES:
            raise InvalidArgument(f"At most {_MAX_IMAGES} pages can be shown at once.", "Ask for fewer pages.")
        shown = range(first, last + 1)
        images = await self._workers.render(path, record.mime_type, shown, marked=marked, record=record)
        labels = await self._documents.with_places(file_id, lambda places: places.labels)
        return [replace(image, label=labels.get(image.page)) for image in images]
