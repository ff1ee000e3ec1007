"""Conditions of a question that no query here reads: a query that leaves them out would give a wrong answer."""

from collections.abc import Iterable
from itertools import pairwise

from files_api_mcp.backends.search.tables.question_words import QuestionWords, terms_of

__all__ = ["has_unread_condition"]

_MONTHS = frozenset(
    "january february march april june july august september october november december jan feb mar apr jun jul aug sep"
    " sept oct nov dec januar februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août"
    " septembre octobre novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre"
    " noviembre diciembre".split()
)
_LIMITS = frozenset(
    "over above under below between exceeding exceeds since until till without except excluding not no never ohne außer"
    " nicht kein keine über unter zwischen seit sans sauf entre depuis sin excepto desde".split()
)
_GROUPS = frozenset("per each every je jede jeder jedes pro jeweils chaque cada".split())
_PAIRS = frozenset(
    {("more", "than"), ("less", "than"), ("greater", "than"), ("fewer", "than"), ("at", "least"), ("at", "most")}
    | {("in", "may"), ("mehr", "als"), ("weniger", "als"), ("plus", "de"), ("moins", "de"), ("más", "de")}
)


def has_unread_condition(question: str, columns: Iterable[str], most: int) -> bool:
    """Whether a question, without the values of its rows, has a number, a month, a limit or a group. The names of
    columns may hold them, and so may the count of rows that it asks for, `most`."""
    named = {term for column in columns for term in terms_of(column)}
    asked = QuestionWords(question)
    words = [
        word.lower()
        for word, term in zip(asked.words, asked.terms, strict=True)
        if term not in named and word != str(most)
    ]
    are_conditions = _MONTHS | _LIMITS | _GROUPS
    return any(word in are_conditions or any(map(str.isdecimal, word)) for word in words) or not _PAIRS.isdisjoint(
        pairwise(words)
    )
