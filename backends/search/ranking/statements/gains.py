"""Passages on the financial statements of a report gain where a question asks for their figures."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import inf

from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.ranking.scorer import Ranking, ScoredPassage
from files_api_mcp.backends.search.ranking.statements.pages import items_by_offset, statement_pages
from files_api_mcp.backends.search.ranking.statements.question import AskedFigures, asked_figures

__all__ = ["with_statements"]

_ROW, _STATEMENT = 0.8, 0.7
"""Of the best score: for a passage with a row that is asked for, and for the others of a statement that is named or
needed for a ratio."""
_SECOND = 0.8
"""Of the best score, which a row that is no part of a ratio does not exceed: a note may show the same item in the
question's words."""
_MOST_DOCUMENTS = 3


def with_statements(index: Index, texts: PageTexts, ranking: Ranking, question: str) -> Ranking:
    """The ranking in which passages on financial statements gain, if the question asks for what these show."""
    asked = asked_figures(question)
    if asked is None or not ranking.passages:
        return ranking
    best = ranking.passages[0].score
    scores = {(one.position, one.passage): one.score for one in ranking.passages}
    for position in list(dict.fromkeys(one.position for one in ranking.passages))[:_MOST_DOCUMENTS]:
        for passage, gain, most in _gains(index, texts, ranking.documents[position], asked):
            score = scores.get((position, passage), 0.0)
            scores[position, passage] = max(score, min(score + gain * best, most * best))
    passages = [ScoredPassage(*place, score) for place, score in scores.items()]
    return replace(ranking, passages=sorted(passages, key=lambda one: -one.score))


def _gains(
    index: Index, texts: PageTexts, document: Document, asked: AskedFigures
) -> Iterator[tuple[int, float, float]]:
    """The passages of a document that gain: how much, and up to which score, as shares of the best score."""
    numbers = document.passages.pages
    for statement, pages in statement_pages(index, document, partial(texts.page, document)).items():
        wanted, whole = asked.of(statement), asked.asks_for_all(statement)
        for page in pages if wanted or whole else ():
            rows = [at for at, item in items_by_offset(texts.page(document, page), statement) if item in wanted]
            for passage in range(bisect_left(numbers, page), bisect_right(numbers, page)):
                _, start, end = document.passages.span(passage)
                is_row = any(start <= at < end for at in rows)
                yield passage, _ROW if is_row else _STATEMENT * whole, inf if whole or asked.is_ratio else _SECOND
