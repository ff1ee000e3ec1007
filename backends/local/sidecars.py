"""Sidecars: the facts of each row in a file beside its blob, from which a damaged or lost row is restored."""

import errno
import json
import os
import re
import secrets
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from files_api_mcp.backends.local.row import STATES, Row, Source
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.folders import write_new, write_private
from files_api_mcp.backends.validation import FILE_ID

__all__ = ["SidecarName", "Sidecars", "names_among", "sidecar_name", "unfinished_among"]

SidecarName = tuple[str, str]
"""The hash of a content and the id of a file."""

_NAME = re.compile(rf"([0-9a-f]{{64}})\.({FILE_ID.pattern})\.json")
_UNFINISHED = ".new"
_to_json = json.JSONEncoder(separators=(",", ":")).encode
_MOST_BYTES = 64 * 1024
_UNREADABLE = {errno.EIO, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO}
"""The sidecar is gone or damaged; other errors, such as of a process without descriptors, say nothing about it."""
_FACTS = (
    "seq",
    "id",
    "sha256",
    "size_bytes",
    "filename",
    "mime_type",
    "title",
    "source_path",
    "created_us",
    "expires_us",
    "downloadable",
)


class Sidecars:
    """One file for each row with content: `blobs/ab/<sha256>.<file id>.json`.

    A sidecar is durable before its row is acknowledged, and removed before its row is. Callers hold the lock of the
    table of files when they write or remove one, and make the folder durable.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def path(self, sha256: str, file_id: str) -> Path:
        """The path of a row's sidecar, whether it exists or not."""
        return self._blobs.path(sha256).with_name(sidecar_name(sha256, file_id))

    def add(self, row: Row, source: Source | None, *, durable: bool = True) -> None:
        """Write the sidecar of a row with a new id, which was read from this source, as `write` does.

        A crash may leave half of it, but then the row was not committed: the next start tidies both up.
        """
        write_new(f"{self._blobs.location(row.sha256)}.{row.id}.json", _encode(row, source), durable=durable)

    def write(self, row: Row, *, durable: bool = True) -> None:
        """Write a row's sidecar, replacing an existing one. Its bytes are durable then, its name is not yet."""
        path = self.path(row.sha256, row.id)
        unfinished = path.with_name(f"{secrets.token_hex(8)}{_UNFINISHED}")
        write_private(unfinished, _encode(row), durable=durable)
        unfinished.replace(path)

    def read(self, sha256: str, file_id: str) -> Row | None:
        """The row that a sidecar holds; None if there is no sidecar, or a damaged one."""
        try:
            with open(self.path(sha256, file_id), "rb", opener=_open) as file:
                row = _decode(file.read(_MOST_BYTES))
        except OSError as exc:
            if exc.errno not in _UNREADABLE:
                raise
            return None
        # One that was swapped with another belongs to another row.
        return row if row is not None and (row.sha256, row.id) == (sha256, file_id) else None

    def exists(self, sha256: str, file_id: str) -> bool:
        """Whether there is a sidecar, sound or not."""
        return os.path.lexists(self.path(sha256, file_id))

    def remove(self, sha256: str, file_id: str) -> None:
        """Remove a sidecar, if it exists. A folder in its place stays: nothing reads it."""
        with suppress(IsADirectoryError, NotADirectoryError):
            self.path(sha256, file_id).unlink(missing_ok=True)

    def remove_unfinished(self, shard: str, name: str) -> None:
        """Remove what a crash left of a sidecar that was being written."""
        with suppress(IsADirectoryError):
            self._blobs.folder.joinpath(shard, name).unlink(missing_ok=True)

    def of_content(self, sha256: str) -> set[str]:
        """The ids of the files that have a sidecar beside this content."""
        return {file_id for named, file_id in self.in_shard(sha256[:2]) if named == sha256}

    def in_shard(self, shard: str) -> set[SidecarName]:
        """The names of the sidecars in a subfolder."""
        return names_among(self._blobs.names(shard), shard)


def sidecar_name(sha256: str, file_id: str) -> str:
    """The name of the file."""
    return f"{sha256}.{file_id}.json"


def names_among(names: Iterable[str], shard: str) -> set[SidecarName]:
    """The names of sidecars among the names of the files of a subfolder."""
    found = (_NAME.fullmatch(name) for name in names)
    return {(match[1], match[2]) for match in found if match and match[1][:2] == shard}


def unfinished_among(names: Iterable[str]) -> list[str]:
    """The names of sidecars that are being written, or were when a process died."""
    return [name for name in names if name.endswith(_UNFINISHED)]


def _open(path: str, flags: int) -> int:
    # Neither follows a link nor waits for the other end of a pipe.
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _encode(row: Row, source: Source | None = None) -> bytes:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FACTS}
    # Only what a file has: sidecars of earlier versions stay as they are.
    if row.tags:
        values["tags"] = row.tags
    if row.state != "ready":
        values["state"] = row.state
    sources = row.sources if source is None else (source,)
    if sources:
        values["sources"] = [(one.path, one.root_chars, one.mark, one.status, one.sequence) for one in sources]
    facts = _to_json(values)
    return f'{{"facts":{facts},"crc32":{zlib.crc32(facts.encode())}}}\n'.encode()


def _decode(data: bytes) -> Row | None:
    try:
        text = data.decode()
        whole: dict[str, Any] = json.loads(text)
        facts = whole["facts"]
        row = Row(
            **{name: facts[name] for name in _FACTS},
            tags=tuple(facts.get("tags", ())),
            state=facts.get("state", "ready"),
            sources=tuple(Source(*one) for one in facts.get("sources", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    # Encoded again, it must be the same bytes: that compares the checksum and everything else.
    is_whole = isinstance(whole, dict) and row.state in STATES and _encode(row) == data  # type: ignore[reportUnnecessaryIsInstance]
    return row if is_whole else None
