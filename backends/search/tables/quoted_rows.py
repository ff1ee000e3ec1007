"""The rows of tables that an answer quotes: those that match the question, as runs within a budget."""

from collections.abc import Sequence
from dataclasses import dataclass

from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.ranking.scorer import Ranking
from files_api_mcp.backends.search.selection import Stretch
from files_api_mcp.backends.search.tables.matching_rows import MatchingRows, matching_rows
from files_api_mcp.backends.search.tables.runs import RowPacker
from files_api_mcp.backends.search.tables.text_rows import ROWS

__all__ = ["QuotedRows", "quoted_rows"]

_AS_GOOD = 0.75
"""Share of the worth of the best rows from which on those of another table may be meant."""
_CONSIDERED = 10
"""Passages that rank best, of which a table must have one."""


@dataclass(frozen=True, slots=True)
class QuotedRows:
    """The rows of one table that match one of the questions (its place), and the stretches with those that fit."""

    question: int
    position: int
    matching: MatchingRows
    stretches: Sequence[Stretch]


def quoted_rows(
    index: Index,
    ranking: Ranking,
    texts: PageTexts,
    questions: Sequence[str],
    packer: RowPacker,
    room: int,
) -> list[QuotedRows]:
    """The rows that each of the questions is about, where a table ranks well and they are known for sure."""
    ranked: dict[int, list[int]] = {}
    for one in ranking.passages:
        ranked.setdefault(one.position, []).append(one.passage)
    near = dict.fromkeys(one.position for one in ranking.passages[:_CONSIDERED])
    tables = [position for position in near if ranking.documents[position].mime_type in ROWS]
    found: list[QuotedRows] = []
    for number, question in enumerate(questions):
        matching = {
            position: rows
            for position in tables
            if (rows := matching_rows(index, ranking.documents[position], texts, question, ranked[position]))
        }
        if not matching:
            continue
        least = _AS_GOOD * max(rows.worth for rows in matching.values())
        good = sorted((rows.worth, position) for position, rows in matching.items() if rows.worth >= least)
        share = room // (len(questions) - number)
        for left, (_, position) in zip(range(len(good), 0, -1), reversed(good), strict=True):
            stretches = packer.runs(matching[position].shown, position, share // left)
            spent = sum(map(packer.cost, stretches))
            room, share = room - spent, share - spent
            found.append(QuotedRows(number, position, matching[position], stretches))
    return found
