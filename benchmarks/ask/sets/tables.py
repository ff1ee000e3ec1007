"""Tables as CSV files, with questions about rows, columns and the order of rows; the evidence is the rows.

They are drawn from the words in `table_words.py`.
"""

import csv
import io
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ask.sets.table_words import TABLES, Wording, wordings
from benchmarks.ask.sets.writer import SEED, SetWriter, Span

__all__ = ["write_tables"]

_MOST_MEMBERS = 6
_ROUNDS = 3
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What fills in a question's wording, and the rows that answer it."""

    words: Mapping[str, str]
    rows: Sequence[int]


def write_tables(folder: Path, seed: int = SEED) -> Path:
    """Write the set; returns its folder."""
    writer = SetWriter(folder, "tables")
    questions = wordings()
    for name, make_rows in TABLES.items():
        draw = random.Random(f"{seed} {name}")
        rows = make_rows(draw)
        text, spans = _csv(rows)
        document = writer.document(f"{name}.csv", text)
        seen = set[str]()
        for turn in range(_ROUNDS):
            for number, wording in enumerate(questions[name]):
                asked = _SELECTORS[wording.kind](rows, wording, draw)
                is_far = (turn + number) % 2 == 1
                question = (wording.far if is_far else wording.close).format(**asked.words)
                if question not in seen:
                    seen.add(question)
                    kind = {"kind": wording.kind, "wording": "far" if is_far else "close"}
                    writer.question(document, question, [spans[row] for row in asked.rows], **kind)
    return writer.save()


def _csv(rows: Sequence[Row]) -> tuple[str, list[Span]]:
    """The table as text, and the span of each row without its line end."""
    out = io.StringIO()
    table = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    table.writeheader()
    spans: list[Span] = []
    for row in rows:
        start = out.tell()
        table.writerow(row)
        spans.append((start, out.tell() - 1))
    return out.getvalue(), spans


def _look_up(rows: Sequence[Row], wording: Wording, draw: random.Random) -> _Asked:
    del wording
    place = draw.randrange(len(rows))
    return _Asked(rows[place], [place])


def _members(rows: Sequence[Row], wording: Wording, draw: random.Random) -> _Asked:
    """All rows that share one or several values, which few do."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(tuple(row[column] for column in wording.columns), []).append(place)
    places = draw.choice([group for group in groups.values() if 1 < len(group) <= _MOST_MEMBERS])
    return _Asked(rows[places[0]], places)


def _neighbour(rows: Sequence[Row], wording: Wording, draw: random.Random, step: int) -> _Asked:
    """A row and the one after or before it; both have the same values in the columns."""
    pairs = [
        (place, place + step)
        for place in range(1, len(rows) - 1)
        if all(rows[place][column] == rows[place + step][column] for column in wording.columns)
    ]
    pair = draw.choice(pairs)
    return _Asked(rows[pair[0]], pair)


def _extreme(rows: Sequence[Row], wording: Wording, draw: random.Random, sign: int) -> _Asked:
    """The row with the highest (or lowest) value among those that share a value; all of them, if there are several."""
    group, value = wording.columns
    chosen = draw.choice(sorted({row[group] for row in rows}))
    values = {place: sign * float(row[value].lstrip("E")) for place, row in enumerate(rows) if row[group] == chosen}
    places = [place for place, one in values.items() if one == max(values.values())]
    return _Asked(rows[places[0]], places)


_SELECTORS: Mapping[str, Callable[[Sequence[Row], Wording, random.Random], _Asked]] = {
    "row": _look_up,
    "members": _members,
    "count": _members,
    "after": lambda rows, wording, draw: _neighbour(rows, wording, draw, 1),
    "before": lambda rows, wording, draw: _neighbour(rows, wording, draw, -1),
    "highest": lambda rows, wording, draw: _extreme(rows, wording, draw, 1),
    "lowest": lambda rows, wording, draw: _extreme(rows, wording, draw, -1),
}
