"""PDFs with tables of many styles, and with what only looks like tables, drawn by ReportLab."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.platypus import BaseDocTemplate, Frame, KeepTogether, PageTemplate, SimpleDocTemplate, Spacer

from benchmarks.pdf_tables.content import Content, finance, records
from benchmarks.pdf_tables.decoys import DECOYS
from benchmarks.pdf_tables.style import Story, Style

__all__ = ["KINDS", "Made", "make"]

_GREY = colors.HexColor("#dddddd")


class Made(NamedTuple):
    """A PDF, and the tables on its pages. A table over several pages is one."""

    path: Path
    kind: str
    tables: list[Content]


_Pair = tuple[list[Content], Story]
Kind = Callable[[Random, Style], _Pair]


def _grid(weight: float = 0.5) -> list[Any]:
    return [("GRID", (0, 0), (-1, -1), weight, colors.black)]


def _booktabs(heads: int = 1) -> list[Any]:
    return [
        ("LINEABOVE", (0, 0), (-1, 0), 1, colors.black),
        ("LINEBELOW", (0, heads - 1), (-1, heads - 1), 0.5, colors.black),
        ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black),
    ]


def _simple(rules: Callable[[Random], list[Any]]) -> Kind:
    def kind(random: Random, style: Style) -> _Pair:
        content = records(random, random.randrange(4, 16), random.randrange(3, 7))
        return [content], style.around(style.table(content, rules(random)))

    return kind


def _empty(random: Random, style: Style) -> _Pair:
    content = records(random, random.randrange(6, 16), random.randrange(4, 7), empty=0.2)
    return [content], style.around(style.table(content, random.choice([_grid(), _booktabs(), []])))


def _centred(random: Random, style: Style) -> _Pair:
    content = records(random, random.randrange(5, 14), random.randrange(3, 7))
    content.aligned = random.choice("lc") + "c" * (len(content.aligned) - 1)
    return [content], style.around(style.table(content, random.choice([_grid(), _booktabs(), []])))


def _two_headers(random: Random, style: Style) -> _Pair:
    groups, width = random.choice([(2, 2), (2, 3), (3, 2)])
    content = records(random, random.randrange(4, 14), 1 + groups * width, groups=groups)
    rules = random.choice([_grid(), [*_booktabs(2), *_under(content)], _booktabs(2), []])
    return [content], style.around(style.table(content, rules))


def _under(content: Content) -> list[Any]:
    return [
        ("LINEBELOW", (left, 0), (left + width - 1, 0), 0.4, colors.black)
        for (_, left), (_, width) in content.spans.items()
    ]


def _spanning(random: Random, style: Style) -> _Pair:
    content = records(random, random.randrange(6, 13), random.randrange(4, 6))
    content.aligned = "ll" + content.aligned[1:]
    content.header[0].insert(0, "Division")
    for row in content.rows:
        row.insert(0, "")
    at = 1
    while at <= len(content.rows):
        height = min(random.randrange(1, 4), len(content.rows) + 1 - at)
        content.rows[at - 1][0] = random.choice(["North", "South", "East", "West"])
        if height > 1:
            content.spans[at, 0] = (height, 1)
        at += height
    return [content], style.around(style.table(content, _grid()))


def _wrapped(random: Random, style: Style) -> _Pair:
    content = records(random, random.randrange(4, 10), random.randrange(3, 6), long=True)
    rules = random.choice([_grid(), [("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.grey)], _booktabs(), []])
    return [content], style.around(style.table(content, rules, wrap=True))


def _pages(random: Random, style: Style) -> _Pair:
    content = records(random, random.randrange(60, 110), random.randrange(4, 7))
    rules = random.choice([_grid(), [("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.grey)], []])
    return [content], style.around(style.table(content, rules, repeat=random.choice([0, 1])))


def _finance(random: Random, style: Style) -> _Pair:
    content = finance(random, random.randrange(6, 18), random.choice([2, 3]))
    data = [[cell.removeprefix("$ ") for cell in row] for row in content.cells]
    signs = [["$" if cell.startswith("$ ") else "" for cell in row] for row in content.cells]
    split = [
        [row[0], *(part for pair in zip(sign[1:], row[1:], strict=True) for part in pair)]
        for row, sign in zip(data, signs, strict=True)
    ]
    years = len(content.aligned) - 1
    drawn = Content([split[0]], split[1:], "l" + "lr" * years)
    under = [("LINEBELOW", (1, -2), (-1, -2), 0.5, colors.black), ("LINEBELOW", (1, 0), (-1, 0), 0.5, colors.black)]
    return [content], style.around(
        style.table(drawn, random.choice([under, [], [("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, _GREY])]]))
    )


def _several(random: Random, style: Style) -> _Pair:
    contents = [records(random, random.randrange(3, 8), random.randrange(3, 6)) for _ in range(random.choice([2, 3]))]
    rules = random.choice([_grid(), _booktabs(), []])
    return contents, style.around(*(style.table(content, rules) for content in contents))


def _two_columns(random: Random, style: Style) -> _Pair:
    style.size = 8
    content = records(random, random.randrange(4, 10), 3)
    story: Story = [
        style.prose(6),
        Spacer(1, 6),
        KeepTogether([style.table(content, random.choice([_grid(), _booktabs(), []]))]),
        Spacer(1, 6),
    ]
    return [content], [*story, *(style.prose(6) for _ in range(8))]


def _decoy(draw: Callable[[Random, Style], Story]) -> Kind:
    return lambda random, style: ([], draw(random, style))


_TABLES: dict[str, Kind] = {
    "ruled": _simple(lambda _: _grid()),
    "inner rules": _simple(lambda _: [("INNERGRID", (0, 0), (-1, -1), 0.4, colors.black)]),
    "row rules": _simple(lambda _: [("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.grey)]),
    "booktabs": _simple(lambda _: _booktabs()),
    "header rule": _simple(lambda _: [("LINEBELOW", (0, 0), (-1, 0), 0.7, colors.black)]),
    "zebra": _simple(
        lambda _: [
            ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, _GREY]),
            ("BACKGROUND", (0, 0), (-1, 0), colors.lightblue),
        ]
    ),
    "unruled": _simple(lambda _: []),
    "empty cells": _empty,
    "centred": _centred,
    "two headers": _two_headers,
    "spanning": _spanning,
    "wrapped": _wrapped,
    "many pages": _pages,
    "finance": _finance,
    "several": _several,
    "two columns": _two_columns,
}
_NO_TABLE = "no table: "
KINDS = _TABLES | {_NO_TABLE + name: _decoy(draw) for name, draw in DECOYS.items()}
_COLUMNS = frozenset({"two columns", "no table: prose"})


def make(folder: Path, kind: str, seed: int) -> Made:
    """Write a PDF of a kind."""
    random = Random(f"{kind} {seed}")
    style = Style(random)
    tables, story = KINDS[kind](random, style)
    path = folder / f"{kind.replace(' ', '-').replace(':', '')}-{seed}.pdf"
    if kind in _COLUMNS:
        document = BaseDocTemplate(str(path), pagesize=A4)
        frames = [Frame(40, 40, 250, 760), Frame(305, 40, 250, 760)]
        document.addPageTemplates(PageTemplate(frames=frames))
        document.build(story)
    else:
        SimpleDocTemplate(str(path), pagesize=random.choice([A4, LETTER])).build(story)
    return Made(path, kind, tables)
