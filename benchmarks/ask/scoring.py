"""Scores of passages: recall, rank, and coverage of a question's evidence."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from benchmarks.ask.questions import Evidence, Question

__all__ = ["Cited", "Scores", "mean", "score", "tokens_of"]

_TOKEN = re.compile(r"[A-Za-z]+|\d{1,3}|[^\W\d_]|[^\w\s]")
_WORD = re.compile(r"[a-z0-9]+")
_SMALLEST_CUT = 100
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Cited:
    """A passage of a document (its path): the text, and its page (1-based) or its range of code points."""

    document: str
    text: str
    page: int | None = None
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class Scores:
    """Scores of one question, or the mean of several. Shares are 0 to 1; `tokens` counts the passages within the
    budget."""

    r1: float = 0.0
    r3: float = 0.0
    r5: float = 0.0
    mrr: float = 0.0
    coverage: float = 0.0
    tokens: float = 0.0


def tokens_of(text: str) -> int:
    """A rough token count: a long word counts as several tokens, three digits as one."""
    return sum(max(1, 1 + (len(token) - 1) // 6) if len(token) > 7 else 1 for token in _TOKEN.findall(text))


def score(question: Question, passages: Sequence[Cited], budget: int) -> Scores:
    """Score passages, best first, against the evidence of a question; each part of the evidence counts the same.

    Recall and rank use all passages (distinct pages, or passages that hold half of a span), coverage uses those within
    `budget` tokens: the share of the evidence words found on its pages, or of the characters of its spans.
    """
    affordable, used = _within(passages, budget)
    parts = [_part(evidence, passages, affordable) for evidence in question.evidence]
    return replace(mean(parts), tokens=used)


def mean(many: Sequence[Scores]) -> Scores:
    """The mean of each measure."""
    return Scores(**{f.name: sum(getattr(one, f.name) for one in many) / max(1, len(many)) for f in fields(Scores)})


def _within(passages: Sequence[Cited], budget: int) -> tuple[list[Cited], int]:
    kept: list[Cited] = []
    used = 0
    for passage in passages:
        tokens = tokens_of(passage.text)
        if used + tokens <= budget:
            kept.append(passage)
            used += tokens
            continue
        if budget - used > _SMALLEST_CUT or not kept:
            text = passage.text[: int(len(passage.text) * (budget - used) / tokens)]
            kept.append(replace(passage, text=text, end=passage.start + len(text)))
            used += tokens_of(text)
        break
    return kept, used


def _part(evidence: Evidence, passages: Sequence[Cited], affordable: Sequence[Cited]) -> Scores:
    return (_by_spans if evidence.spans else _by_pages)(evidence, passages, affordable)


def _by_spans(evidence: Evidence, passages: Sequence[Cited], affordable: Sequence[Cited]) -> Scores:
    def holds_half(passage: Cited) -> bool:
        return passage.document == evidence.document and any(
            _overlap(passage, span) * 2 >= span[1] - span[0] for span in evidence.spans
        )

    hits = [holds_half(passage) for passage in passages[:_DEEPEST]]
    wanted = {place for start, end in evidence.spans for place in range(start, end)}
    seen = [one for one in affordable if one.document == evidence.document]
    found = {place for one in seen for place in range(one.start, one.end)} & wanted
    return _scores(lambda k: float(any(hits[:k])), hits, len(found) / max(1, len(wanted)))


def _scores(recall: Callable[[int], float], hits: Sequence[bool], coverage: float) -> Scores:
    rank = next((1 / rank for rank, hit in enumerate(hits, start=1) if hit), 0.0)
    return Scores(recall(1), recall(3), recall(5), rank, coverage)


def _overlap(passage: Cited, span: tuple[int, int]) -> int:
    return max(0, min(span[1], passage.end) - max(span[0], passage.start))


def _by_pages(evidence: Evidence, passages: Sequence[Cited], affordable: Sequence[Cited]) -> Scores:
    gold = {(evidence.document, page) for page in evidence.pages}
    pages = list(dict.fromkeys((passage.document, passage.page) for passage in passages))
    hits = [page in gold for page in pages[:_DEEPEST]]
    seen = [one for one in affordable if (one.document, one.page) in gold]
    return _scores(lambda k: len(gold & set(pages[:k])) / len(gold), hits, _words_covered(evidence, seen))


def _words_covered(evidence: Evidence, seen: Sequence[Cited]) -> float:
    if not evidence.words:
        return len({passage.page for passage in seen}) / len(evidence.pages)
    wanted = Counter(_WORD.findall(evidence.words.lower()))
    held = Counter(_WORD.findall("\n".join(one.text for one in seen).lower()))
    found = sum(min(count, held[word]) for word, count in wanted.items())
    return min(1.0, found / max(1, wanted.total()) / evidence.reach)
