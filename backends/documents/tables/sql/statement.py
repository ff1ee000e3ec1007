"""Changes a statement, so that SQLite neither guesses nor shows what nobody asked for.

- A name in `"` that does not exist is an error. SQLite takes it for a string.
- So is a date or a code without quotes, which SQLite takes for a number.
- `*` leaves out `_row`, which no two rows share: with it, DISTINCT and EXCEPT would find no equal rows.
- Where each row of the result is one row of one table, `_row` comes as one more column.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from files_api_mcp.backends.documents.tables.sql.mistake import Mistake
from files_api_mcp.backends.documents.tables.sql.select_parts import Columns, Select, Source, selects, with_names
from files_api_mcp.backends.documents.tables.sql.tables import ROW
from files_api_mcp.backends.documents.tables.sql.tokens import Token, quoted, tokens

__all__ = ["Statement", "shown_name", "statement"]

_STARTS = ("SELECT", "WITH", "VALUES")
_EXTREMES = {"MIN", "MAX"}
_AGGREGATES = {"AVG", "COUNT", "GROUP_CONCAT", "JSON_GROUP_ARRAY", "JSON_GROUP_OBJECT", "STRING_AGG", "SUM", "TOTAL"}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE = re.compile(r"0[0-9]+")
_LONGEST = 20_000
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as SQLite gets it. `with_rows` gives `_row` too, as the last column; None if that means nothing.
    `names` are all names in it, and `own` those of the tables that it makes, in lower case. `quoted` are those in `"`.
    """

    sql: str
    with_rows: str | None
    names: Set[str]
    quoted: Set[str]
    own: Set[str]


def statement(sql: str, columns: Columns) -> Statement:
    """Change a SELECT. `columns` are those of the document's tables, without `_row`.

    Raises:
        Mistake: It is too long or nested too deeply, or something else than one SELECT.
    """
    read = _checked(sql)
    own = with_names(read)
    parts = selects(read)

    def known(name: str) -> Sequence[str] | None:
        return None if name.lower() in own else columns(name)

    changes = {at: quoted(token.name or "") for at, token in enumerate(read) if token.text.startswith('"')}
    for select in parts:
        changes |= dict(_expanded(read, select, select.sources(known)))
    outer = [select for select in parts if select.depth == 0]
    rows_at = _rows_before(read, outer[0], known) if len(outer) == 1 else None
    with_rows = None if rows_at is None else _changed(sql, read, changes, rows_at)
    names = {token.name.lower() for token in read if token.name is not None}
    in_quotes = {token.name or "" for token in read if token.text.startswith('"')}
    return Statement(_changed(sql, read, changes), with_rows, names, in_quotes, own)


def shown_name(column: str) -> str:
    """The name of a column of a result. SQLite names an expression by its text: with names as they were before."""
    parts = [*tokens(column)] if "`" in column and "(" in column else []
    changes = {at: f'"{name}"' for at, one in enumerate(parts) if one.text.startswith("`") and (name := one.name)}
    return _changed(column, parts, changes) if changes else column


def _checked(sql: str) -> list[Token]:
    if len(sql) > _LONGEST:
        raise Mistake(f"The query has more than {_LONGEST:,} characters.")
    if "\0" in sql:
        raise Mistake("The query has a NUL character.")
    read = [*tokens(sql)]
    while read and read[-1].text == ";":
        read.pop()
    if not read or read[0].word not in _STARTS:
        raise Mistake("Only a SELECT can be run.", "Write one SELECT, which may start with WITH.")
    if any(token.text == ";" for token in read):
        raise Mistake("Only one statement can be run at a time.")
    if any(token.text in ("?", "@", "$", ":") for token in read):
        step = "Write values into the query, texts in single quotes, and names that have signs in double quotes."
        raise Mistake("The query has a parameter.", step)
    _check_numbers(read)
    if any(token.depth > _DEEPEST for token in read):
        raise Mistake(f"The query has more than {_DEEPEST} parentheses around each other.")
    return read


def _check_numbers(read: Sequence[Token]) -> None:
    """Refuse what SQLite takes for other numbers than people mean: 2025-02-01 is 2022 to it, and 00501 is 501."""
    for at, token in enumerate(read):
        if token.kind != "number":
            continue
        parts = read[at : at + 5]
        written = "".join(part.text for part in parts)
        is_one = len(parts) == 5 and parts[-1].end - token.start == len(written)
        if is_one and _DATE.fullmatch(written):
            raise Mistake(f"The date {written} stands without quotes.", f"Write '{written}'.")
        if _CODE.fullmatch(token.text):
            raise Mistake(
                f"SQLite takes {token.text} for {int(token.text)}.", f"If it is a text, write '{token.text}'."
            )


def _expanded(read: Sequence[Token], select: Select, sources: Sequence[Source]) -> Iterator[tuple[int, str]]:
    """Each `*` of known tables, and the columns that it stands for. Those of joins by USING are left to SQLite, which
    shows the joined columns once."""
    for at in select.stars():
        if read[at - 1].text == ".":
            prefix = read[at - 2].name or ""
            named = next((one for one in sources if one.name.lower() == prefix.lower()), None)
            if named is not None and named.columns:
                yield at, f", {quoted(prefix)}.".join(map(quoted, named.columns))
        elif sources and all(one.columns for one in sources) and not select.words & {"USING", "NATURAL"}:
            yield at, ", ".join(f"{quoted(one.name)}.{quoted(name)}" for one in sources for name in one.columns or ())


def _rows_before(read: Sequence[Token], select: Select, known: Columns) -> int | None:
    """The position of the FROM before which `_row` can be listed; None if a row of the result is not one row of one
    table."""
    sources = select.sources(known)
    listed = [read[at] for at in select.columns_listed()]
    is_one_table = len(sources) == 1 and sources[0].columns is not None
    has_row = any((one.name or "").lower() == ROW for one in listed)
    if not is_one_table or not listed or listed[0].word == "DISTINCT" or has_row:
        return None
    aggregates = _aggregates(read, select)
    # SQLite takes columns beside a single max() or min() from the row that holds it.
    holds_extreme = len(aggregates) == 1 and aggregates[0] in _EXTREMES
    is_grouped = bool(aggregates) or bool(select.words & {"GROUP", "HAVING"})
    return select.from_at if holds_extreme or not is_grouped else None


def _aggregates(read: Sequence[Token], select: Select) -> list[str]:
    """The aggregate functions of a SELECT, without those over windows and those of other SELECTs within it."""
    found: list[str] = []
    at = select.start + 1
    while at < select.end - 1:
        token, following = read[at], read[at + 1]
        if token.text == "(" and following.word in _STARTS:
            at = _closing(read, at)
        elif following.text == "(" and (function := (token.name or "").upper()) in _AGGREGATES | _EXTREMES:
            closed = _closing(read, at + 1)
            arguments = [one for one in read[at + 2 : closed] if one.depth == following.depth + 1]
            after = read[closed + 1] if closed + 1 < len(read) else token
            is_scalar = function in _EXTREMES and any(one.text == "," for one in arguments)
            if after.word == "FILTER":
                after = read[min(_closing(read, closed + 2) + 1, len(read) - 1)]
                found += [] if after.word == "OVER" else ["FILTER"]
            elif after.word != "OVER" and not is_scalar:
                found.append(function)
        at += 1
    return found


def _closing(read: Sequence[Token], opening: int) -> int:
    depth = read[opening].depth if opening < len(read) else 0
    return next((at for at in range(opening + 1, len(read)) if read[at].depth == depth), len(read) - 1)


def _changed(sql: str, read: Sequence[Token], changes: dict[int, str], rows_at: int | None = None) -> str:
    parts: list[str] = []
    done = 0
    for at, token in enumerate(read):
        if at == rows_at:
            parts += [sql[done : token.start], f", {ROW} "]
            done = token.start
        if at in changes:
            parts += [sql[done : token.start], changes[at]]
            done = token.end
    return "".join([*parts, sql[done : read[-1].end]])
