"""The documents that a question searches, and notes on files that it cannot search."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.documents.workers import ReaderStopped
from files_api_mcp.backends.errors import (
    ContentDamaged,
    FilesError,
    PermissionDenied,
    StorageFull,
    StoreDamaged,
    UnsupportedType,
)
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.models import Answer, FileRecord, Progress, silent
from files_api_mcp.backends.search.collection import NamedFiles, Searched
from files_api_mcp.backends.search.index.backlog import Backlog
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.library import Holdings, Library
from files_api_mcp.backends.tokens import estimate_tokens

if TYPE_CHECKING:
    from files_api_mcp.backends.search.passages import Found

__all__ = ["QuestionScope", "Scope", "version_note"]

_T = TypeVar("_T")

_MAX_NOTES = 5
_NO_FILE = "No file matches within."
_WAIT_S = 15.0
"""Seconds that a question to all files waits for files that are not indexed yet."""
_MAX_SUGGESTION_CHARS = 240
"""Characters of a document's own words in a note: about 60 tokens."""


@dataclass(slots=True)
class Scope:
    """The files that a question searches, and notes on others. `records` are those of files that it names."""

    searched: Searched
    notes: list[str]
    records: dict[str, FileRecord] = field(default_factory=dict[str, FileRecord])


class QuestionScope:
    """Chooses the documents of a question, and has files read that are not in the index."""

    def __init__(self, indexer: Indexer, source: ContentSource, backlog: Backlog) -> None:
        self._indexer = indexer
        self._source = source
        self._backlog = backlog
        self._library = Library(scans=indexer.scans)

    async def named(
        self, ids: Sequence[str], search: Callable[[Index, Searched], _T], progress: Progress
    ) -> tuple[Scope, _T]:
        """The named files with text, each indexed first if needed, notes on the others, and what `search` finds, which
        is not None.

        Raises:
            NotFound, FileExpired: One of the ids does not name a live file.
            StoreDamaged: All of the files are damaged.
        """
        held = await self._indexer.run(lambda index: self._held(index, ids, search))
        if held is not None:
            await progress(len(ids), len(ids), "Looking through files")
            return held
        files, failures, notes = await self._located(ids)
        records = [record for record, _ in files]
        known, found = await self._indexer.run(lambda index: self._searched_at_once(index, records, search))
        searched: list[tuple[FileRecord, Document]] = []
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
        scope = Scope(
            NamedFiles(searched), _bounded(notes, "have no text to search"), {one.id: one for one, _ in searched}
        )
        if found is None:
            found = await self._indexer.run(lambda index: search(index, scope.searched))
        return scope, found

    def _held(
        self, index: Index, ids: Sequence[str], search: Callable[[Index, Searched], _T]
    ) -> tuple[Scope, _T] | None:
        """What `named` returns, if the source finds all files at once and the index has their text."""
        records: list[FileRecord] = []
        for file_id in ids:
            # The first that is not found ends it: each look may wait a while for another process.
            if (record := self._source.held(file_id)) is None:
                return None
            records.append(record)
        known, found = self._searched_at_once(index, records, search)
        if found is None:
            return None
        searched = NamedFiles([(record, known[record.id]) for record in records])
        notes = [_was_damaged(record) for record in records if self._indexer.was_damaged(record)]
        return Scope(searched, _bounded(notes, "have no text to search"), {one.id: one for one in records}), found

    def _searched_at_once(
        self, index: Index, records: Sequence[FileRecord], search: Callable[[Index, Searched], _T]
    ) -> tuple[dict[str, Document], _T | None]:
        """The indexed documents of the files, and what is found in them if they are all of the question's."""
        known = self._indexer.current_in(index, records)
        if any(one.id not in known or not known[one.id].info.askable for one in records):
            return known, None
        return known, search(index, NamedFiles([(one, known[one.id]) for one in records]))

    async def everything(self, progress: Progress, within: FileFilter = ALL_FILES) -> Scope:
        """All indexed files that match, and notes on those that are not indexed: a question does not wait for a
        rebuild."""
        held = await self._holdings(within)
        notes: list[str] = []
        if held.missing:
            notes += [_was_damaged(record) for record, _ in await self._marked(held, self._indexer.damaged)]
            await self._wait_for(held, progress)
            held = await self._holdings(within)
        failed = [record for record, _ in await self._marked(held, self._indexer.failures)]
        notes += [f"{one.filename}: {exc.sentence}" for one in failed if (exc := self._indexer.failure(one))]
        notes += [f"{file_id}: its description is damaged." for file_id in held.files.undescribed]
        notes = _bounded(notes, "cannot be searched now")
        if left := len(held.missing) - len(failed):
            notes.append(f"{left} of {len(held.files)} files are not indexed yet. Ask again to search them too.")
        if not len(held.files) and within != ALL_FILES:
            notes.append(_NO_FILE)
        return Scope(held, notes)

    async def answered(self, scope: Scope, found: "Found", room: int) -> Answer:
        """The answer with its filenames and notes, in so many tokens of a result."""
        scope.notes += _outdated([*scope.records.values()])
        if not found.passages:
            is_empty = _NO_FILE in scope.notes
            notes = [*scope.notes, *(found.notes or ([] if is_empty else [_suggestion(await self._first(scope))]))]
            return Answer(None, [], found.tokens, notes)
        cited = {passage.file_id for passage in found.passages}
        records = scope.records or await self._records([*cited])
        # A file that was deleted meanwhile is not quoted.
        shown = [one for one in found.passages if one.file_id in records]
        searched = [
            (scope.searched.file_id(position), found.documents[position]) for position in sorted(found.documents)
        ]
        left_out = _left_out(
            [(records[one], document) for one, document in searched if one in cited and one in records]
        )
        notes = [*scope.notes, *found.notes, *left_out]
        named = [replace(one, filename=records[one.file_id].filename) for one in shown]
        from files_api_mcp.backends.search.quotes import notes_tokens, within  # see _suggestion

        passages = within(named, room - notes_tokens(notes))
        return Answer(None, passages, sum(estimate_tokens(one.text) for one in passages), notes)

    async def _first(self, scope: Scope) -> tuple[FileRecord, Document] | None:
        """The first of the searched files."""
        if not scope.searched.collection.files:
            return None
        found = await self._indexer.run(lambda index: scope.searched.documents(index, [0]))
        file_id = scope.searched.file_id(0)
        record = (scope.records or await self._records([file_id])).get(file_id)
        return None if record is None else (record, found[0])

    async def _records(self, file_ids: Sequence[str]) -> dict[str, FileRecord]:
        return {record.id: record for record, _ in await self._source.located(file_ids)}

    async def unread(self, most: int) -> list[str]:
        """The newest files that the index lacks and that did not fail, at most so many."""
        held = await self._holdings()
        return [*islice(_without(held, self._indexer.failures), most)]

    async def _holdings(self, within: FileFilter = ALL_FILES) -> Holdings:
        files = await self._source.live_files(within)
        return await self._indexer.run(lambda index: self._library.holdings(index, files))

    async def _marked(self, held: Holdings, marks: Collection[str]) -> Sequence[tuple[FileRecord, Path]]:
        """Those of the missing files whose keys are among the marks."""
        marked = [held.files.ids[place] for place in held.missing if held.key(place) in marks] if marks else []
        return await self._source.located(marked) if marked else []

    async def _wait_for(self, held: Holdings, progress: Progress) -> None:
        """Have the missing files read, and wait a while for those that did not fail before: a file that did may fail
        again only after the time limit of its parser."""
        due = await self._indexer.due(await self._marked(held, self._indexer.failures))
        new = [*_without(held, self._indexer.failures)]
        self._backlog.add([*new, *(record.id for record, _ in due)])
        await self._backlog.wait(new, _WAIT_S, progress)

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


def _without(held: Holdings, marks: Collection[str]) -> Iterator[str]:
    """The missing files whose keys are not among the marks."""
    return (held.files.ids[place] for place in held.missing if not marks or held.key(place) not in marks)


def _suggestion(first: tuple[FileRecord, Document] | None) -> str:
    """Suggest words from the first document to ask again with."""
    from files_api_mcp.backends.search.quotes import NO_WORD  # it loads the ranking, which a list does not need

    if first is None:
        return "None of the files has text to search."
    record, document = first
    words = document.subject
    if len(words) > _MAX_SUGGESTION_CHARS:
        words = words[:_MAX_SUGGESTION_CHARS].rpartition(",")[0]
    return NO_WORD + (f" {record.filename} is about: {words}." if words else "")


def _left_out(cited: Sequence[tuple[FileRecord, Document]]) -> list[str]:
    """Notes on files whose text has characters that nobody sees."""
    found = [(record.filename, document.info.invisible) for record, document in cited if document.info.invisible]
    notes = [f"{name}: {count} invisible characters are left out of the text." for name, count in found]
    return _bounded(notes, "have invisible characters")


def _outdated(records: Sequence[FileRecord]) -> list[str]:
    """Notes on named files that are not the current version of their path."""
    notes = [note for record in records if (note := version_note(record))]
    return _bounded(notes, "are superseded or gone")


def version_note(record: FileRecord) -> str | None:
    """Says that a file is not the current version of its path; None if it is."""
    if record.state == "ready":
        return None
    if record.state == "gone":
        return f"{record.filename} ({record.id}) is no longer at its path."
    newer = f"{record.superseded_by} is the current version" if record.superseded_by else "the newer one was deleted"
    return f"{record.filename} ({record.id}) is superseded: {newer}."


def _was_damaged(record: FileRecord) -> str:
    return f"{record.filename}: its part of the index was damaged and is built again."


def _bounded(notes: list[str], what: str) -> list[str]:
    more = len(notes) - _MAX_NOTES
    return notes if more <= 0 else [*notes[:_MAX_NOTES], f"{more} more files {what}."]
