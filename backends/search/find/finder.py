"""Finder: finds a text in the documents of a content source. Implements TextFinder."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from anyio import to_thread

from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.models import Progress, silent
from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.question import left_out_notes
from files_api_mcp.backends.search.question_scope import QuestionScope, Scope
from files_api_mcp.backends.text_finder import FoundText, TextMatch, TextQuery
from files_api_mcp.backends.validation import distinct_ids

if TYPE_CHECKING:
    from files_api_mcp.backends.search.find.candidates import Candidates
    from files_api_mcp.backends.search.find.cursor import Position
    from files_api_mcp.backends.search.find.page_search import Matcher
    from files_api_mcp.backends.search.find.plan import WordPart
    from files_api_mcp.backends.search.find.text_search import TextSearch
    from files_api_mcp.backends.search.find.vocabulary import Vocabulary

__all__ = ["Finder", "matcher_of"]

_LONGEST_PATTERN = 1_000
_MOST_CONTEXT = 20
_MOST_SHOWN = 500
_PATIENCE_S = 20.0
"""Seconds after which a search ends with what it found."""
_SLICE_S = 0.03
_MOST_LOOKUPS = 200_000
"""Terms times blocks of documents that are looked up for one part of a word."""
_MOST_WORDS = 2_000
"""Words that hold one part of a word. A part of more words rules few pages out."""
_LOOKUPS_AT_ONCE = 20_000
_MOST_NOTES = 3
_MANY = 1_000
"""Files of which a pattern without words is slow."""


class Finder:
    """Finds texts. Its work is done in the index's thread, in short pieces.

    `use` is called before each search.
    """

    def __init__(self, indexer: Indexer, source: ContentSource, scope: QuestionScope, use: Callable[[], None]) -> None:
        self._indexer = indexer
        self._source = source
        self._scope = scope
        self._use = use
        self._vocabulary: Vocabulary | None = None

    async def find_text(self, query: TextQuery, file_ids: Sequence[str], progress: Progress = silent) -> FoundText:
        """Find every place of a text; see TextFinder."""
        query, ids = _checked(query), distinct_ids(file_ids)
        matcher = await to_thread.run_sync(matcher_of, query)
        self._use()
        left_out: list[str] = []
        if ids and query.within is not None:
            matching = await self._source.matching(ids, query.within)
            left_out = left_out_notes(len(ids) - len(matching))
            ids = [*matching]
            if not ids:
                return FoundText(0, [], left_out)
        found = await self._indexer.healed(lambda: self._find(query, ids, matcher, progress))
        return replace(found, notes=[*left_out, *found.notes])

    async def _find(self, query: TextQuery, ids: list[str], matcher: "Matcher", progress: Progress) -> FoundText:
        from files_api_mcp.backends.search.find.cursor import decode_cursor, encode_cursor
        from files_api_mcp.backends.search.find.text_search import TextSearch

        what = json.dumps([query.pattern, query.regex, query.exact, repr(query.within), query.pages, ids])
        resumed = decode_cursor(what, query.cursor) if query.cursor else None
        scope = await self._searched(ids, query.within or ALL_FILES, progress)
        candidates = await self._candidates(scope.searched, matcher)
        positions = await self._positions(scope.searched, candidates, resumed)
        search = TextSearch(scope.searched, matcher, candidates, positions, query, resumed)
        is_done = await self._run(search, len(positions), progress)
        has_more = search.is_full or not is_done
        return FoundText(
            total=search.total,
            matches=await self._named(search.matches, scope),
            notes=[
                *scope.notes,
                *[*search.notes][:_MOST_NOTES],
                *_notes(candidates, search, len(positions), is_done=is_done),
            ],
            next_cursor=encode_cursor(what, search.next) if has_more and search.next else None,
            is_partial=not is_done,
            pages_read=search.pages_read,
        )

    async def _searched(self, ids: Sequence[str], within: FileFilter, progress: Progress) -> Scope:
        if not ids:
            return await self._scope.everything(progress, within)
        scope, _ = await self._scope.named(ids, lambda _, searched: searched, progress)
        return scope

    async def _candidates(self, searched: Searched, matcher: "Matcher") -> "Candidates":
        from files_api_mcp.backends.search.find.candidates import Candidates, word_parts
        from files_api_mcp.backends.search.find.vocabulary import Vocabulary

        if self._vocabulary is None:
            self._vocabulary = Vocabulary()
        vocabulary, plan, ids = self._vocabulary, matcher.plan, searched.document_ids()
        most = min(_MOST_WORDS, _MOST_LOOKUPS // max(1, len(searched.collection.blocks)))
        parts = word_parts(plan)
        if parts:
            while not await self._indexer.run(lambda index: vocabulary.cover(index, ids)):
                continue
        words: dict[WordPart, set[str] | None] = {}
        while len(words) < len(parts):
            await self._indexer.run(lambda _: _look_up(parts, words, vocabulary, most))
        return Candidates(plan, words)

    async def _positions(
        self, searched: Searched, candidates: "Candidates", resumed: "Position | None"
    ) -> Sequence[int]:
        """The positions of the files to search."""
        ids = searched.document_ids()
        first = 0 if resumed is None else _position(searched, resumed)
        if candidates.are_all:
            return range(first, len(ids))
        blocks, found = [*searched.collection.blocks], set[int]()
        at_once = max(1, _LOOKUPS_AT_ONCE // max(1, candidates.term_count))
        for start in range(0, len(blocks), at_once):
            some = blocks[start : start + at_once]
            found |= await self._indexer.run(partial(_documents, candidates, some))
        candidates.keep_rarest()
        return [position for position in range(first, len(ids)) if ids[position] in found]

    async def _run(self, search: "TextSearch", files: int, progress: Progress) -> bool:
        """Search until all is searched, or for as long as a caller waits; returns whether all is."""
        until = time.monotonic() + _PATIENCE_S
        while not await self._indexer.run(search.go_on):
            await progress(search.done, files, "Searching files")
            if time.monotonic() >= until:
                return False
        return True

    async def _named(self, matches: Sequence[TextMatch], scope: Scope) -> list[TextMatch]:
        """The matches with the names of their files. A file that was deleted meanwhile is left out."""
        records = scope.records
        if not records and matches:
            located = await self._source.located([*dict.fromkeys(match.file_id for match in matches)])
            records = {record.id: record for record, _ in located}
        return [replace(one, filename=records[one.file_id].filename) for one in matches if one.file_id in records]


def _checked(query: TextQuery) -> TextQuery:
    """The query with its pattern as it is searched."""
    pattern = query.pattern.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not query.regex:
        pattern = pattern.strip()
    if not pattern.strip():
        raise InvalidArgument("pattern is empty.", "Give the words to find.")
    if len(pattern) > _LONGEST_PATTERN:
        raise InvalidArgument(
            f"pattern is longer than {_LONGEST_PATTERN:,} characters.", "Find a shorter part of the text."
        )
    if not 1 <= query.limit <= _MOST_SHOWN:
        raise InvalidArgument(f"limit must be 1 to {_MOST_SHOWN}.")
    if not 0 <= query.context <= _MOST_CONTEXT:
        raise InvalidArgument(f"context must be 0 to {_MOST_CONTEXT} lines.")
    return replace(query, pattern=pattern)


def matcher_of(query: TextQuery) -> "Matcher":
    """What finds the pattern of a query.

    Raises:
        InvalidArgument: The pattern cannot be used.
    """
    from files_api_mcp.backends.search.find.expression import Expression
    from files_api_mcp.backends.search.find.phrase import Phrase

    kind = Expression if query.regex else Phrase
    return kind(query.pattern, exact=query.exact)


def _look_up(
    parts: "Sequence[WordPart]", words: "dict[WordPart, set[str] | None]", vocabulary: "Vocabulary", most: int
) -> None:
    """Look up words of the next parts, for a while."""
    until = time.monotonic() + _SLICE_S
    for part in parts[len(words) :]:
        words[part] = vocabulary.holding(part, most)
        if time.monotonic() >= until:
            break


def _documents(candidates: "Candidates", blocks: Sequence[int], index: Index) -> set[int]:
    return candidates.documents(index, blocks)


def _position(searched: Searched, resumed: "Position") -> int:
    """The position of a cursor's file; if it is gone, that of the one after it."""
    files = len(searched.document_ids())
    guess = files - 1 - resumed.files_after
    for position in (guess, *range(files)):
        if 0 <= position < files and searched.file_id(position) == resumed.file_id:
            return position
    return max(0, guess + 1)


def _notes(candidates: "Candidates", search: "TextSearch", files: int, *, is_done: bool) -> list[str]:
    notes: list[str] = []
    if candidates.are_all and (not is_done or files > _MANY):
        notes.append("The pattern holds no whole word or id, so pages are searched one by one.")
    if not is_done:
        notes.append(
            f"Stopped after {_PATIENCE_S:.0f} seconds, {search.done} of {files} files searched: total counts what was"
            " found. next_cursor goes on."
        )
    return notes
