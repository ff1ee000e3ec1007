"""Stores and indexes files from a path or a byte stream, under the same rules."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from anyio import to_thread

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import BadFilename, InvalidArgument
from files_api_mcp.backends.models import DocumentInfo, NewFile, Progress, Snapshot, UploadedFile, silent
from files_api_mcp.backends.roots.roots import Roots, SourceFile
from files_api_mcp.backends.staging.batch import FrozenFile
from files_api_mcp.backends.staging.receive import refuse_sensitive_name, take_in
from files_api_mcp.backends.staging.snapshot import freeze
from files_api_mcp.backends.validation import safe_filename
from files_api_mcp.tools.context import Dependencies, failure_in, subprogress
from files_api_mcp.tools.uploads.tickets import UploadedItem, UploadExpectation

__all__ = [
    "NO_LABELS",
    "UploadLabels",
    "index_uploaded",
    "new_file",
    "store_file",
    "store_received",
    "unindexed",
    "uploaded_item",
]


@dataclass(frozen=True, slots=True)
class UploadLabels:
    """What all files of an upload get."""

    title: str | None = None
    tags: tuple[str, ...] = ()
    lifetime_s: int | None = None


NO_LABELS = UploadLabels()


def new_file(source: SourceFile | FrozenFile, mime_type: str, labels: UploadLabels) -> NewFile:
    """The metadata of a file that was read below a root."""
    return NewFile(
        filename=source.filename,
        mime_type=mime_type,
        title=labels.title,
        source_path=source.path,
        source_root=source.root,
        source_mark=source.mark,
        tags=labels.tags,
        expires_in_seconds=labels.lifetime_s,
    )


async def store_file(
    path: str,
    roots: Roots,
    opened: Backend,
    *,
    allow_sensitive: bool,
    labels: UploadLabels = NO_LABELS,
    progress: Progress = silent,
) -> UploadedFile:
    """Takes a snapshot of the file at a path below a root, and uploads it to the backend.

    Raises:
        FilesError: The file may not be read, or was not stored.
    """
    source = await to_thread.run_sync(roots.open_file, path)
    copying, sending = subprogress(progress, 0, 50), subprogress(progress, 50, 100)
    with Committed[UploadedFile]() as stored, source:
        async with freeze(source, opened.spool, allow_sensitive=allow_sensitive, progress=copying) as snapshot:
            new = new_file(source, snapshot.mime_type, labels)
            stored.result = await opened.files.upload(snapshot, new, sending)
    return stored.result


async def store_received(
    chunks: AsyncIterator[bytes],
    filename: str | None,
    expected: UploadExpectation,
    deps: Dependencies,
    opened: Backend,
    progress: Progress = silent,
) -> UploadedItem:
    """Receives all bytes of a stream, then stores and indexes them. `filename` is the name that came with them.

    Raises:
        FilesError: They were not stored.
    """
    name = filename or expected.filename
    if not name:
        raise BadFilename("The file has no name.", "Put one at the end of the URL, or in the form.")
    # Old browsers send the whole path.
    name = safe_filename(name.replace("\\", "/").rpartition("/")[2])
    with Committed[UploadedFile]() as stored:
        async with take_in(
            chunks, name, opened.spool, max_file_size=deps.max_file_size, allow_sensitive=deps.allow_sensitive
        ) as snapshot:
            if not deps.allow_sensitive:
                refuse_sensitive_name(name, snapshot.head)
            _check(snapshot, expected)
            new = NewFile(filename=name, mime_type=snapshot.mime_type, expires_in_seconds=deps.lifetime_s)
            stored.result = await opened.files.upload(snapshot, new, subprogress(progress, 0, 60))
    return await index_uploaded(stored.result, opened, progress)


def _check(snapshot: Snapshot, expected: UploadExpectation) -> None:
    if expected.size_bytes not in (None, snapshot.size_bytes):
        raise InvalidArgument(f"The file has {snapshot.size_bytes} bytes, but {expected.size_bytes} were expected.")
    if expected.mime_type not in (None, snapshot.mime_type):
        raise InvalidArgument(f"The file's type is {snapshot.mime_type}, but {expected.mime_type} was expected.")


async def index_uploaded(uploaded: UploadedFile, opened: Backend, progress: Progress) -> UploadedItem:
    """Indexes a stored file, and returns the result of the upload, also if the indexing fails."""
    record = uploaded.record
    try:
        info = await opened.reader.prepare(record.id, subprogress(progress, 60, 99), record)
    except Exception as exc:  # noqa: BLE001 - the file is stored, so its id must reach the caller
        info = unindexed(exc)
    await progress(100, 100, "Stored and indexed" if info.askable else "Stored")
    return uploaded_item(uploaded, info)


def unindexed(exc: Exception) -> DocumentInfo:
    """What is known of a stored file whose text cannot be indexed now."""
    return DocumentInfo(
        askable=False, pages=None, chars=0, note=f"Stored, but not indexed yet: {failure_in(exc).sentence}"
    )


def uploaded_item(uploaded: UploadedFile, info: DocumentInfo) -> UploadedItem:
    """A stored file as the result of a tool."""
    record = uploaded.record
    return UploadedItem(
        file_id=record.id,
        filename=record.filename,
        mime_type=record.mime_type,
        size_bytes=record.size_bytes,
        reused=uploaded.reused,
        replaces=uploaded.replaces,
        askable=info.askable,
        state=info.state,
        pages=info.pages,
        note=info.note,
    )
