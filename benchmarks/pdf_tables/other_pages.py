"""PDFs with tables drawn in other ways: glyph by glyph, on turned and cropped pages, like LaTeX and like browsers."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from reportlab.lib.colors import Color
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from benchmarks.pdf_tables.content import Content, prose

__all__ = ["OTHER_KINDS", "make_other"]

_PLANTS = "Maple Birch Cedar Alder Hazel Rowan Linden Aspen Larch Elm".split()
_PLACES = ["Aarhus", "Bergen", "Coimbra", "Dresden", "Eindhoven", "Fredericton", "Gdansk", "Santa Cruz de Tenerife"]
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_SHADES = [Color(0.92, 0.95, 1), Color(0.85, 0.85, 0.85), Color(1, 0.95, 0.85)]


def _value(random: Random, kind: str) -> str:
    if kind == "euro":
        return f"{random.randrange(1, 9999):,}.{random.randrange(100):02}".replace(",", " ") + " €"
    if kind == "day":
        return f"{random.randrange(1, 29)} {random.choice(_MONTHS)} 20{random.randrange(15, 26)}"
    if kind == "range":
        low = random.randrange(1, 90)
        return f"{low}-{low + random.randrange(2, 30)}"
    if kind == "error":
        return f"{random.random() * 10:.2f} ± {random.random():.2f}"
    if kind == "count":
        return random.choice([str(random.randrange(0, 5000)), f"{random.randrange(1000, 90000):,}", "n/a", "-"])
    if kind == "place":
        return random.choice(_PLACES)
    return f"{random.random():.3f}"


_NAMES = {
    "euro": ["Fee", "Net price"], "day": ["Start", "Delivery date"], "range": ["Age group", "Days"],
    "error": ["Loss", "Mean"], "count": ["N", "Cases", "Orders placed"], "place": ["Site", "Depot"],
    "ratio": ["F1", "AUC", "Accuracy"],
}  # fmt: skip


def _content(random: Random) -> Content:
    kinds = [random.choice(list(_NAMES)) for _ in range(random.randrange(2, 6))]
    if all(kind in ("place", "day", "range") for kind in kinds):
        kinds[-1] = "ratio"
    header = [random.choice(["Model", "Sample", "Customer", ""]), *(random.choice(_NAMES[kind]) for kind in kinds)]
    rows = [
        [f"{random.choice(_PLANTS)}-{number}", *(_value(random, kind) for kind in kinds)]
        for number in range(random.randrange(4, 18))
    ]
    if random.random() < 0.4:
        rows[-1][0] = "Total"
    return Content([header], rows, "l" + "".join(random.choice("rrc") if kind != "place" else "l" for kind in kinds))


class _Sheet:
    """A page that is drawn from the top down."""

    def __init__(self, path: Path, random: Random, *, single: bool = False) -> None:
        self.canvas = Canvas(str(path), pagesize=(595, 842))
        self.random = random
        self.single = single
        self.face = random.choice(["Times-Roman", "Helvetica", "Courier", "Times-Roman"])
        self.size = random.choice([8.0, 9.5, 10.0, 12.0])
        self.y = 770.0

    def text(self, x: float, y: float, text: str, face: str = "") -> None:
        face = face or self.face
        self.canvas.setFont(face, self.size)
        if not self.single:
            self.canvas.drawString(x, y, text)
            return
        for character in text:
            if character != " ":
                self.canvas.drawString(x, y, character)
            x += stringWidth(character, face, self.size)

    def prose(self, count: int) -> None:
        for _ in range(count):
            words = prose(self.random, 40).split()
            line: list[str] = []
            while words and stringWidth(" ".join([*line, words[0]]), self.face, self.size) < 440:
                line.append(words.pop(0))
            self.text(70, self.y, " ".join(line))
            self.y -= self.size * 1.2
        self.y -= self.size

    def table(self, content: Content, *, gap: float, pitch: float, rules: str, boxes: bool = False) -> None:
        cells = content.cells
        widths = [
            max(stringWidth(row[column], self.face, self.size) for row in cells)
            for column in range(len(content.aligned))
        ]
        lefts = [70 + sum(widths[:column]) + gap * column for column in range(len(widths))]
        right = lefts[-1] + widths[-1]
        step = self.size * pitch
        top = self.y + self.size
        for number, row in enumerate(cells):
            y = self.y - number * step
            self._rules(number, len(cells), y, step, (64, right + 6), rules)
            for column, text in enumerate(row):
                if boxes:
                    box = lefts[column] - gap / 2, y - step * 0.35, widths[column] + gap, step
                    self.canvas.rect(*box, stroke=1, fill=0)
                room = widths[column] - stringWidth(text, self.face, self.size)
                share = {"l": 0.0, "r": 1.0, "c": 0.5}[content.aligned[column]]
                self.text(lefts[column] + room * share, y, text)
        self.y -= len(cells) * step + self.size
        if rules == "frame":
            self.canvas.rect(64, self.y + self.size, right - 58, top - self.y)

    def _rules(self, number: int, count: int, y: float, step: float, sides: tuple[float, float], rules: str) -> None:
        left, right = sides
        if rules == "latex" and number in (0, 1):
            self.canvas.line(left, y + step * 0.72, right, y + step * 0.72)
        if rules == "latex" and number == count - 1:
            self.canvas.line(left, y - step * 0.35, right, y - step * 0.35)
        if rules == "shaded" and number % 2 == 0:
            self.canvas.saveState()
            self.canvas.setFillColor(self.random.choice(_SHADES[:1]))
            self.canvas.rect(left, y - step * 0.3, right - left, step, stroke=0, fill=1)
            self.canvas.restoreState()
        if rules == "thin":
            self.canvas.rect(left, y - step * 0.32, right - left, 0.6, stroke=0, fill=1)


Draw = Callable[[_Sheet, Content], None]


def _latex(sheet: _Sheet, content: Content) -> None:
    sheet.table(content, gap=12, pitch=1.2, rules="latex")


def _dense(sheet: _Sheet, content: Content) -> None:
    sheet.table(content, gap=sheet.size * 0.9, pitch=1.15, rules="none")


def _browser(sheet: _Sheet, content: Content) -> None:
    sheet.table(content, gap=30, pitch=2.6, rules="thin")


def _shaded(sheet: _Sheet, content: Content) -> None:
    sheet.table(content, gap=18, pitch=1.7, rules="shaded")


def _boxes(sheet: _Sheet, content: Content) -> None:
    sheet.table(content, gap=10, pitch=1.6, rules="none", boxes=True)


def _frame(sheet: _Sheet, content: Content) -> None:
    sheet.table(content, gap=24, pitch=1.4, rules="frame")


def _plain(sheet: _Sheet, content: Content) -> None:
    sheet.table(content, gap=26, pitch=1.5, rules="none")


_DRAWN: dict[str, Draw] = {
    "latex": _latex, "dense": _dense, "browser": _browser, "shaded": _shaded, "boxes": _boxes, "frame": _frame,
    "plain": _plain,
}  # fmt: skip
OTHER_KINDS = [*_DRAWN, "single glyphs", "turned", "cropped", "caption and note"]


def make_other(folder: Path, kind: str, seed: int) -> tuple[Path, list[Content]]:
    """Write a PDF of a kind; returns its path and tables."""
    random = Random(f"other {kind} {seed}")
    path = folder / f"other-{kind.replace(' ', '-')}-{seed}.pdf"
    sheet = _Sheet(path, random, single=kind == "single glyphs")
    if kind == "turned":
        sheet.canvas.setPageRotation(90)
        sheet.canvas.translate(595, 0)
        sheet.canvas.rotate(90)
        sheet.y = 540
    if kind == "cropped":
        sheet.canvas.setCropBox((50, 20, 560, 800))  # pyright: ignore[reportUnknownMemberType]
    draw = _DRAWN.get(kind) or random.choice([*_DRAWN.values()])
    contents = [_content(random) for _ in range(random.choice([1, 1, 2]))]
    for content in contents:
        if sheet.y < 420 and kind == "turned":
            contents = contents[:1]
            break
        sheet.prose(random.randrange(2, 5))
        if kind == "caption and note":
            sheet.text(70, sheet.y, f"Table {random.randrange(1, 9)}: Results of the {random.choice(_PLANTS)} study")
            sheet.y -= sheet.size * 1.5
        draw(sheet, content)
        if kind == "caption and note":
            sheet.text(70, sheet.y, "* Values of the last year are not audited.")
            sheet.y -= sheet.size * 1.5
    sheet.prose(2)
    sheet.canvas.save()
    return path, contents
