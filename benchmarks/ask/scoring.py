"""Scores of passages: recall, rank, and coverage of a question's evidence."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["Cited", "Scores", "mean", "score", "tokens_of"]

_TOKEN = re.compile(r"[A-Za-z]+|\d{1,3}|[^\W\d_]|[^\w\s]")
_WORD = re.compile(r"[a-z0-9]+")
_SMALLEST_CUT = 100
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Cited:
    """A passage: its text, and its page (1-based) or its range of code points in the document."""

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


def score(question: dict[str, Any], passages: Sequence[Cited], budget: int) -> Scores:
    """Score passages, best first, against the evidence of a question.

    Recall and rank use all passages (distinct pages, or passages that hold half of a gold span), coverage uses those
    within `budget` tokens: the share of the evidence words found on gold pages, or of the gold characters.
    """
    affordable, used = _within(passages, budget)
    if "gold_spans" in question:
        scores = _by_spans(question["gold_spans"], passages, affordable)
    else:
        scores = _by_pages(question, passages, affordable)
    scores.tokens = used
    return scores


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
            kept.append(Cited(text, passage.page, passage.start, passage.start + len(text)))
            used += tokens_of(text)
        break
    return kept, used


def _by_spans(gold: list[tuple[int, int]], passages: Sequence[Cited], affordable: Sequence[Cited]) -> Scores:
    def holds_half(passage: Cited) -> bool:
        return any(_overlap(passage, span) * 2 >= span[1] - span[0] for span in gold)

    hits = [holds_half(passage) for passage in passages[:_DEEPEST]]
    wanted = {place for start, end in gold for place in range(start, end)}
    found = {place for one in affordable for place in range(one.start, one.end)} & wanted
    rank = next((1 / rank for rank, hit in enumerate(hits, start=1) if hit), 0.0)
    r1, r3, r5 = (float(any(hits[:k])) for k in (1, 3, 5))
    return Scores(r1, r3, r5, rank, len(found) / max(1, len(wanted)))


def _overlap(passage: Cited, span: tuple[int, int]) -> int:
    return max(0, min(span[1], passage.end) - max(span[0], passage.start))


def _by_pages(question: dict[str, Any], passages: Sequence[Cited], affordable: Sequence[Cited]) -> Scores:
    gold: set[int] = set(question["gold_pages"])
    pages = list(dict.fromkeys(passage.page for passage in passages))
    r1, r3, r5 = (len(gold & set(pages[:k])) / len(gold) for k in (1, 3, 5))
    ranks = (1 / rank for rank, page in enumerate(pages[:_DEEPEST], start=1) if page in gold)
    return Scores(r1, r3, r5, next(ranks, 0.0), _words_covered(question, gold, affordable))


def _words_covered(question: dict[str, Any], gold: set[int], affordable: Sequence[Cited]) -> float:
    if not question.get("gold_text"):
        return len(gold & {passage.page for passage in affordable}) / len(gold)
    wanted = Counter(_WORD.findall(" ".join(question["gold_text"]).lower()))
    held = Counter(_WORD.findall("\n".join(one.text for one in affordable if one.page in gold).lower()))
    found = sum(min(count, held[word]) for word, count in wanted.items())
    return min(1.0, found / max(1, wanted.total()) / question.get("reach", 1.0))
