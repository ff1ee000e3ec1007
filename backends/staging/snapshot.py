"""Freezes files: makes a private, hashed copy, which replaces the source from then on."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
from anyio import CancelScope, to_thread

from files_api_mcp.backends.documents.media_types import sniff
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Progress, Snapshot, silent
from files_api_mcp.backends.roots.roots import SourceFile
from files_api_mcp.backends.staging.copy import Copy
from files_api_mcp.backends.staging.spool import Spool

__all__ = ["HELD", "SCANNED", "SMALL", "copy_small", "freeze", "hold_small", "snapshot_of", "snapshot_of_small"]

_PIECE = 8 * 1024 * 1024
_SNIFFED = 64 * 1024
_READ_ONCE = 64 * 1024
"""A file of at most so many bytes is kept in memory while it is copied."""
SCANNED = 1024 * 1024
"""Bytes at each end of a file that are scanned for keys."""

HELD = 128 * 1024
"""A file of at most so many bytes is frozen in memory: the store writes it, with others."""

SMALL = 1024 * 1024
"""A file of at most so many bytes is frozen in one piece."""


@asynccontextmanager
async def freeze(
    source: SourceFile, spool: Spool, *, allow_sensitive: bool = False, progress: Progress = silent
) -> AsyncGenerator[Snapshot]:
    """Copy an opened file once and hash the copy; the copy is removed at the end unless it was renamed away. That of a
    small file is in memory, and the store writes it.

    Raises:
        FileChanged: The file was written to meanwhile.
        PermissionDenied: The disk failed to read it to its end.
        SensitiveFile: The content contains what looks like a key.
        StorageFull, StoreDamaged, Busy: The copy could not be written.
    """
    path = spool.new_path()
    try:
        if source.size_bytes <= SMALL:
            frozen = await to_thread.run_sync(_freeze_small, source, path, allow_sensitive)
            await progress(source.size_bytes, source.size_bytes, "Copying")
        else:
            frozen = await _freeze_large(source, path, allow_sensitive=allow_sensitive, progress=progress)
        yield frozen
    finally:
        # What was stored was renamed away. To ask the system costs less than a hundredth of a thread call.
        if os.path.lexists(path):
            with CancelScope(shield=True):
                await to_thread.run_sync(lambda: path.unlink(missing_ok=True))


def _freeze_small(source: SourceFile, path: Path, allow_sensitive: bool) -> Snapshot:  # noqa: FBT001
    """Do everything in one thread call, because such a call costs more than the copying."""
    copy = hold_small(source) if source.size_bytes <= HELD else copy_small(source, path, durable=True)
    try:
        return snapshot_of_small(copy, source, path, allow_sensitive=allow_sensitive)
    finally:
        copy.close()


def hold_small(source: SourceFile) -> Copy:
    """Copy and hash a small file into memory; the caller closes the copy.

    Raises:
        FileChanged, PermissionDenied: It could not be read.
    """
    copy = Copy(source.fd, source.size_bytes, None)
    copy.take_whole()
    return copy


def copy_small(source: SourceFile, path: Path, *, durable: bool) -> Copy:
    """Copy and hash a small file; the caller closes the copy. Without `durable`, the caller syncs later.

    Raises:
        FilesError: As in `freeze`. A file may be left behind.
    """
    copy = Copy(source.fd, source.size_bytes, path)
    try:
        if copy.size <= _READ_ONCE:
            copy.take_whole()
        else:
            copy.copy_range(0, copy.size)
            copy.hash_range(0, copy.size)
        if durable:
            copy.sync()
    except BaseException:
        copy.close()
        raise
    return copy


def snapshot_of_small(copy: Copy, source: SourceFile, path: Path, *, allow_sensitive: bool) -> Snapshot:
    """The snapshot of a small file, if the file was not changed while it was copied.

    Raises:
        FileChanged, SensitiveFile: It was, or it contains what looks like a key.
    """
    if not copy.refuse_change() or copy.may_be_written():
        copy.compare_range(0, copy.size)
        copy.refuse_change()
    return _snapshot_of_copy(copy, path, source.filename, allow_sensitive)


async def _freeze_large(source: SourceFile, path: Path, *, allow_sensitive: bool, progress: Progress) -> Snapshot:
    copy = await to_thread.run_sync(Copy, source.fd, source.size_bytes, path)
    try:
        await to_thread.run_sync(copy.clone)
        await _fill(copy, progress)
        await to_thread.run_sync(copy.sync)
        await _refuse_change(copy)
        return await to_thread.run_sync(_snapshot_of_copy, copy, path, source.filename, allow_sensitive)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(copy.close)


async def _fill(copy: Copy, progress: Progress) -> None:
    """Copy in pieces and hash one piece behind, each in a thread, so that neither waits for the other."""
    copied = hashed = 0
    while hashed < copy.size:
        ready, until = copied, min(copy.size, copied + _PIECE)
        works = [partial(copy.copy_range, ready, until)] if ready < until else []
        if hashed < ready:
            works.append(partial(copy.hash_range, hashed, ready))
        await _at_once(works)
        hashed, copied = ready, until
        await progress(hashed, copy.size, "Copying")


async def _at_once(works: list[Callable[[], None]]) -> None:
    """Run these in threads concurrently; raise the first expected failure itself, not in a group."""
    failures: list[FilesError] = []

    async def one(work: Callable[[], None]) -> None:
        try:
            await to_thread.run_sync(work)
        except FilesError as exc:
            failures.append(exc)

    async with anyio.create_task_group() as group:
        for work in works:
            group.start_soon(one, work)
    if failures:
        raise failures[0]


async def _refuse_change(copy: Copy) -> None:
    if await to_thread.run_sync(copy.refuse_change):
        return
    for start in range(0, copy.size, _PIECE):
        await to_thread.run_sync(copy.compare_range, start, min(copy.size, start + _PIECE))
    await to_thread.run_sync(copy.refuse_change)


def _snapshot_of_copy(copy: Copy, path: Path, filename: str, allow_sensitive: bool) -> Snapshot:  # noqa: FBT001
    head, tail = copy.ends(SCANNED)
    found = snapshot_of(path, copy.sha256, copy.size, head, tail, filename=filename, allow_sensitive=allow_sensitive)
    return found if copy.content is None else replace(found, content=copy.content)


def snapshot_of(
    path: Path, sha256: str, size: int, head: bytes, tail: bytes, *, filename: str, allow_sensitive: bool
) -> Snapshot:
    """Build the snapshot of a frozen file from its first and last SCANNED bytes.

    It takes milliseconds, so call it in a thread.

    Raises:
        SensitiveFile: They contain what looks like a key.
    """
    if not allow_sensitive:
        # Imported here: its patterns take time that a server that only lists its tools does not need.
        from files_api_mcp.backends.roots.secrets import refuse_sensitive_content

        refuse_sensitive_content(head)
        if size > SCANNED:
            refuse_sensitive_content(tail)
    head, tail = head[:_SNIFFED], tail[-_SNIFFED:]
    return Snapshot(path, sha256, size, head, tail, sniff(head, tail, filename))
