"""Sidecars: the facts of each row in a file beside its blob, from which a damaged or lost row is restored."""

import json
import os
import re
import secrets
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.folders import write_private
from files_api_mcp.backends.validation import FILE_ID

__all__ = ["SidecarName", "Sidecars", "names_among"]

SidecarName = tuple[str, str]
"""The hash of a content and the id of a file."""

_NAME = re.compile(rf"([0-9a-f]{{64}})\.({FILE_ID.pattern})\.json")
_UNFINISHED = ".new"
_MOST_BYTES = 64 * 1024
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
        return self._blobs.path(sha256).with_name(f"{sha256}.{file_id}.json")

    def write(self, row: Row, *, durable: bool = True) -> None:
        """Write a row's sidecar, replacing an existing one. Its bytes are durable then, its name is not yet."""
        path = self.path(row.sha256, row.id)
        unfinished = path.with_name(f"{secrets.token_hex(8)}{_UNFINISHED}")
        write_private(unfinished, _encode(row), durable=durable)
        unfinished.replace(path)

    def read(self, sha256: str, file_id: str) -> Row | None:
        """The row that a sidecar holds; None if there is no sidecar, or a damaged one."""
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            fd = os.open(self.path(sha256, file_id), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            with open(fd, "rb") as file:
                row = _decode(file.read(_MOST_BYTES))
            # One that was swapped with another belongs to another row.
            if row is not None and (row.sha256, row.id) == (sha256, file_id):
                return row
        return None

    def exists(self, sha256: str, file_id: str) -> bool:
        """Whether there is a sidecar, sound or not."""
        return self.path(sha256, file_id).exists()

    def remove(self, sha256: str, file_id: str) -> None:
        """Remove a sidecar, if it exists."""
        self.path(sha256, file_id).unlink(missing_ok=True)

    def remove_unfinished(self, shard: str) -> None:
        """Remove what a crash left of sidecars that were being written."""
        for name in self._blobs.names(shard):
            if name.endswith(_UNFINISHED):
                self._blobs.folder.joinpath(shard, name).unlink(missing_ok=True)

    def in_shard(self, shard: str) -> set[SidecarName]:
        """The names of the sidecars in a subfolder."""
        return names_among(self._blobs.names(shard), shard)


def names_among(names: Iterable[str], shard: str) -> set[SidecarName]:
    """The names of sidecars among the names of the files of a subfolder."""
    found = (_NAME.fullmatch(name) for name in names)
    return {(match[1], match[2]) for match in found if match and match[1][:2] == shard}


def _encode(row: Row) -> bytes:
    facts = json.dumps({name: getattr(row, name) for name in _FACTS}, separators=(",", ":"))
    return f'{{"facts":{facts},"crc32":{zlib.crc32(facts.encode())}}}\n'.encode()


def _decode(data: bytes) -> Row | None:
    try:
        text = data.decode()
        whole: dict[str, Any] = json.loads(text)
        facts = whole["facts"]
        row = Row(**{name: facts[name] for name in _FACTS})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    # Encoded again, it must be the same bytes: that compares the checksum and everything else.
    return row if isinstance(whole, dict) and _encode(row) == data else None  # type: ignore[reportUnnecessaryIsInstance]
