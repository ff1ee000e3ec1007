"""What a question asks of a table beside rows: a count, a sum, an average, or the rows that come first in an order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["HINTS", "About", "Intent", "Kind", "intent_of", "is_intent_word"]

Kind = Literal["count", "sum", "average", "first", "next"]
About = Literal["number", "price", "date", "age"]


@dataclass(frozen=True, slots=True)
class Intent:
    """`words` are those of the question that say so. Rows that come first are the first ones in an order by what it is
    `about`; those that come next follow, in the order of a date, a row that the question names."""

    kind: Kind
    words: str
    about: About = "number"
    descending: bool = False
    most: int = 1


HINTS: Mapping[About, str] = {
    "number": "",
    "price": "price cost amount total value fee rate charge sum eur usd gbp chf preis betrag kosten summe prix montant"
    " precio importe",
    "date": "date day time year month opened founded started ordered created joined due since datum tag jahr fecha año",
    "age": "born birth age founded built opened joined start date year since geburt alter jahr",
}
"""Words in the names of columns with what a question is about."""
_DESCENDING: Mapping[About, str] = {
    "price": r"most expensive|dearest|priciest|costliest|teuerste\w?|plus cher\w{0,2}|más car[oa]s?",
    "date": r"latest|newest|most recent(?:ly)?|last|neueste\w?|letzte\w?|derni[eè]re?s?|últim[oa]s?|más recientes?",
    "age": r"youngest|jüngste\w?|plus jeunes?",
    "number": r"highest|largest|biggest|greatest|maximum|max|most|best|top|longest|tallest|heaviest|busiest|fastest"
    r"|widest|deepest|strongest|höchste\w?|größte\w?|längste\w?|meisten?|plus grande?s?|plus élevée?s?|mayor(?:es)?"
    r"|más alt[oa]s?",
}
_ASCENDING: Mapping[About, str] = {
    "price": r"least expensive|cheapest|billigste\w?|günstigste\w?|moins cher\w{0,2}|más barat[oa]s?",
    "date": r"earliest|first|erste\w?|früheste\w?|premi[eè]re?s?|primer[oa]?s?",
    "age": r"oldest|eldest|älteste\w?|plus vieux|plus âgée?s?",
    "number": r"lowest|smallest|least|fewest|minimum|min|shortest|lightest|slowest|narrowest|worst|quietest"
    r"|most cramped|niedrigste\w?|kleinste\w?|kürzeste\w?|wenigsten?|plus petite?s?|plus basse?s?|menor(?:es)?"
    r"|más baj[oa]s?",
}
_NEXT = re.compile(
    r"\b(?:next|previous|nächste\w?|vorige\w?|suivante?s?|précédente?s?|siguientes?|anterior(?:es)?"
    r"|(?:right|just|directly|immediately) (?:after|before)|(?:comes?|follows?) (?:after|before))\b",
    re.IGNORECASE,
)
_BACK = re.compile(r"previous|before|vorige|précédente?|anterior", re.IGNORECASE)
_COUNT = re.compile(
    r"\b(?:how many|how often|number of|count|wie ?viele|wie oft|anzahl|combien|nombre de|cuánt[oa]s|número de)\b",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"\b(?:total(?:s|ling)?|sum|altogether|in all|overall|combined|add up|summe|insgesamt|gesamt\w{0,9}|somme|en tout"
    r"|suma)\b",
    re.IGNORECASE,
)
_AVERAGE = re.compile(r"\b(?:average|mean|durchschnitt\w{0,5}|mittel\w{0,4}|moyenne?|promedio|media)\b", re.IGNORECASE)
_COMPUTED: Mapping[Kind, re.Pattern[str]] = {"average": _AVERAGE, "sum": _SUM, "count": _COUNT}
_LIMIT = re.compile(
    r"\b(?:top|first|last|latest|highest|lowest|largest|smallest|biggest|cheapest|next) (\d{1,2})\b"
    r"|\b(\d{1,2}) (?:\w+ )?(?:highest|lowest|largest|smallest|biggest|most|latest|newest|oldest|cheapest)\b",
    re.IGNORECASE,
)
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER_WORD = re.compile(rf"\b(?:top|first|last|latest|next) ({'|'.join(_NUMBERS)})\b", re.IGNORECASE)
_MOST = 20


_ORDERS: list[tuple[re.Pattern[str], About, bool]] = [
    (re.compile(rf"\b(?:{kinds[about]})\b", re.IGNORECASE), about, kinds is _DESCENDING)
    for about in _DESCENDING
    for kinds in (_DESCENDING, _ASCENDING)
]


def intent_of(question: str) -> Intent | None:
    """What the question asks beside rows; None if nothing. The values that it names should be left out of it: they may
    be such words."""
    for pattern, about, descending in _ORDERS:
        if found := pattern.search(question):
            return Intent("first", found[0], about, descending, _limit(question))
    for kind, pattern in _COMPUTED.items():
        if found := pattern.search(question):
            return Intent(kind, found[0])
    if found := _NEXT.search(question):
        return Intent("next", found[0], "date", descending=bool(_BACK.search(found[0])))
    return None


def is_intent_word(word: str) -> bool:
    """Whether a word by itself says what is asked of a table, and no value."""
    return any(pattern.fullmatch(word) for pattern in (*_COMPUTED.values(), *(order[0] for order in _ORDERS)))


def _limit(question: str) -> int:
    """How many rows the question asks for."""
    if found := _LIMIT.search(question):
        return min(_MOST, max(1, int(found[1] or found[2])))
    if found := _NUMBER_WORD.search(question):
        return 2 + _NUMBERS.index(found[1].lower())
    return 1
