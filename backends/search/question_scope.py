"""The documents that a question searches, and notes on files that it cannot search."""

from collections.abc import Sequence
from pathlib import Path

from files_api_mcp.backends.base import ContentSource
from files_api_mcp.backends.documents.workers import ReaderStopped
from files_api_mcp.backends.errors import (
    ContentDamaged,
    FilesError,
    PermissionDenied,
    StorageFull,
    StoreDamaged,
    UnsupportedType,
)
from files_api_mcp.backends.models import FileRecord, Progress, silent
from files_api_mcp.backends.search.index.backlog import Backlog
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.index.rows import Document

__all__ = ["QuestionScope", "left_out", "suggestion"]

_MAX_NOTES = 5
_WAIT_S = 15.0
"""Seconds that a question to all files waits for files that are not indexed yet."""
_MAX_SUGGESTION_CHARS = 240
"""Characters of a document's own words in a note: about 60 tokens."""

Searched = list[tuple[FileRecord, Document]]


class QuestionScope:
    """Chooses the documents of a question, and has files read that are not in the index."""

    def __init__(self, indexer: Indexer, source: ContentSource, backlog: Backlog) -> None:
        self._indexer = indexer
        self._source = source
        self._backlog = backlog

    async def named(self, ids: Sequence[str], progress: Progress) -> tuple[Searched, list[str]]:
        """The named files with text, each indexed first if needed, and notes on the others.

        Raises:
            NotFound, FileExpired: One of the ids does not name a live file.
            StoreDamaged: All of the files are damaged.
        """
        files, failures, notes = await self._located(ids)
        known = await self._indexer.known([record for record, _ in files])
        searched: Searched = []
        for number, (record, path) in enumerate(files, start=1):
            if self._indexer.was_damaged(record):
                notes.append(_was_damaged(record))
            try:
                reported = progress if len(files) == 1 else silent
                document = known.get(record.id) or await self._backlog.read(record, path, reported)
            except (ReaderStopped, StorageFull, PermissionDenied) as exc:
                notes.append(f"{record.filename}: {exc.sentence}")
            except ContentDamaged as exc:
                failures.append(exc)
                notes.append(f"{record.filename}: {exc.sentence}")
            else:
                if document.info.askable:
                    searched.append((record, document))
                else:
                    notes.append(f"{record.filename}: {document.info.note}")
            await progress(number, len(files), "Looking through files")
        if failures and len(failures) == len(ids):
            raise failures[0]
        return searched, _bounded(notes, "have no text to search")

    async def everything(self, progress: Progress) -> tuple[Searched, list[str]]:
        """All indexed files, and notes on those that are not: a question does not wait for a rebuild."""
        files = await self._source.contents()
        known = await self._indexer.known([record for record, _ in files])
        missing = [(record, path) for record, path in files if record.id not in known]
        notes: list[str] = []
        if missing:
            notes += [_was_damaged(record) for record, _ in missing if self._indexer.was_damaged(record)]
            due = await self._indexer.due(missing)
            self._backlog.add(record.id for record, _ in due)
            # A file that failed before may fail again only after the time limit of its parser.
            new = [record.id for record, _ in due if self._indexer.failure(record) is None]
            await self._backlog.wait(new, _WAIT_S, progress)
            known |= await self._indexer.known([record for record, _ in missing])
        unread = [record for record, _ in missing if record.id not in known]
        failed = [f"{record.filename}: {exc.sentence}" for record in unread if (exc := self._indexer.failure(record))]
        damaged = [f"{file_id}: its description is damaged." for file_id in await self._source.undescribed()]
        notes = _bounded(notes + failed + damaged, "cannot be searched now")
        if left := len(unread) - len(failed):
            notes.append(f"{left} of {len(files)} files are not indexed yet. Ask again to search them too.")
        searched = [(record, known[record.id]) for record, _ in files if record.id in known]
        return [(record, document) for record, document in searched if document.info.askable], notes

    async def _located(self, ids: Sequence[str]) -> tuple[list[tuple[FileRecord, Path]], list[FilesError], list[str]]:
        """The named files whose bytes are on this machine, and errors and notes of the others."""
        files: list[tuple[FileRecord, Path]] = []
        failures: list[FilesError] = []
        for file_id in ids:
            try:
                files.append(await self._source.blob_path(file_id))
            except (StoreDamaged, UnsupportedType, PermissionDenied) as exc:
                if len(ids) == 1:
                    raise
                failures.append(exc)
        return files, failures, [exc.sentence for exc in failures]


def suggestion(searched: Searched) -> str:
    """Suggest words from the first document to ask again with."""
    if not searched:
        return "None of the files has text to search."
    record, document = searched[0]
    words = document.subject
    if len(words) > _MAX_SUGGESTION_CHARS:
        words = words[:_MAX_SUGGESTION_CHARS].rpartition(",")[0]
    return "No passage contains a word of the question." + (f" {record.filename} is about: {words}." if words else "")


def left_out(cited: Searched) -> list[str]:
    """Notes on files whose text has characters that nobody sees."""
    found = [(record.filename, document.info.invisible) for record, document in cited if document.info.invisible]
    notes = [f"{name}: {count} invisible characters are left out of the text." for name, count in found]
    return _bounded(notes, "have invisible characters")


def _was_damaged(record: FileRecord) -> str:
    return f"{record.filename}: its part of the index was damaged and is built again."


def _bounded(notes: list[str], what: str) -> list[str]:
    more = len(notes) - _MAX_NOTES
    return notes if more <= 0 else [*notes[:_MAX_NOTES], f"{more} more files {what}."]
