"""Stored files as MCP resources (files-api:///)."""

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.types import Annotations, ListResourcesResult, Resource, ResourceTemplate

from files_api_mcp.backends.base import Backend, FilesBackend
from files_api_mcp.backends.errors import NotFound, UnsupportedType
from files_api_mcp.backends.models import DocumentInfo, FileRecord, Reading, TextWindow
from files_api_mcp.server.mcp.caller import call_in
from files_api_mcp.tools.context import Dependencies
from files_api_mcp.tools.describe import DescribedFile, describe
from files_api_mcp.tools.formatting import FILE_URI_TEMPLATE, file_id_from_uri, file_uri, is_past, rfc3339
from files_api_mcp.tools.read import remaining_arguments, text_heading
from files_api_mcp.tools.result_size import rows_that_fit

__all__ = ["file_resource_template", "list_resources", "read_file_resource"]

_PAGE_SIZE = 200
_MAX_ECHO = 200
_MOST_CHARS = 16_000
"""Characters of text, so that a result with long metadata too has at most 25,000 tokens."""
_OTHER_TOKENS = 300
"""Tokens that are kept for all but the files of a list."""
_VERBATIM = ("application/json", "application/xml")


class FileResource(DescribedFile):
    """A file's metadata. `text` says which part of the text follows and how to read the rest."""

    text: str | None = None


def file_resource_template() -> ResourceTemplate:
    """The URI template of a file. It has no MIME type, because files differ."""
    return ResourceTemplate(
        uri_template=FILE_URI_TEMPLATE,
        name="file",
        title="Stored file",
        description="A stored file by id: metadata as JSON, then the beginning of its text.",
    )


async def list_resources(files: FilesBackend, cursor: str | None) -> ListResourcesResult:
    """A page of the file list, newest first, without expired files.

    Pages do not overlap or skip files while others are uploaded or deleted: a cursor is a position in upload order.

    Raises:
        InvalidArgument: The cursor is not from this list.
    """
    limit = _PAGE_SIZE
    while True:
        page = await files.list(limit=limit, cursor=cursor)
        shown = [_resource(record) for record in page.files if not is_past(record.expires_at)]
        fitting = rows_that_fit(shown, reserved_tokens=_OTHER_TOKENS)
        if fitting == len(shown):
            return ListResourcesResult(resources=shown, next_cursor=page.next_cursor)
        # A shorter page with the same start: its cursor goes on exactly after it.
        limit = fitting


async def read_file_resource(ctx: Context[Dependencies], uri: str, *, with_text: bool) -> list[ReadResourceContents]:
    """A file's metadata as JSON, then the beginning of its text, as much as fits into one result.

    Raises:
        NotFound: The URI names no file, or a deleted one.
    """
    file_id = file_id_from_uri(uri)
    if file_id is None:
        raise NotFound(f"Unknown resource{f': {uri}' if len(uri) <= _MAX_ECHO else ''}.")
    call = call_in(ctx)
    backend = await call.backend()
    record, info, described = await describe(call, file_id)
    reading = await _reading(backend, file_id) if with_text and info.askable else Reading([])
    shown = FileResource(**described.model_dump(), text=_extent(info, reading))
    metadata = ReadResourceContents(shown.model_dump_json(exclude_none=True), "application/json")
    if not reading.windows:
        return [metadata]
    return [metadata, ReadResourceContents(_text(reading.windows), _text_type(record, reading.windows))]


def _resource(record: FileRecord) -> Resource:
    return Resource(
        uri=file_uri(record.id),
        name=record.filename,
        title=record.title,
        mime_type=record.mime_type,
        size=record.size_bytes,
        annotations=Annotations(last_modified=rfc3339(record.created_at)),
    )


async def _reading(backend: Backend, file_id: str) -> Reading:
    try:
        return await backend.reader.read(file_id, max_chars=_MOST_CHARS)
    except UnsupportedType:
        # The file has no text, or its bytes are not on this machine. A model may still answer about it.
        return Reading([])


def _text(windows: list[TextWindow]) -> str:
    """The text unchanged; in documents with pages, each page under its number."""
    if windows[0].page is None:
        return "".join(window.text for window in windows)
    return "\n".join(f"--- {text_heading(window)} ---\n{window.text}" for window in windows)


def _extent(info: DocumentInfo, reading: Reading) -> str | None:
    if not reading.windows:
        return None
    rest = remaining_arguments(info, reading, None)
    if rest is None:
        return "complete text follows"
    return f"text up to {_end(reading.windows[-1])} follows; continue with read_document({rest})"


def _end(last: TextWindow) -> str:
    return f"char {last.end_char} of {last.total_chars}" if last.page is None else f"page {last.page}"


def _text_type(record: FileRecord, windows: list[TextWindow]) -> str:
    """The file's own type if the text is the whole file. A part of a table or of JSON is only plain text."""
    kind = record.mime_type
    verbatim = kind in _VERBATIM or (kind.startswith("text/") and kind != "text/html")
    last = windows[-1]
    whole = last.page is None and last.end_char == last.total_chars
    return kind if verbatim and whole else "text/plain"
