"""The rows of tables that an answer quotes: those that match the question or decide it, as runs within a budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.ranking.scorer import Ranking
from files_api_mcp.backends.search.selection import Stretch
from files_api_mcp.backends.search.tables.decisions import Decision
from files_api_mcp.backends.search.tables.matching_rows import MatchingRows, matching_rows
from files_api_mcp.backends.search.tables.notes import ROOM, shown_note
from files_api_mcp.backends.search.tables.plans import TablePlan, plan_of
from files_api_mcp.backends.search.tables.question_words import QuestionWords
from files_api_mcp.backends.search.tables.runs import RowPacker
from files_api_mcp.backends.search.tables.text_rows import ROWS, TextRow, TextRows

__all__ = ["QuotedRows", "RowQuoter"]

_AS_GOOD = 0.75
"""Share of the worth of the best rows from which on those of another table may be meant."""
_CONSIDERED = 10
"""Passages that rank best, of which a table must have one."""
_LEAST_ROOM = 200
"""Tokens of an answer with a note on the rows that are not shown."""


@dataclass(slots=True)
class QuotedRows:
    """Stretches of rows, notes on them, and the queries that decide each of the questions, by its number. The
    `answered` ones need no other passages."""

    stretches: list[Stretch] = field(default_factory=list[Stretch])
    notes: list[str] = field(default_factory=list[str])
    plans: dict[int, TablePlan] = field(default_factory=dict[int, TablePlan])
    answered: set[int] = field(default_factory=set[int])


class RowQuoter:
    """Chooses rows of the tables that rank well. `decisions` are what queries said of each question, by its number."""

    def __init__(
        self,
        index: Index,
        searched: Searched,
        ranking: Ranking,
        texts: PageTexts,
        packer: RowPacker,
        decisions: Mapping[int, Decision],
    ) -> None:
        self._index = index
        self._searched = searched
        self._documents = ranking.documents
        self._texts = texts
        self._packer = packer
        self._decisions = decisions
        self._ranked: dict[int, list[int]] = {}
        for one in ranking.passages:
            self._ranked.setdefault(one.position, []).append(one.passage)
        near = dict.fromkeys(one.position for one in ranking.passages[:_CONSIDERED])
        tables = [position for position in near if self._documents[position].mime_type in ROWS]
        # Where the best passage is of a text, a table does not come before it.
        self._tables = tables if tables[:1] == [*near][:1] else []

    def quoted(self, questions: Sequence[str], room: int) -> QuotedRows:
        """The rows that each of the questions is about, where they are known for sure, and those that decide it."""
        found = QuotedRows()
        for number, question in enumerate(questions) if self._tables else ():
            share = room // (len(questions) - number)
            room -= self._quote(found, number, question, share)
        return found

    def _quote(self, found: QuotedRows, number: int, question: str, room: int) -> int:
        """Add the rows of one question; returns the tokens that they take."""
        before = len(found.stretches)
        matching = self._matching(question)
        decision = self._decisions.get(number)
        if decision is None:
            self._plan(found, number, question, matching)
        elif decision.note:
            found.notes.append(decision.note)
        rows = self._decided(decision) if decision else []
        if decision and rows:
            stretches = self._packer.runs(sorted(rows, key=_place), decision.plan.position, room)
            found.stretches += sorted(
                stretches, key=lambda one: next(rank for rank, row in enumerate(rows) if _holds(one, row))
            )
            if decision.plan.is_sure:
                found.answered.add(number)
                return self._spent(found, before)
        room -= self._spent(found, before)
        for left, (position, one) in zip(range(len(matching), 0, -1), matching.items(), strict=True):
            room -= self._add(found, position, one, room // left, has_query=bool(decision and decision.note))
            found.answered.add(number)
        return self._spent(found, before)

    def _add(self, found: QuotedRows, position: int, matching: MatchingRows, room: int, *, has_query: bool) -> int:
        """Add the rows of a table that match, and a note if not all are shown."""
        held = [one for one in found.stretches if one.position == position]
        rows = [row for row in matching.shown if not any(_holds(one, row) for one in held)]
        stretches = self._packer.runs(rows, position, room)
        if room > _LEAST_ROOM and not all(any(_holds(one, row) for one in stretches) for row in rows):
            stretches = self._packer.runs(rows, position, room - ROOM)
        found.stretches += stretches
        document = self._documents[position]
        tables = self._index.tables(document)
        file_id = self._searched.file_id(position)
        if note := shown_note(matching, [*held, *stretches], file_id, tables, has_query=has_query):
            found.notes.append(note)
        return sum(map(self._packer.cost, stretches))

    def _spent(self, found: QuotedRows, before: int) -> int:
        return sum(map(self._packer.cost, found.stretches[before:]))

    def _matching(self, question: str) -> dict[int, MatchingRows]:
        """The rows that match in each table that may be meant, the best first."""
        found = {
            position: rows
            for position in self._tables
            if (
                rows := matching_rows(
                    self._index, self._documents[position], self._texts, question, self._ranked[position]
                )
            )
        }
        least = _AS_GOOD * max((rows.worth for rows in found.values()), default=0.0)
        good = [(position, rows) for position, rows in found.items() if rows.worth >= least]
        return dict(sorted(good, key=lambda one: -one[1].worth))

    def _plan(self, found: QuotedRows, number: int, question: str, matching: Mapping[int, MatchingRows]) -> None:
        position, rows = next(iter(matching.items()), (self._tables[0], None))
        document = self._documents[position]
        tables = self._index.tables(document)
        if tables:
            best = next(iter(self._rows(document).of_passages(self._ranked[position][:1])), None)
            if rows is None and self._searched.collection.files > 1 and not _names_column(question, best):
                return  # it may be about any of the files
            plan = plan_of(position, question, rows, tables, best)
            if plan is not None:
                found.plans[number] = plan

    def _decided(self, decision: Decision) -> list[TextRow]:
        rows = self._rows(self._documents[decision.plan.position])
        return rows.numbered(decision.rows, decision.plan.table.info.where)

    def _rows(self, document: Document) -> TextRows:
        return TextRows(document, self._texts)


def _names_column(question: str, row: TextRow | None) -> bool:
    asked = QuestionWords(question)
    return row is not None and any(map(asked.named, row.cells))


def _place(row: TextRow) -> tuple[int, int]:
    return row.page, row.start


def _holds(stretch: Stretch, row: TextRow) -> bool:
    return stretch.page == row.page and stretch.start <= row.start and row.end <= stretch.end
