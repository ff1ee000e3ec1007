"""Questions with exact answers: 200 as SQL, and 60 in English with the rows that decide them.

The answers are computed here from the values that the tables were made of, and not from the files.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks.table_queries.tables import MadeTable, made_tables

__all__ = ["AskQuestion", "SqlQuestion", "ask_questions", "sql_questions"]

_A_TABLE = 5
Row = dict[str, Any]
Answer = list[list[Any]]


@dataclass(frozen=True)
class SqlQuestion:
    """A query over a file, and the rows that it must give."""

    table: MadeTable
    kind: str
    sql: str
    answer: Answer


@dataclass(frozen=True)
class AskQuestion:
    """A question about a file. `keys` are the first cells of the rows that decide it."""

    table: MadeTable
    kind: str
    question: str
    keys: tuple[str, ...]


def sql_questions() -> list[SqlQuestion]:
    """Five for each table, of kinds in turn; of two sheets, one joins them."""
    found: list[SqlQuestion] = []
    kinds = list(_SQL)
    at = 0
    for table in made_tables():
        made = random.Random(f"sql {table.filename}")
        for number in range(_A_TABLE):
            kind = "join" if number == 0 and table.parties else kinds[at % len(kinds)]
            at += kind != "join"
            sql, answer = {"join": _join, **_SQL}[kind](table, made)
            found.append(SqlQuestion(table, kind, sql, answer))
    return found


def _sum(table: MadeTable, made: random.Random) -> tuple[str, Answer]:
    theme, group = table.theme, made.choice(table.theme.groups)
    total = sum(row["amount"] for row in _rows(table) if row["group"] == group)
    return f'SELECT SUM("{theme.amount}") FROM data WHERE "{theme.group}" = \'{group}\'', [[total]]


def _count(table: MadeTable, made: random.Random) -> tuple[str, Answer]:
    first = made.choice(_rows(table))["day"]
    end = first + timedelta(days=150)
    day = table.theme.day
    sql = f"SELECT COUNT(*) FROM data WHERE \"{day}\" >= '{first}' AND \"{day}\" < '{end}'"
    return sql, [[sum(first <= row["day"] < end for row in _rows(table))]]


def _highest(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    theme, best = table.theme, max(_rows(table), key=lambda row: row["amount"])
    sql = f'SELECT "{theme.key}", "{theme.amount}" FROM data WHERE "{theme.key}" <> \'Total\' ORDER BY 2 DESC LIMIT 1'
    return sql, [[best["key"], best["amount"]]]


def _code(table: MadeTable, made: random.Random) -> tuple[str, Answer]:
    theme, rows = table.theme, _rows(table)
    code = min((row["code"] for row in rows), key=lambda one: (one[0] != "0", made.random()))
    keys = [[row["key"]] for row in rows if row["code"] == code]
    return f'SELECT "{theme.key}" FROM data WHERE "{theme.code}" = \'{code}\'', keys


def _share(table: MadeTable, made: random.Random) -> tuple[str, Answer]:
    limit = made.randrange(200, 800)
    count = sum(round(row["share"] * 1000) >= limit for row in _rows(table))
    return f'SELECT COUNT(*) FROM data WHERE "{table.theme.share}" >= {limit / 1000}', [[count]]


def _missing(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    theme = table.theme
    count = sum(row["quantity"] is None for row in _rows(table))
    return f'SELECT COUNT(*) FROM data WHERE "{theme.quantity}" IS NULL AND "{theme.key}" IS NOT NULL', [[count]]


def _average(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    known = [row["score"] for row in _rows(table) if row["score"] is not None]
    return f'SELECT AVG("{table.theme.score}") FROM data', [[sum(known) / len(known)]]


def _negative(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    theme, low = table.theme, [row["amount"] for row in _rows(table) if row["amount"] < 0]
    total = sum(low) if low else None
    return f'SELECT COUNT(*), SUM("{theme.amount}") FROM data WHERE "{theme.amount}" < 0', [[len(low), total]]


def _groups(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    theme, groups = table.theme, defaultdict[str, list[Row]](list)
    for row in _rows(table):
        groups[row["group"]].append(row)
    answer = [[name, len(rows), sum(row["quantity"] or 0 for row in rows)] for name, rows in sorted(groups.items())]
    sql = f'SELECT "{theme.group}", COUNT(*), TOTAL("{theme.quantity}") FROM data'
    return f'{sql} WHERE "{theme.group}" IS NOT NULL GROUP BY 1 ORDER BY 1', answer


def _flag(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    theme, rows = table.theme, [row for row in _rows(table) if row["flag"]]
    return f'SELECT COUNT(*), MAX("{theme.amount}") FROM data WHERE "{theme.flag}"', [
        [len(rows), max((row["amount"] for row in rows), default=None)]
    ]


def _months(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    months = Counter(f"{row['day']:%Y-%m}" for row in _rows(table))
    day = table.theme.day
    sql = f'SELECT strftime(\'%Y-%m\', "{day}"), COUNT(*) FROM data WHERE "{day}" IS NOT NULL'
    return f"{sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3", [
        [month, count] for month, count in sorted(months.items(), key=lambda one: (-one[1], one[0]))[:3]
    ]


def _latest(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    theme, last = table.theme, max(_rows(table), key=lambda row: row["day"])
    sql = f'SELECT "{theme.key}", "{theme.day}" FROM data ORDER BY "{theme.day}" DESC LIMIT 1'
    return sql, [[last["key"], last["day"].isoformat()]]


def _join(table: MadeTable, _: random.Random) -> tuple[str, Answer]:
    theme, tiers = table.theme, {party["party"]: party["tier"] for party in table.parties}
    totals = defaultdict[Any, float](float)
    for row in _rows(table):
        totals[tiers[row["party"]]] += row["amount"]
    sql = f'SELECT p."Tier", SUM(d."{theme.amount}") FROM "Data" d JOIN "{table.parties_sheet}" p'
    return f'{sql} USING ("{theme.party}") GROUP BY 1 ORDER BY 1', [[*one] for one in sorted(totals.items())]


_SQL: dict[str, Callable[[MadeTable, random.Random], tuple[str, Answer]]] = {
    "sum": _sum,
    "count": _count,
    "highest": _highest,
    "code": _code,
    "share": _share,
    "missing": _missing,
    "average": _average,
    "negative": _negative,
    "groups": _groups,
    "flag": _flag,
    "months": _months,
    "latest": _latest,
}


def _rows(table: MadeTable) -> list[Row]:
    return [dict(row) for row in table.rows]


def ask_questions() -> list[AskQuestion]:
    """Six for each theme, over its tables in turn."""
    tables = made_tables()
    found: list[AskQuestion] = []
    for at, first in enumerate(range(0, len(tables), len(tables) // 10)):
        own = tables[first : first + len(tables) // 10]
        for number, kind in enumerate(("cell", "code", "highest", "latest", "sum", "lowest" if at % 2 else "next")):
            table = own[(number + at) % len(own)]
            question, keys = _ASKED[kind](table, random.Random(f"ask {table.filename} {kind}"))
            found.append(AskQuestion(table, kind, question, keys))
    return found


def _one(row: Row) -> tuple[str, ...]:
    return (row["key"],)


def _ask_cell(table: MadeTable, made: random.Random) -> tuple[str, tuple[str, ...]]:
    theme, row = table.theme, made.choice(_rows(table))
    return f"What is the {theme.amount.lower()} of {theme.noun} {row['key']}?", _one(row)


def _ask_code(table: MadeTable, made: random.Random) -> tuple[str, tuple[str, ...]]:
    theme, row = table.theme, made.choice(_rows(table))
    keys = tuple(other["key"] for other in _rows(table) if other["code"] == row["code"])
    return f"Which {theme.noun} has the {theme.code.lower()} {row['code']}?", keys


def _ask_highest(table: MadeTable, _: random.Random) -> tuple[str, tuple[str, ...]]:
    theme = table.theme
    row = max(_rows(table), key=lambda one: one["amount"])
    return f"Which {theme.noun} has the highest {theme.amount.lower()}?", _one(row)


def _ask_lowest(table: MadeTable, _: random.Random) -> tuple[str, tuple[str, ...]]:
    theme = table.theme
    row = min(_rows(table), key=lambda one: one["amount"])
    return f"What is the lowest {theme.amount.lower()}, and of which {theme.noun} is it?", _one(row)


def _ask_latest(table: MadeTable, made: random.Random) -> tuple[str, tuple[str, ...]]:
    theme, party = table.theme, made.choice(_rows(table))["party"]
    row = max((one for one in _rows(table) if one["party"] == party), key=lambda one: one["day"])
    return f"What was the last {theme.noun} of {party} by {theme.day.lower()}?", _one(row)


def _ask_next(table: MadeTable, made: random.Random) -> tuple[str, tuple[str, ...]]:
    theme, rows = table.theme, sorted(_rows(table), key=lambda one: one["day"])
    at = made.randrange(len(rows) - 1)
    return f"Which {theme.noun} comes next after {rows[at]['key']} by {theme.day.lower()}?", _one(rows[at + 1])


def _ask_sum(table: MadeTable, _: random.Random) -> tuple[str, tuple[str, ...]]:
    theme, counts = table.theme, Counter(row["party"] for row in _rows(table))
    party = min(counts, key=lambda one: (abs(counts[one] - 6), one))
    keys = tuple(row["key"] for row in _rows(table) if row["party"] == party)
    return f"What is the total {theme.amount.lower()} of {party}?", keys


_ASKED: dict[str, Callable[[MadeTable, random.Random], tuple[str, tuple[str, ...]]]] = {
    "cell": _ask_cell,
    "code": _ask_code,
    "highest": _ask_highest,
    "lowest": _ask_lowest,
    "latest": _ask_latest,
    "next": _ask_next,
    "sum": _ask_sum,
}
