"""Rows beside those that match, for a question such as which one comes after another."""

import re
from collections.abc import Sequence

from files_api_mcp.backends.search.tables.text_rows import TextRow, TextRows

__all__ = ["with_neighbours"]

_MOST_ROWS = 3
_ORDER = re.compile(
    r"\b(?:after|before|next|previous(?:ly)?|preced\w{1,4}|follow\w{1,4}|below|above|ahead|beneath|prior|further"
    r"|succe(?:ed\w{0,3}|ssor)|nach|vor|danach|davor|nächste\w?|vorige\w?|vorherige\w?|folgende\w?|folgt|après|avant"
    r"|suivante?|précédente?|después|antes|siguiente|anterior)\b",
    re.IGNORECASE,
)


def with_neighbours(rows: Sequence[TextRow], question: str, known: TextRows) -> Sequence[TextRow]:
    """The rows, with those right before and after each in its table if they are few and the question asks for these."""
    if len(rows) > _MOST_ROWS or not _ORDER.search(question):
        return rows
    found = {(one.page, one.start): one for row in rows for one in _around(row, known)}
    return [found[place] for place in sorted(found)]


def _around(row: TextRow, known: TextRows) -> list[TextRow]:
    own = known.on_page(row.page)
    at = own.index(row)
    before = own[:at] or known.on_page(row.page - 1)
    after = own[at + 1 :] or known.on_page(row.page + 1)
    return [one for one in [*before[-1:], row, *after[:1]] if one.header == row.header]
