"""What the fault server remembers of one mode: its files, and all that was asked of it."""

import base64
import binascii
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["ModeState", "SentRequest", "StoredFile", "new_id"]

_ID_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_id() -> str:
    """A file id like the API's."""
    return "file_011C" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(20))


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}000Z"


@dataclass(slots=True)
class StoredFile:
    """A committed file. `content` is there for seeded files alone; `mime_type` is as declared, if it was.

    It is listed and found from `listed_from` on, a moment of the monotonic clock.
    """

    filename: str
    size_bytes: int
    sha256: str
    mime_type: str
    created_at: datetime
    expires_at: datetime | None = None
    expires_in_seconds: int | None = None
    downloadable: bool = False
    content: bytes | None = None
    listed_from: float = 0.0
    id: str = field(default_factory=new_id)
    number: int = 0

    def metadata(self, *, beta: bool = False) -> dict[str, Any]:
        """The file as the API describes it, in the shape of its general or of its beta version."""
        told: dict[str, Any] = {
            "id": self.id,
            "type": "file",
            "filename": self.filename,
            "mime_type": self.mime_type,
            "size_bytes": self.size_bytes,
            "created_at": _iso(self.created_at),
            "downloadable": self.downloadable,
        }
        return told if beta else {**told, "expires_at": _iso(self.expires_at) if self.expires_at else None}

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that came: `path` is what followed the mode, with its query; header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class ModeState:
    """The store of one mode and the record of what was asked.

    `posts` counts uploads that began, `committed` holds every file ever committed by one (deleted ones too),
    `files` what is there now by id, oldest first, and `messages` the bodies sent to the Messages API.
    """

    skew_s: float = 0.0
    sends_date: bool = True
    posts: int = 0
    committed: list[StoredFile] = field(default_factory=list[StoredFile])
    requests: list[SentRequest] = field(default_factory=list[SentRequest])
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    list_calls: int = 0
    _numbers: int = 0
    _seen: Counter[Hashable] = field(default_factory=Counter[Hashable])

    @property
    def commits(self) -> int:
        """How many files uploads have committed."""
        return len(self.committed)

    def now(self) -> datetime:
        """The server's clock."""
        return datetime.now(UTC) + timedelta(seconds=self.skew_s)

    def is_due(self, key: Hashable, times: int | None) -> bool:
        """Count a request by its key; whether it is among the first `times` (None: always)."""
        self._seen[key] += 1
        return times is None or self._seen[key] <= times

    def add(self, file: StoredFile) -> StoredFile:
        """Put a file into the store, as the newest."""
        self._numbers += 1
        file.number = self._numbers
        self.files[file.id] = file
        return file

    def commit(self, file: StoredFile) -> StoredFile:
        """Add a file that an upload brought."""
        self.committed.append(file)
        return self.add(file)

    def found(self, file_id: str) -> StoredFile | None:
        """The file, unless it is deleted or not visible yet."""
        file = self.files.get(file_id)
        return file if file and file.listed_from <= time.monotonic() else None

    def newest_first(self) -> list[StoredFile]:
        """The files that a list shows."""
        now = time.monotonic()
        return [file for file in reversed(self.files.values()) if file.listed_from <= now]

    def page(self, limit: int, cursor: str | None) -> tuple[list[StoredFile], str | None]:
        """A page of the list and the cursor of the next; files that come or go between pages shift nothing.

        Raises:
            ValueError: The cursor is none of ours.
        """
        below = _number_in(cursor) if cursor is not None else self._numbers + 1
        files = [file for file in self.newest_first() if file.number < below]
        shown = files[:limit]
        return shown, _cursor(shown[-1].number) if len(files) > limit else None

    def seed(self, count: int) -> None:
        """Add files that nobody uploaded: text, downloadable, a minute apart, the last of them a minute old."""
        for number in range(1, count + 1):
            self.add(self.seeded(number, self.now() - timedelta(minutes=count + 1 - number)))

    @staticmethod
    def seeded(number: int, created_at: datetime) -> StoredFile:
        """One such file."""
        content = f"Line of seeded file {number}.\n".encode() * 200
        digest = hashlib.sha256(content).hexdigest()
        name = f"seeded-{number:04d}.txt"
        return StoredFile(name, len(content), digest, "text/plain", created_at, downloadable=True, content=content)

    def as_json(self) -> dict[str, Any]:
        """All of it, for a reader in another process."""
        return {
            "posts": self.posts,
            "commits": self.commits,
            "committed": [_told(file) for file in self.committed],
            "files": [_told(file) for file in self.files.values()],
            "requests": [{"method": r.method, "path": r.path, "headers": r.headers} for r in self.requests],
            "messages": self.messages,
        }


def _told(file: StoredFile) -> dict[str, Any]:
    return {**file.metadata(), "sha256": file.sha256, "expires_in_seconds": file.expires_in_seconds}


def _cursor(number: int) -> str:
    return "page_" + base64.urlsafe_b64encode(f"before {number}".encode()).decode()


def _number_in(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor.removeprefix("page_")).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError(cursor) from None
    if not cursor.startswith("page_") or not text.startswith("before "):
        raise ValueError(cursor)
    return int(text.removeprefix("before "))
