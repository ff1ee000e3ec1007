"""Versions as a small model: which file was read at which path, and what state that gives each file."""

from dataclasses import dataclass, field
from datetime import datetime

from files_api_mcp.backends.file_versions import FileState, FileVersion

__all__ = ["FileSource", "Versions"]


@dataclass(frozen=True, slots=True)
class FileSource:
    """The path that a file was last read at, the folder above it, and the mark of the source then."""

    path: str
    root: str | None = None
    mark: str | None = None


@dataclass(slots=True)
class _Read:
    """That a file was read at a path (None: it came without one). The number says when."""

    path: str | None
    file_id: str
    number: int
    source: FileSource | None = None
    is_gone: bool = False


@dataclass(slots=True)
class Versions:
    """Every read of every path. The newest read of a path decides, whether or not its file was deleted since."""

    _reads: list[_Read] = field(default_factory=list[_Read])
    _created: dict[str, datetime] = field(default_factory=dict[str, datetime])
    _deleted: set[str] = field(default_factory=set[str])
    _number: int = 0

    def read(self, file_id: str, created_at: datetime, source: FileSource | None) -> str | None:
        """Note that the file was read; returns the id of the file that it supersedes."""
        path = source.path if source else None
        before = self._newest(path) if path is not None else None
        self._created[file_id] = created_at
        latest = max((one.number for one in self._reads if one.file_id == file_id), default=0)
        if before is not None and (before.file_id, before.number) == (file_id, latest):
            before.source, before.is_gone = source, False
            return None
        self._number += 1
        self._reads = [one for one in self._reads if (one.path, one.file_id) != (path, file_id)]
        self._reads.append(_Read(path, file_id, self._number, source))
        if before is None or before.file_id in {file_id, *self._deleted}:
            return None
        return before.file_id if self.state(before.file_id) == "superseded" else None

    def mark_gone(self, path: str) -> None:
        """Note that there is no file at the path any more."""
        newest = self._newest(path)
        if newest is not None:
            newest.is_gone = True

    def delete(self, file_id: str) -> str | None:
        """Note that a file was deleted; returns the id of the version before it."""
        self._deleted.add(file_id)
        mine = self._last(file_id)
        if mine is None or self._newest(mine.path) is not mine:
            return None
        others = [one for one in self._reads if one.path == mine.path and one.file_id not in self._deleted]
        before = max(others, key=lambda one: one.number, default=None)
        return before.file_id if before and self.state(before.file_id) == "superseded" else None

    def state(self, file_id: str) -> FileState:
        """Ready while it is the newest of one of its paths, or came without one."""
        mine = [one for one in self._reads if one.file_id == file_id]
        newest = [one for one in mine if one.path is None or self._newest(one.path) is one]
        if not mine or any(not one.is_gone for one in newest):
            return "ready"
        return "gone" if newest else "superseded"

    def superseded_by(self, file_id: str) -> str | None:
        """The newest file of the path that a superseded file was last read at."""
        mine = self._last(file_id)
        newest = self._newest(mine.path) if mine and self.state(file_id) == "superseded" else None
        return newest.file_id if newest and newest.file_id not in self._deleted else None

    def source(self, file_id: str) -> FileSource | None:
        """Where a file was last read."""
        mine = self._last(file_id)
        return mine.source if mine else None

    def paths(self, file_id: str) -> list[tuple[str, str | None]]:
        """The paths that a filter compares, with their roots: those that the file is the newest of, else all."""
        mine = [one for one in self._reads if one.file_id == file_id and one.source]
        newest = [one for one in mine if self._newest(one.path) is one and not one.is_gone]
        is_ready = self.state(file_id) == "ready"
        return [(one.source.path, one.source.root) for one in (newest if is_ready else mine) if one.source]

    def of(self, file_id: str) -> list[FileVersion]:
        """All files of a file's paths, newest first."""
        paths = {one.path for one in self._reads if one.file_id == file_id and one.path is not None}
        reads = sorted((one for one in self._reads if one.path in paths), key=lambda one: -one.number)
        return [
            FileVersion(
                one.path or "",
                one.file_id,
                self._created[one.file_id],
                is_current=self._newest(one.path) is one,
                deleted=one.file_id in self._deleted,
                root=one.source.root if one.source else None,
                mark=one.source.mark if one.source else None,
            )
            for one in reads
        ]

    def _newest(self, path: str | None) -> _Read | None:
        return max((one for one in self._reads if one.path == path), key=lambda one: one.number, default=None)

    def _last(self, file_id: str) -> _Read | None:
        mine = (one for one in self._reads if one.file_id == file_id and one.path is not None)
        return max(mine, key=lambda one: one.number, default=None)
