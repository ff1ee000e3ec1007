"""Writes the figures of a run as text, and into `docs/performance.md`."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from benchmarks.speed.figures import Figure, Row, Run, Spread

BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
ROLES = {"base": "earlier version", "limit": "limit", "peer": "peer"}
HEADINGS = {
    "start": "Start and end",
    "calls": "Calls",
    "folders": "Folders of small files",
    "documents": "Real documents",
    "pages": "Long documents",
    "library": "Questions about everything",
    "big": "One big file in the local store",
    "api": "Uploads to the API",
    "emulator": "The emulator",
}
"""The areas, in the order of a run, with their headings."""


def number(value: float) -> str:
    """Three digits of a value, without an exponent."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def with_spread(figure: Spread) -> str:
    """The median, and the quartiles in brackets."""
    return f"{number(figure.median)} ({number(figure.low)} to {number(figure.high)})"


def lines(row: Row) -> Iterator[str]:
    """A row for a terminal."""
    yield f"{row.name}, {row.unit} ({'less' if row.is_less_better else 'more'} is better)"
    for figure in row.figures:
        ratio = row.ratios.get(figure.program)
        shown = with_spread(figure.spread) if figure.spread else f"- {figure.missing}"
        yield f"  {figure.program:34} {shown:30} {f'ratio {with_spread(ratio)}' if ratio else ''}".rstrip()


def figures(run: Run) -> str:
    """The generated part of the page: when and where, then a table for each area."""
    parts = [
        f"Measured on {run.date}, commit {run.commit}, on {run.machine}, in {run.seconds / 60:.0f} minutes"
        f"{' (quick: few rounds)' if run.is_quick else ''}. "
        f"{f'The earlier version is {run.base}.' if run.base else 'No earlier version was measured beside it.'}\n"
    ]
    for area, rows in groupby(run.rows, key=lambda row: row.area):
        parts.append(
            f"\n### {HEADINGS[area]}\n\n`python -m benchmarks.speed --only {area}` measures these rows again.\n\n"
        )
        parts.append("| measure | ours | beside it | there | ours / it |\n| --- | --: | --- | --: | --: |\n")
        parts += [line for row in rows for line in _table(row)]
    return "".join(parts)


def _table(row: Row) -> Iterator[str]:
    ours, *others = row.figures
    name = f"{row.name}, {row.unit}{'' if row.is_less_better else ' (more is better)'}"
    mine = _shown(ours)
    if not others:
        yield f"| {name} | {mine} | | | |\n"
    for other in others:
        ratio = row.ratios.get(other.program)
        beside = f"{other.program.replace('|', ' ')} ({ROLES[other.role]})"
        yield f"| {name} | {mine} | {beside} | {_shown(other)} | {with_spread(ratio) if ratio else ''} |\n"
        name = mine = ""


def _shown(figure: Figure) -> str:
    return with_spread(figure.spread) if figure.spread else figure.missing.replace("|", " ")


def written(page: str, run: Run) -> str:
    """The page with the figures of a run in place of the ones that it held."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for the figures")
    return f"{before}{BEGIN}\n{figures(run)}\n{END}{after}"


def write(docs: Path, run: Run) -> None:
    """Write the figures, the plot and the page into a folder of docs."""
    # Only this needs the plotting library, which takes a second to import.
    from benchmarks.speed.plot import draw

    page = docs / "performance.md"
    page.write_text(written(page.read_text("utf-8"), run), "utf-8")
    (docs / "performance.json").write_text(run.model_dump_json(indent=1) + "\n", "utf-8")
    draw(run, docs / "performance.svg")
