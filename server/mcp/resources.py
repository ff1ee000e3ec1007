"""Stored files as MCP resources."""

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.types import Annotations, ListResourcesResult, Resource, ResourceTemplate

from files_api_mcp.backends.base import Backend, FilesBackend
from files_api_mcp.backends.errors import NotFound, UnsupportedType
from files_api_mcp.backends.models import DocumentInfo, FileRecord, TextWindow
from files_api_mcp.tools.context import Dependencies, backends, progress_to
from files_api_mcp.tools.describe import DescribedFile, describe
from files_api_mcp.tools.formatting import FILE_URI_TEMPLATE, file_id_from_uri, file_uri, is_past, rfc3339
from files_api_mcp.tools.read import MAX_CHARS, remaining_arguments, text_heading

__all__ = ["file_resource_template", "list_resources", "read_file_resource"]

_PAGE = 200
_LONGEST_ECHO = 200
_VERBATIM = ("application/json", "application/xml")


class FileResource(DescribedFile):
    """`text` says which part of the text follows, and how to read on."""

    text: str | None = None


def file_resource_template() -> ResourceTemplate:
    """How any file's URI is made of its id. No MIME type: files differ."""
    return ResourceTemplate(
        uri_template=FILE_URI_TEMPLATE,
        name="file",
        title="Stored file",
        description="A stored file by its id: metadata as JSON, then the beginning of its text.",
    )


async def list_resources(files: FilesBackend, cursor: str | None) -> ListResourcesResult:
    """A page of the list of files, newest first, without those whose content expired.

    Pages neither overlap nor leave gaps while files come and go: a cursor names a place in the order of uploads.

    Raises:
        InvalidArgument: The cursor is not one of this list's.
    """
    page = await files.list(limit=_PAGE, cursor=cursor)
    shown = [_resource(record) for record in page.files if not is_past(record.expires_at)]
    return ListResourcesResult(resources=shown, next_cursor=page.next_cursor)


async def read_file_resource(ctx: Context[Dependencies], uri: str, *, with_text: bool) -> list[ReadResourceContents]:
    """A file's metadata as JSON; then, where it has text, as much of that as one result holds.

    Raises:
        NotFound: The URI names no file (any more).
    """
    file_id = file_id_from_uri(uri)
    if file_id is None:
        raise NotFound(f"Unknown resource{f': {uri}' if len(uri) <= _LONGEST_ECHO else ''}.")
    opened = await backends(ctx)
    record, info, described = await describe(opened, file_id, progress_to(ctx))
    windows = await _windows(opened, file_id) if with_text and info.askable else []
    shown = FileResource(**described.model_dump(), text=_extent(info, windows))
    metadata = ReadResourceContents(shown.model_dump_json(exclude_none=True), "application/json")
    if not windows:
        return [metadata]
    return [metadata, ReadResourceContents(_text(windows), _text_type(record, windows))]


def _resource(record: FileRecord) -> Resource:
    return Resource(
        uri=file_uri(record.id),
        name=record.filename,
        title=record.title,
        mime_type=record.mime_type,
        size=record.size_bytes,
        annotations=Annotations(last_modified=rfc3339(record.created_at)),
    )


async def _windows(opened: Backend, file_id: str) -> list[TextWindow]:
    try:
        return await opened.reader.read(file_id, max_chars=MAX_CHARS)
    except UnsupportedType:
        # A model can be asked about what holds no text, or whose bytes are elsewhere.
        return []


def _text(windows: list[TextWindow]) -> str:
    """The text as it is; of documents with pages, each below its number."""
    if windows[0].page is None:
        return windows[0].text
    return "\n".join(f"--- {text_heading(window)} ---\n{window.text}" for window in windows)


def _extent(info: DocumentInfo, windows: list[TextWindow]) -> str | None:
    if not windows:
        return None
    rest = remaining_arguments(info, windows, None)
    if rest is None:
        return "all of it follows"
    return f"its beginning follows, up to {_end(windows[-1])}; go on with read_document({rest})"


def _end(last: TextWindow) -> str:
    return f"char {last.end_char} of {last.total_chars}" if last.page is None else f"page {last.page}"


def _text_type(record: FileRecord, windows: list[TextWindow]) -> str:
    """The file's own type where its text is the file, whole; a part of a table or of JSON is but text."""
    kind = record.mime_type
    verbatim = kind in _VERBATIM or (kind.startswith("text/") and kind != "text/html")
    last = windows[-1]
    whole = last.page is None and last.end_char == last.total_chars
    return kind if verbatim and whole else "text/plain"
