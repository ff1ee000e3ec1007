"""What only looks like tables: contents, lists, prose in columns, code, forms and charts."""

from random import Random

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, Preformatted, Spacer, Table

from benchmarks.pdf_tables.content import Content, prose
from benchmarks.pdf_tables.style import Story, Style

__all__ = ["DECOYS"]


def _contents(random: Random, style: Style) -> Story:
    page = 1
    rows: list[list[str]] = []
    for number in range(random.randrange(10, 25)):
        page += random.randrange(1, 9)
        rows.append([f"{number + 1}", prose(random, random.randrange(2, 6)).rstrip("."), str(page)])
    dots = [[row[0], row[1] + " " + "." * (60 - len(row[1])), row[2]] for row in rows]
    return [style.table(Content([], random.choice([rows, dots]), "llr"), [])]


def _prose(_: Random, style: Style) -> Story:
    return [style.prose(6) for _ in range(14)]


def _list(random: Random, style: Style) -> Story:
    marks = random.choice([["•"] * 12, [f"{n}." for n in range(1, 13)], [f"({chr(97 + n)})" for n in range(12)]])
    rows = [[mark, Paragraph(prose(random, random.randrange(4, 30)), style.cell)] for mark in marks]
    return [
        style.prose(2),
        Table(rows, colWidths=[25, 380], style=[("FONT", (0, 0), (-1, -1), style.face, style.size)]),
    ]


def _code(random: Random, style: Style) -> Story:
    lines = [
        "def total(rows, rate=1.0):",
        "    value = 0            # start",
        "    for row in rows:     # each row",
        "        value += row[2] * rate",
    ]
    lines += [f"x{n} = {random.random():.3f}      # constant {n}" for n in range(8)]
    lines += ["    if value > 10:       # limit", "        return value     # done"]
    return [
        style.prose(2),
        Preformatted("\n".join(lines * 2), ParagraphStyle("code", fontName="Courier", fontSize=8, leading=9.5)),
    ]


def _form(_: Random, style: Style) -> Story:
    rows = [[f"{label}:", "_" * 22] for label in ("Name", "Address", "Date of birth", "Phone", "E-mail", "Signature")]
    address = [
        ["Bill to:", "Ship to:"],
        ["Acme Ltd.", "Acme Depot"],
        ["12 High Street", "4 Dock Road"],
        ["London W1", "Hull HU1"],
    ]
    return [
        style.prose(1),
        style.table(Content([], rows, "ll"), []),
        Spacer(1, 20),
        style.table(Content([], address, "ll"), []),
        style.prose(2),
    ]


def _chart(random: Random, style: Style) -> Story:
    drawing = Drawing(400, 200)
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 50, 40, 300, 130
    chart.data = [[random.randrange(5, 90) for _ in range(6)] for _ in range(2)]
    chart.categoryAxis.categoryNames = [str(2018 + n) for n in range(6)]
    chart.barLabelFormat = random.choice([None, "%d"])
    chart.barLabels.nudge = 6
    drawing.add(chart)
    return [style.prose(3), drawing, style.prose(3)]


DECOYS = {
    "contents": _contents,
    "prose": _prose,
    "list": _list,
    "code": _code,
    "form": _form,
    "chart": _chart,
}
"""Each kind: what it draws."""
