"""Upload records: one small file per uploaded file, from which a damaged or older ledger is completed."""

import json
import re
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from files_api_mcp.backends.anthropic.ledger.rows import Content, Entry, Source
from files_api_mcp.backends.storage.bulk_sync import BulkSync
from files_api_mcp.backends.storage.folders import fsync_file, fsync_folder, make_private, write_private
from files_api_mcp.backends.validation import FILE_ID

__all__ = ["UploadRecord", "UploadRecords"]

_NAME = re.compile(rf"({FILE_ID.pattern})\.json")


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """What is recorded of an uploaded file: the credential and scope of the ledger, and the rows about the file."""

    credential: str
    scope: str
    entry: Entry
    tags: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def holds(self, other: "UploadRecord") -> bool:
        """Whether it lacks nothing of what the rows of the file make. An interrupted upload may have added a title, a
        path or tags."""
        mine, others = (replace(one.entry, content=_plain(one.entry)) for one in (self, other))
        # Those that an entry from before there were versions got when the ledger was upgraded can be made again.
        path = self.entry.content.source_path or ""
        paths = {one.path: one.at_us for one in self.sources} or {path: self.entry.created_us}
        return (
            mine == others
            and set(other.tags).issubset(self.tags)
            and all(paths.get(one.path, -1) >= one.at_us for one in other.sources)
        )


class UploadRecords:
    """A folder of JSON files with a checksum each, named by file id.

    A record is written before the row of the ledger, and removed before it. Each function runs in a thread, one at a
    time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_private = False
        self._unsynced: list[Path] = []

    def put(self, record: UploadRecord, *, durable: bool = True) -> None:
        """Write a record, replacing the one of the same file. It is durable after `sync`, if it need be."""
        if not self._is_private or not self.folder.exists():
            make_private(self.folder)
            self._is_private = True
        path = self.path(record.entry.file_id)
        new = path.with_suffix(".new")
        write_private(new, _encode(record), durable=False)
        new.replace(path)
        if durable:
            self._unsynced.append(path)

    def sync(self, bulk: BulkSync | None = None) -> None:
        """Make all records durable that were put since the last call. `bulk` was open before they were."""
        unsynced, self._unsynced = self._unsynced, []
        if not unsynced:
            return
        if bulk is not None and bulk.is_on:
            bulk.sync()
            return
        for path in unsynced:
            with suppress(FileNotFoundError):  # deleted since
                fsync_file(path)
        fsync_folder(self.folder)

    def remove(self, file_id: str) -> None:
        """Remove the record of a file, if there is one."""
        with suppress(FileNotFoundError):
            self.path(file_id).unlink()
            fsync_folder(self.folder)

    def has(self, file_id: str) -> bool:
        """Whether there is a record of the file, damaged or not."""
        return self.path(file_id).exists()

    def has_other(self, file_id: str, content: Content | None) -> bool:
        """Whether there is a record of the file that is not one of this content; a damaged one counts."""
        if not self.has(file_id):
            return False
        record = self.get(file_id)
        return record is None or record.entry.content != content

    def get(self, file_id: str) -> UploadRecord | None:
        """The record of a file; None if there is none, or if it is damaged."""
        try:
            return _decode(file_id, self.path(file_id).read_bytes())
        except OSError:
            return None

    def ids(self) -> set[str]:
        """Ids of all files that have a record."""
        found = (_NAME.fullmatch(name) for name in self._names())
        return {match[1] for match in found if match}

    def leftovers(self) -> list[Path]:
        """Files that are no records: those of writes that were cut short."""
        return [self.folder / name for name in self._names() if not _NAME.fullmatch(name)]

    def path(self, file_id: str) -> Path:
        """The path of a file's record, whether it exists or not."""
        return self.folder / f"{file_id}.json"

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []


def _plain(entry: Entry) -> Content:
    return replace(entry.content, title=None, source_path=None)


def _encode(record: UploadRecord) -> bytes:
    facts = json.dumps(asdict(record), separators=(",", ":"))
    return json.dumps({"crc32": zlib.crc32(facts.encode()), "facts": facts}).encode()


def _decode(file_id: str, data: bytes) -> UploadRecord | None:
    try:
        outer: dict[str, Any] = json.loads(data)
        facts: str = outer["facts"]
        if zlib.crc32(facts.encode()) != outer["crc32"]:
            return None
        fields: dict[str, Any] = json.loads(facts)
        content = Content(**fields["entry"].pop("content"))
        entry = Entry(content=content, **fields["entry"])
        # Records from before there were tags and versions have none.
        sources = tuple(Source(**one) for one in fields.get("sources", ()))
        record = UploadRecord(fields["credential"], fields["scope"], entry, tuple(fields.get("tags", ())), sources)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    # A record under another name is that of another file.
    return record if entry.file_id == file_id else None
