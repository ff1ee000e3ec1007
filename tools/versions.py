"""The versions of a file, and whether its source has changed since it was uploaded."""

import hashlib
import os
from collections.abc import Sequence
from itertools import islice

from anyio import from_thread, to_thread
from pydantic import BaseModel

from files_api_mcp.backends.errors import EmptyFile, FilesError, FileTooLarge
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.tools.formatting import rfc3339

__all__ = ["DescribedVersion", "described_versions", "is_source_changed"]

_MOST_VERSIONS = 10
_MOST_HASHED = 64 * 1024 * 1024
"""A larger source is judged by its size and its times only."""
_PIECE = 1024 * 1024


class DescribedVersion(BaseModel):
    file_id: str
    created_at: str
    current: bool | None = None
    deleted: bool | None = None


def described_versions(found: Sequence[FileVersion]) -> tuple[list[DescribedVersion], int]:
    """The newest versions of a file's paths, newest first, and how many there are in all. Nothing if there is only
    one."""
    newest: dict[str, FileVersion] = {}
    for version in found:
        newest.setdefault(version.file_id, version)
    if len(newest) <= 1:
        return [], 0
    current = {version.file_id for version in found if version.is_current}
    shown = [
        DescribedVersion(
            file_id=version.file_id,
            created_at=rfc3339(version.created_at),
            current=version.file_id in current or None,
            deleted=version.deleted or None,
        )
        for version in islice(newest.values(), _MOST_VERSIONS)
    ]
    return shown, len(newest)


async def is_source_changed(roots: Roots, record: FileRecord, versions: Sequence[FileVersion]) -> bool:
    """Whether the file at the path where a current file was last read has other bytes now. False also if it is gone, or
    not in an allowed folder."""
    source = next((version for version in versions if version.file_id == record.id), None)
    if source is None or record.state != "ready":
        return False
    return await to_thread.run_sync(_has_other_bytes, roots, source, record)


def _has_other_bytes(roots: Roots, source: FileVersion, record: FileRecord) -> bool:
    if source.mark is not None and roots.has_mark(source.path, source.mark):
        return False
    try:
        found = roots.open_file(source.path)
    except (EmptyFile, FileTooLarge):
        return True  # it was neither when it was uploaded
    except FilesError:
        return False
    with found:
        if found.size_bytes != record.size_bytes:
            return True
        if record.sha256 is None or found.size_bytes > _MOST_HASHED:
            return source.mark is not None
        try:
            return _sha256(found.fd, found.size_bytes) != record.sha256
        except OSError:
            return False


def _sha256(fd: int, size: int) -> str:
    """The hash of at most `size` bytes. A cancellation of the call ends it."""
    digest = hashlib.sha256()
    for start in range(0, size, _PIECE):
        from_thread.check_cancelled()
        digest.update(os.pread(fd, min(_PIECE, size - start), start))
    return digest.hexdigest()
