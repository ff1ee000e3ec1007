"""ContentSource: finds the bytes of files, for search."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.models import FileRecord

__all__ = ["Content", "ContentSource", "LiveFiles"]

Content = tuple[str, str]
"""The hash of a file's bytes, and their type."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveFiles:
    """The live files of a source, newest first, in little memory: 12 MB for 100,000.

    `digests` has the 32 bytes of each file's SHA-256, and `types` the place of its type in `type_names`. `undescribed`
    are ids of files that are left out, as their description is damaged.
    """

    ids: Sequence[str]
    digests: bytes
    types: "array[int]"
    type_names: Sequence[str]
    undescribed: Sequence[str] = ()

    @classmethod
    def of(cls, records: Iterable[FileRecord]) -> "LiveFiles":
        """Make it of records, newest first. Those without a hash are left out."""
        names: dict[str, int] = {}
        held = [record for record in records if record.sha256]
        return cls(
            [record.id for record in held],
            b"".join(bytes.fromhex(record.sha256 or "") for record in held),
            array("H", [names.setdefault(record.mime_type, len(names)) for record in held]),
            tuple(names),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def content(self, at: int) -> Content:
        """The content of a file."""
        return self.digests[at * 32 : at * 32 + 32].hex(), self.type_names[self.types[at]]

    def lacking(self, contents: Sequence[Content]) -> list[Content]:
        """Those of the contents that none of the files has."""
        held = {self.content(at) for at in range(len(self))}
        return [content for content in contents if content not in held]


class ContentSource(Protocol):
    """Finds the bytes of files on this machine. A record's `sha256` and `mime_type` are those of the bytes at the
    path."""

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        """The path of a live file's bytes.

        Raises:
            NotFound, FileExpired: There is no such file, or its lifetime is over.
            FilesError: Its bytes cannot be read.
        """
        ...

    async def located(self, file_ids: Sequence[str]) -> Sequence[tuple[FileRecord, Path]]:
        """Those of the files that are live and whose bytes should be on this machine, with their paths. Whether the
        bytes are there is not checked."""
        ...

    def held(self, file_id: str) -> FileRecord | None:
        """The record of a live file whose bytes are all on this machine; None if there is none, or if finding it takes
        longer than a look at the disk. For any thread."""
        ...

    def held_versions(self, file_id: str) -> Sequence[FileVersion] | None:
        """The versions of a file as in FilesBackend.versions; None where `held` would be None. For any thread."""
        ...

    async def live_files(self, within: FileFilter = ALL_FILES) -> LiveFiles:
        """The live files that match and whose bytes should be on this machine: the same object as before while nothing
        changes."""
        ...

    async def matching(self, file_ids: Sequence[str], within: FileFilter) -> Sequence[str]:
        """Those of the ids whose files match.

        Raises:
            NotFound, FileExpired: One of the ids does not name a live file.
        """
        ...

    async def absent(self, contents: Sequence[Content]) -> Sequence[Content]:
        """Those of the contents that no live file has, in whichever state."""
        ...
