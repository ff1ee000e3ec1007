"""Rows and cells of a PDF page stay apart in its text, however they are placed or turned."""

import io
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2  # pyright: ignore[reportMissingTypeStubs]  it ships none
import pytest
from anyio import to_thread
from reportlab.pdfgen.canvas import Canvas

from files_api_mcp.backends.documents.formats.pdf.characters import shown_characters
from files_api_mcp.backends.documents.workers import DocumentWorkers
from tests.support.agent import write

pytestmark = pytest.mark.anyio

ROWS = ["Station 12 Peak 3450", "Station 17 Peak 2210", "1. List item 1.5", "2. List item 27"]
TABLE = [("U.S.", "11,036", "10,843"), ("International", "5,899", "5,907"), ("Income taxes (Note 7)", "127", "196")]
TABLE_TEXT = "U.S. 11,036 10,843\nInternational 5,899 5,907\nIncome taxes (Note 7) 127 196"
COLUMNS = (50, 300, 420)
FONT = ("Times-Roman", 10)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def workers() -> AsyncGenerator[DocumentWorkers]:
    async with DocumentWorkers(size=1) as pool:
        yield pool


async def text(workers: DocumentWorkers, tmp_path: Path, content: bytes) -> str:
    path = await to_thread.run_sync(write, tmp_path / "content", content)
    async with workers.extract(path, "application/pdf") as (_, found):
        (page,) = [page async for page in found]
    return page.text


def drawn(draw: Callable[[Any], None], turn: int = 0, rotate: int = 0) -> bytes:
    """A square page that is drawn on after a turn of its content; `rotate`: the page's own turn."""
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=(600, 600), invariant=1)
    canvas.setPageRotation(rotate)
    canvas.translate(300, 300)
    canvas.rotate(turn)
    canvas.translate(-300, -300)
    canvas.setFont(*FONT)
    draw(canvas)
    canvas.save()
    return out.getvalue()


def rows(canvas: Any) -> None:
    for number, row in enumerate(ROWS):
        canvas.drawString(60, 500 - 18 * number, row)


def table(canvas: Any) -> None:
    """Every glyph a text of its own, as browsers print tables."""
    for number, cells in enumerate(TABLE):
        for left, cell in zip(COLUMNS, cells, strict=True):
            glyph_by_glyph(canvas, left, 500 - 14 * number, cell)


def glyph_by_glyph(canvas: Any, x: float, y: float, words: str) -> None:
    for letter in words:
        if letter != " ":
            canvas.drawString(x, y, letter)
        x += canvas.stringWidth(letter, *FONT)


def spaced(words: str, space: float) -> Callable[[Any], None]:
    def draw(canvas: Any) -> None:
        line = canvas.beginText(50, 500)
        line.textOut("Opening balance ")
        line.setCharSpace(space)
        line.textOut(words)
        canvas.drawText(line)

    return draw


TURNS = [(turn, rotate) for turn in (0, 90, 180, 270) for rotate in (0, 90, 180, 270)]


@pytest.mark.parametrize(("turn", "rotate"), TURNS)
async def test_rows_of_turned_text_are_lines(workers: DocumentWorkers, tmp_path: Path, turn: int, rotate: int) -> None:
    # PDFium reads the lines of some turns from the last to the first.
    assert sorted((await text(workers, tmp_path, drawn(rows, turn, rotate))).splitlines()) == sorted(ROWS)


@pytest.mark.parametrize("turn", [0, 90, 270])
async def test_a_table_of_single_glyphs_keeps_rows_cells_and_words(
    workers: DocumentWorkers, tmp_path: Path, turn: int
) -> None:
    assert await text(workers, tmp_path, drawn(table, turn)) == TABLE_TEXT


async def test_single_digits_beside_a_chart_are_no_number(workers: DocumentWorkers, tmp_path: Path) -> None:
    def chart(canvas: Any) -> None:
        for number in range(6):
            canvas.drawString(50 + 60 * number, 30, str(number))
        for number in range(6):
            canvas.drawString(40, 40 + 60 * number, str(number))

    assert (await text(workers, tmp_path, drawn(chart))).split() == [*"012345", *"012345"]


@pytest.mark.parametrize("turn", [0, 90])
async def test_cells_apart_by_letter_spacing_are_no_number(workers: DocumentWorkers, tmp_path: Path, turn: int) -> None:
    assert await text(workers, tmp_path, drawn(spaced("998", 40), turn)) == "Opening balance 9 9 8"


@pytest.mark.parametrize("space", [0, 2, 5])
async def test_a_number_with_its_digits_spread_is_one_number(
    workers: DocumentWorkers, tmp_path: Path, space: float
) -> None:
    assert await text(workers, tmp_path, drawn(spaced("12998", space))) == "Opening balance 12998"


async def test_a_raised_digit_ends_no_line(workers: DocumentWorkers, tmp_path: Path) -> None:
    def raised(canvas: Any) -> None:
        canvas.drawString(50, 500, "at most 10")
        canvas.setFont(FONT[0], 7)
        canvas.drawString(50 + canvas.stringWidth("at most 10", *FONT), 504, "6")

    assert await text(workers, tmp_path, drawn(raised)) == "at most 106"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
async def test_text_outside_the_visible_box_is_not_read(workers: DocumentWorkers, tmp_path: Path, turn: int) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(drawn(rows, turn))) as document:
        visible = {0: [0, 440, 600, 490], 90: [110, 0, 160, 600], 180: [0, 110, 600, 160], 270: [440, 0, 490, 600]}
        document.pages[0].obj["/CropBox"] = pikepdf.Array(visible[turn])
        document.save(out)
    assert (await text(workers, tmp_path, out.getvalue())).split("\n") in (ROWS[1:], ROWS[:0:-1])


def long_line(count: int, space: float) -> Callable[[Any], None]:
    def draw(canvas: Any) -> None:
        line = canvas.beginText(50, 500)
        line.setCharSpace(space)
        line.textOut("1234567890" * (count // 10))
        canvas.drawText(line)

    return draw


@pytest.mark.parametrize(("width", "space", "shown"), [(600, 0, False), (2_000_000, 0, True), (2_000_000, 40, True)])
def test_ten_times_the_characters_take_about_ten_times_as_long(width: int, space: float, shown: bool) -> None:
    """Digits that are off the page, side by side, and each apart from the next."""
    took: list[float] = []
    for count in (3_000, 30_000):
        document: Any = pypdfium2.PdfDocument(drawn(long_line(count, space)))
        page = document[0]
        page.set_mediabox(0, 0, width, 600)
        textpage = page.get_textpage()
        began = time.process_time()
        found, numbers = shown_characters(textpage)
        took.append(time.process_time() - began)
        assert len(found) == len(numbers)
        assert (sum(map(str.isdecimal, found)) == count) == shown
    assert took[1] < 50 * took[0]
