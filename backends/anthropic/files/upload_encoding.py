"""The form in which a file is sent: text as UTF-8, a PDF from its header on, all else unchanged."""

import hashlib
import io
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from anyio import CancelScope, to_thread

from files_api_mcp.backends.anthropic.api.multipart import UploadPart
from files_api_mcp.backends.anthropic.ledger.rows import Content
from files_api_mcp.backends.documents.formats.text.encoding import encoding_of, is_utf8
from files_api_mcp.backends.documents.media_types import PDF
from files_api_mcp.backends.errors import EmptyFile, StorageFull
from files_api_mcp.backends.models import NewFile, Snapshot
from files_api_mcp.backends.roots.os_errors import FULL
from files_api_mcp.backends.staging.spool import Spool
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.lane import Lane
from files_api_mcp.backends.storage.shared_lane import SharedLane

__all__ = ["UploadEncoder", "is_text_type"]

_BLOCK = 1024 * 1024
_SMALL = 128 * 1024
"""Bytes whose form is made in the lane. To guess the encoding of a megabyte can take half a second."""
_PDF_MARK = b"%PDF-"
_BOM = b"\xef\xbb\xbf"
_TEXT_TYPES = frozenset({"application/json", "application/xml"})


def is_text_type(mime_type: str) -> bool:
    """Whether files of this type are sent as plain text: the API answers only about PDFs and `text/plain`."""
    return mime_type.startswith("text/") or mime_type in _TEXT_TYPES


class UploadEncoder:
    """Makes the forms. Those of small files are made in the `lane`. It belongs to one event loop."""

    def __init__(self, spool: Spool, lane: SharedLane | None = None) -> None:
        self._spool = spool
        self._lane = lane or SharedLane(Lane("forms"))

    @asynccontextmanager
    async def encoded(self, snapshot: Snapshot, new: NewFile) -> AsyncGenerator[tuple[UploadPart, Content]]:
        """The bytes to send for a frozen file, and their description. A transcoded copy is removed at the end.

        Raises:
            EmptyFile: There is nothing to send.
            StorageFull: There is not enough disk space for a transcoded copy.
            StoreError: The disk failed.
        """
        copy = self._spool.new_path()
        form = None
        try:
            if snapshot.size_bytes > _SMALL:
                form = await to_thread.run_sync(_form, snapshot, new, copy)
            else:
                form = await self._lane.run(partial(_form, snapshot, new, copy))
            yield form
        finally:
            if form is None or form[0].path == copy:
                with CancelScope(shield=True):
                    await to_thread.run_sync(lambda: copy.unlink(missing_ok=True))


def _form(snapshot: Snapshot, new: NewFile, copy: Path) -> tuple[UploadPart, Content]:
    with translated():
        part, content = _encoded(snapshot, new, copy)
        if snapshot.content is not None and part.path is snapshot.path:
            return replace(part, data=snapshot.content[part.offset :]), content
        return part.loaded(), content


def _encoded(snapshot: Snapshot, new: NewFile, copy: Path) -> tuple[UploadPart, Content]:
    path, offset, sent_type = snapshot.path, 0, new.mime_type
    if new.mime_type == PDF:
        # The API does not recognise a PDF that starts with other bytes.
        offset = max(0, snapshot.head.find(_PDF_MARK))
    elif is_text_type(new.mime_type):
        sent_type = "text/plain"
        offset = len(_BOM) if snapshot.head.startswith(_BOM) else 0
        if _transcoded(snapshot, copy):
            path, offset = copy, 0
    size_bytes, sha256 = snapshot.size_bytes - offset, snapshot.sha256
    if path is copy or offset:
        with path.open("rb") if path is copy else _opened(snapshot) as sent:
            size_bytes, sha256 = _measured(sent, offset)
    if size_bytes == 0:
        raise EmptyFile("The file contains only a byte order mark." if snapshot.size_bytes else "The file is empty.")
    part = UploadPart(path, offset, size_bytes, new.filename, sent_type)
    return part, Content(
        source_sha256=snapshot.sha256,
        sent_sha256=sha256,
        size_bytes=size_bytes,
        filename=new.filename,
        local_type=new.mime_type,
        sent_type=sent_type,
        title=_text(new.title),
        source_path=_text(new.source_path),
    )


def _opened(snapshot: Snapshot) -> BinaryIO:
    return snapshot.path.open("rb") if snapshot.content is None else io.BytesIO(snapshot.content)


def _transcoded(snapshot: Snapshot, copy: Path) -> bool:
    """Write a UTF-8 copy of the text, unless it already is UTF-8."""
    with _opened(snapshot) as content:
        encoding = encoding_of(content)
        if encoding == "utf-8" and is_utf8(content):
            return False
        content.seek(0)
        if content.read(len(_BOM)) == _BOM:
            # Decoded by a guessed encoding, the mark would become the first letters of the text.
            encoding = "utf-8-sig"
        content.seek(0)
        try:
            with (
                io.TextIOWrapper(content, encoding=encoding, errors="replace", newline="") as text,
                open(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as target,
            ):
                while piece := text.read(_BLOCK):
                    target.write(piece.encode())
        except OSError as exc:
            if exc.errno in FULL:
                raise StorageFull("There is not enough disk space for a UTF-8 copy of the file.") from exc
            raise
    return True


def _measured(content: BinaryIO, offset: int) -> tuple[int, str]:
    digest, size_bytes = hashlib.sha256(), 0
    content.seek(offset)
    while block := content.read(_BLOCK):
        digest.update(block)
        size_bytes += len(block)
    return size_bytes, digest.hexdigest()


def _text(text: str | None) -> str | None:
    # Escapes undecodable bytes of a path, which neither SQLite nor JSON can hold.
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()
