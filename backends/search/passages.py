"""Passages for a question: ranked, selected within a budget, and verified to be verbatim."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from files_api_mcp.backends.models import Passage
from files_api_mcp.backends.search.absence import Absence, Held, evidence, held_of
from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.quotes import NO_WORD, Quotes, json_tokens, notes_tokens
from files_api_mcp.backends.search.ranking.fair_shares import in_fair_shares
from files_api_mcp.backends.search.ranking.literals import ids_named, is_held
from files_api_mcp.backends.search.ranking.names import absent_names
from files_api_mcp.backends.search.ranking.page_range import PageRange
from files_api_mcp.backends.search.ranking.question_parts import blended, merged, question_parts
from files_api_mcp.backends.search.ranking.ranker import Ranker
from files_api_mcp.backends.search.ranking.reranker import RERANKED
from files_api_mcp.backends.search.ranking.scorer import Ranking
from files_api_mcp.backends.search.ranking.similar_ids import similar_ids
from files_api_mcp.backends.search.ranking.spelling import Vocabulary, absent_words, in_spelling, respelled
from files_api_mcp.backends.search.selection import SMALL, Selection
from files_api_mcp.backends.search.semantic.similarity import Similarity
from files_api_mcp.backends.search.tables.decisions import Decision
from files_api_mcp.backends.search.tables.plans import TablePlan
from files_api_mcp.backends.search.tables.quoted_rows import RowQuoter
from files_api_mcp.backends.search.tables.runs import RowPacker
from files_api_mcp.backends.search.tokenizer import terms
from files_api_mcp.backends.tokens import estimate_tokens

__all__ = ["Found", "answer"]

_WEAK_PART = 0.67
"""Part of the budget that the weakest passages get."""
_LEAST = 450
"""Tokens that all passages get: less is not worth cutting."""
_FEW = 2
_SPELLING = 2.0
"""Weight of the ranking with words as the documents write them, which may be other words."""
_ELSEWHERE_PART = 0.3
"""Part of the budget for passages without the id that was asked for."""


def _never() -> None:
    """Never cancels the call."""


@dataclass(frozen=True, slots=True)
class Found:
    """Passages best first, without their filenames, their estimated tokens, the documents that were searched, by
    position, notes on what these lack of the question, and the queries over tables that decide it, by its parts."""

    passages: list[Passage]
    tokens: int
    documents: dict[int, Document]
    notes: Sequence[str] = ()
    plans: Mapping[int, TablePlan] = field(default_factory=dict[int, TablePlan])


def answer(
    index: Index,
    searched: Searched,
    question: str,
    max_tokens: int,
    check_cancelled: Callable[[], None] = _never,
    similarity: Similarity | None = None,
    pages: PageRange | None = None,
    decisions: Mapping[int, Decision] | None = None,
) -> Found:
    """Find verbatim passages that take at most `max_tokens` estimated tokens of a result together with the notes.

    `check_cancelled` is called between documents; what it raises ends the call. With `similarity`, the best by words
    are ranked by meaning too. With `pages`, only passages on these count. `decisions` are what the plans of the same
    question gave.
    """
    texts = PageTexts(index)
    ranker = Ranker(index, searched, texts, check_cancelled, similarity, pages)
    ranking, absence = _searched(ranker, Vocabulary(index, searched), question)
    if not ranking.passages and not absence.ids:
        return _without_words(searched, texts, max_tokens, index, pages)
    notes = absence.notes(searched.collection.files)
    if pages is not None:
        notes = [*notes, *pages.notes(searched, ranking.documents)]
    room = max_tokens - notes_tokens(notes)
    quotes = Quotes(searched, ranking.documents, texts)
    spent = min(room, max(_LEAST, int(room * _part(absence, ranking.documents))))
    selection = Selection(ranking.documents, texts, json_tokens, quotes.frame, spent, ranking.idf, pages)
    certain = _holding_ids(ranker, ranking, question)
    shared = ranking if certain else in_fair_shares(ranking, searched.collection.files)
    asked = [in_spelling(part, absence.spellings) for part in question_parts(question)]
    packer = RowPacker(ranking.documents, texts, json_tokens, quotes.frame)
    rows = RowQuoter(index, searched, ranking, texts, packer, decisions or {}).quoted(asked, spent)
    selection.quote(rows.stretches)
    if len(rows.answered) < len(asked) or (searched.collection.files > 1 and not certain):
        selection.spend(shared.passages, certain=certain)
    notes = [*notes, *rows.notes]
    fitted = quotes.fitted(selection.stretches, max_tokens - notes_tokens(notes))
    return _found(fitted, ranking.documents, notes, rows.plans)


def _found(
    passages: list[Passage],
    documents: dict[int, Document],
    notes: Sequence[str],
    plans: Mapping[int, TablePlan] | None = None,
) -> Found:
    return Found(passages, sum(estimate_tokens(one.text) for one in passages), documents, notes, plans or {})


def _without_words(
    searched: Searched, texts: PageTexts, max_tokens: int, index: Index, pages: PageRange | None
) -> Found:
    """The start of a file that holds no word of the question, if at least half of it fits: its words may be others."""
    documents = searched.documents(index, [0]) if searched.collection.files == 1 else {}
    notes = [NO_WORD, *(pages.notes(searched, documents) if pages else ())]
    room = max_tokens - notes_tokens(notes)
    quotes = Quotes(searched, documents, texts)
    selection = Selection(documents, texts, json_tokens, quotes.frame, room, {}, pages)
    if not documents or not selection.quote_whole(0):
        return Found([], 0, documents, notes[1:])
    return _found(quotes.fitted(selection.stretches, room), documents, notes)


def _part(absence: Absence, documents: Mapping[int, Document]) -> float:
    """The part of the budget that the passages get."""
    if absence.ids:
        return _ELSEWHERE_PART
    small = sum(len(one.passages) for one in documents.values()) <= SMALL
    return 1.0 if small else max(_WEAK_PART, absence.strength)


def _searched(ranker: Ranker, vocabulary: Vocabulary, question: str) -> tuple[Ranking, Absence]:
    """The ranked passages, and what the documents lack of the question."""
    ranking = ranker.by_words(question)
    absent = absent_words(question, ranking.idf, vocabulary.languages)
    spellings = respelled(question, absent, vocabulary)
    parts = question_parts(question)
    rankings = [ranking] if len(parts) == 1 else [ranker.by_words(part) for part in parts]
    if spellings:
        spelled = [ranker.by_words(in_spelling(part, spellings)) for part in parts]
        rankings = [blended(*pair, _SPELLING) for pair in zip(rankings, spelled, strict=True)]
    as_spelled = [in_spelling(part, spellings) for part in parts]
    rankings = [ranker.by_meaning(*pair, 1 / len(parts)) for pair in zip(rankings, as_spelled, strict=True)]
    ranking = merged(rankings)
    held = [_held(ranker, *pair) for pair in zip(rankings, parts, strict=True)]
    held_spelled = [_held(ranker, *pair) for pair in zip(rankings, as_spelled, strict=True)] if spellings else held
    names = absent_names(question, ranking.idf, map(vocabulary.filename, ranking.documents), vocabulary.languages)
    absence = Absence(
        evidence=_evidence(held_spelled, parts, names, vocabulary.passages),
        share=max(one.words for one in held),
        spelled_share=max(one.words for one in held_spelled),
        names=names,
        words=absent,
        ids=_absent_ids(ranker, ranking, question),
        spellings=spellings,
    )
    if absence.ids and (similar := similar_ids(absence.ids[0], ranker, vocabulary)):
        return similar.ranking, replace(absence, similar=similar.ids)
    if absence.ids and not _asks_beside(absence.ids, question):
        return replace(ranking, passages=[]), absence
    return ranking, absence


def _asks_beside(ids: Sequence[str], question: str) -> bool:
    """Whether a question has words that count beside these ids."""
    for one in ids:
        question = question.replace(one, " ")
    return bool(terms(question, english=True))


def _evidence(held: Sequence[Held], parts: Sequence[str], names: Sequence[str], passages: int) -> float:
    """How sure it is that the documents, which lack some names, are about the best part of a question."""
    return max(
        evidence(one, passages, lacks_name=any(name in part for name in names))
        for one, part in zip(held, parts, strict=True)
    )


def _held(ranker: Ranker, ranking: Ranking, question: str) -> Held:
    """How much of a question its best passage and the documents hold."""
    if not ranking.passages:
        return Held(0.0, 0.0)
    best = ranking.passages[0]
    english = ranking.documents[best.position].english
    return held_of(question, ranker.text(ranking, best), ranking.idf, english=english)


def _holding_ids(ranker: Ranker, ranking: Ranking, question: str) -> int:
    """The number of passages that hold all ids of a question of one part, if they are few and come first; else 0."""
    wanted = ids_named(question)
    if not wanted or len(question_parts(question)) > 1:
        return 0
    texts = (ranker.text(ranking, one) for one in ranking.passages[:RERANKED])
    holding = [place for place, text in enumerate(texts) if all(is_held(one, text) for one in wanted)]
    return len(holding) if len(holding) <= _FEW and holding == [*range(len(holding))] else 0


def _absent_ids(ranker: Ranker, ranking: Ranking, question: str) -> list[str]:
    """Ids of the question that none of its best passages holds."""
    wanted = ids_named(question)
    texts = [ranker.text(ranking, one) for one in ranking.passages[:RERANKED]] if wanted else []
    return [one for one in wanted if not any(is_held(one, text) for text in texts)]
