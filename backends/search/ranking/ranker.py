"""Ranks the passages of the searched documents: by words, then the best ones by proximity, figures and meaning."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.ranking.page_range import PageRange
from files_api_mcp.backends.search.ranking.reranker import rerank
from files_api_mcp.backends.search.ranking.scorer import Ranking, ScoredPassage, rank
from files_api_mcp.backends.search.ranking.statements.gains import with_statements
from files_api_mcp.backends.search.semantic.reranker import MOST_JUDGED, rerank_by_meaning
from files_api_mcp.backends.search.semantic.similarity import Similarity
from files_api_mcp.backends.search.tables.indexed_text import indexed_text

__all__ = ["Ranker"]


class Ranker:
    """Ranks passages for one question or several. With a `similarity`, the best by words are ranked by meaning too;
    with `pages`, only passages on these are ranked."""

    def __init__(
        self,
        index: Index,
        searched: Searched,
        texts: PageTexts,
        check_cancelled: Callable[[], None],
        similarity: Similarity | None,
        pages: PageRange | None = None,
    ) -> None:
        self._index = index
        self._searched = searched
        self._texts = texts
        self._check_cancelled = check_cancelled
        self._similarity = similarity
        self._pages = pages

    def by_words(self, question: str) -> Ranking:
        """All passages with a word of the question, best first."""
        found = rank(self._index, self._searched, question, self._check_cancelled)
        if (pages := self._pages) is not None:
            inside = [one for one in found.passages if pages.holds(found.documents[one.position], one.passage)]
            found = replace(found, passages=inside)
        passages = rerank(found.passages, found.documents, question, partial(self.text, found))
        return with_statements(self._index, self._texts, replace(found, passages=passages), question)

    def by_meaning(self, ranking: Ranking, question: str, share: float = 1.0) -> Ranking:
        """The same passages in the order of their meaning too, if there is a model for it. The parts of a question
        share the passages that are judged: each takes time."""
        if self._similarity is None:
            return ranking
        ranked = rerank_by_meaning(
            ranking.passages,
            ranking.documents,
            question,
            partial(self.text, ranking),
            self._similarity,
            int(MOST_JUDGED * share),
            self._check_cancelled,
        )
        return replace(ranking, passages=ranked)

    def text(self, ranking: Ranking, one: ScoredPassage) -> str:
        """The text of a passage as it is indexed."""
        document = ranking.documents[one.position]
        return indexed_text(self._texts.passage(document, one.passage), document.mime_type)
