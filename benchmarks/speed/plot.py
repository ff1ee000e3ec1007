"""Draws a run as SVG: growth with the number of files and pages, and ratios with their spread."""

import textwrap
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure as Drawing

from benchmarks.speed.figures import Figure, Role, Row, Run

COLOURS: dict[Role, str] = {"ours": "#0b6e4f", "base": "#8a8a8a", "limit": "#c1440e", "peer": "#3b6ea8"}
NAMES: dict[Role, str] = {"base": "the earlier version", "limit": "a limit", "peer": "a peer"}
MARKS: dict[Role, str] = {"ours": "o", "base": "s", "limit": "D", "peer": "^"}
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: small, and found by a search
    "svg.hashsalt": "speed",  # the same figures make the same file
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


def draw(run: Run, target: Path) -> None:
    """Write the plot of a run."""
    curves = [row for row in run.rows if row.growth]
    compared = [row for row in run.rows if row.ratios and not row.growth]
    parts = [(_growth, curves, 4.0)] if curves else []
    parts += [(_ratios, compared, 1 + 0.28 * len(compared))] if compared else []
    library: Any = matplotlib  # its types are not complete
    with library.rc_context(_STYLE):
        heights = [height for _, _, height in parts] or [1.0]
        drawing: Any = Drawing(figsize=(9, sum(heights)), layout="constrained")
        axes = drawing.subplots(len(heights), 1, height_ratios=heights, squeeze=False)
        for place, (part, rows, _) in enumerate(parts):
            part(axes[place][0], rows)
        drawing.savefig(target, format="svg", metadata={"Date": None})


def _growth(axes: Any, rows: Sequence[Row]) -> None:
    """A curve for each growth and program, both axes logarithmic."""
    axes.set(xscale="log", yscale="log", xlabel="files, or pages of one document", ylabel="ms")
    axes.set_title("How times grow", loc="left")
    ordered = sorted(rows, key=lambda row: (row.growth, row.size))
    for place, (growth, points) in enumerate(groupby(ordered, key=lambda row: row.growth)):
        found: dict[tuple[str, Role], list[tuple[int, Figure]]] = {}
        for row in points:
            for figure in row.figures:
                if figure.values:
                    found.setdefault((figure.program, figure.role), []).append((row.size, figure))
        for (program, role), curve in found.items():
            style = "-" if role == "ours" else "--" if role == "base" else ":"
            label = f"{growth}, {program}"
            _curve(axes, curve, style=style, colour=f"C{place}", mark=MARKS[role], label=label)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=7)


def _curve(axes: Any, curve: Sequence[tuple[int, Figure]], *, style: str, colour: str, mark: str, label: str) -> None:
    sizes = [size for size, _ in curve]
    spreads = [figure.spread for _, figure in curve if figure.spread]
    axes.plot(sizes, [one.median for one in spreads], linestyle=style, marker=mark, color=colour, label=label, ms=4)
    axes.fill_between(sizes, [one.low for one in spreads], [one.high for one in spreads], color=colour, alpha=0.15)


def _label(row: Row) -> str:
    return textwrap.fill(row.name.replace("`", ""), 55)


def _ratios(axes: Any, rows: Sequence[Row]) -> None:
    """How many times as fast as each other program; to the right of 1, ours is faster."""
    axes.set(xscale="log", xlabel="how many times as fast we are; lines: quartiles of the rounds")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    shown: set[Role] = set()
    for place, row in enumerate(rows):
        for figure in row.figures[1:]:
            if not (ratio := row.ratios.get(figure.program)):
                continue
            bounds = (1 / ratio.high, 1 / ratio.median, 1 / ratio.low)
            low, middle, high = bounds if row.is_less_better else (ratio.low, ratio.median, ratio.high)
            label = None if figure.role in shown else f"as {NAMES[figure.role]}"
            shown.add(figure.role)
            axes.errorbar(
                middle,
                place,
                xerr=[[middle - low], [high - middle]],
                fmt=MARKS[figure.role],
                color=COLOURS[figure.role],
                markersize=4,
                linewidth=1,
                label=label,
            )
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, fontsize=7)
