"""Passages marked on the picture of their page: at their very place, or not at all."""

import io
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from anyio import to_thread
from PIL import Image, ImageChops
from reportlab.pdfgen.canvas import Canvas

from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.models import Answer, Passage
from files_api_mcp.backends.search.highlighter import Highlighter
from files_api_mcp.server.pages.cited_answer import cited_pages
from tests.support import documents
from tests.support.agent import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LINES = [f"Line {number} speaks of nothing much" for number in range(40)]
LINES[20] = "The whale dived off Lyse"
HEIGHT = 842
BASELINE = HEIGHT - (800 - 14 * 20)
WHALE = (47, 190)
"""Where the line begins and ends, in points from the left."""

YELLOW = [255 * (more_red_than_blue > 40) for more_red_than_blue in range(256)]
Box = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def workers() -> AsyncGenerator[DocumentWorkers]:
    async with DocumentWorkers(size=1) as pool:
        yield pool


async def text_of(workers: DocumentWorkers, path: Path, content: bytes) -> str:
    await to_thread.run_sync(write, path, content)
    async with workers.extract(path, "application/pdf") as (_, pages):
        return (await anext(pages)).text


async def tinted(workers: DocumentWorkers, path: Path, marked: list[Passage], side: int = HEIGHT) -> Box | None:
    """The smallest box that holds all yellow of the first page's picture; nothing else on these pages has a colour."""
    (image,) = await workers.render(path, "application/pdf", [1], max_side=side, marked=marked)
    red, _, blue = Image.open(io.BytesIO(image.data)).convert("RGB").split()
    return ImageChops.subtract(red, blue).point(YELLOW).getbbox()


async def marked(workers: DocumentWorkers, path: Path, content: bytes, words: str = LINES[20]) -> Box | None:
    """Where the page is yellow when these words of it are a passage."""
    text = await text_of(workers, path, content)
    start = text.index(words)
    return await tinted(workers, path, [passage(words, start, start + len(words))])


def passage(words: str, start: int, end: int, where: str = "page 1", **more: Any) -> Passage:
    return Passage("file_a", "a.pdf", 1, start, end, words, 1.0, where, **more)


def page() -> bytes:
    return documents.pdf(["\n".join(LINES)])


def changed(content: bytes, **entries: object) -> bytes:
    """The PDF with these entries in its first page."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        for name, value in entries.items():
            document.pages[0].obj[f"/{name}"] = value
        document.save(out)
    return out.getvalue()


def drawn(*texts: tuple[float, float, str]) -> tuple[Any, io.BytesIO]:
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=(595, HEIGHT), invariant=1)
    for x, y, words in texts:
        canvas.drawString(x, y, words)
    return canvas, out


def finished(canvas: Any, out: io.BytesIO) -> bytes:
    canvas.save()
    return out.getvalue()


def is_the_line(box: Box | None) -> bool:
    """Whether the box is around the whale's line and hardly more."""
    assert box is not None
    left, top, right, bottom = box
    across = abs(left - WHALE[0]) < 4 and abs(right - WHALE[1]) < 10
    return across and BASELINE - 15 < top < BASELINE - 6 and BASELINE <= bottom < BASELINE + 7


async def test_the_passage_is_marked_and_nothing_else(workers: DocumentWorkers, tmp_path: Path) -> None:
    assert is_the_line(await marked(workers, tmp_path / "a", page()))


async def test_what_is_behind_a_mark_can_still_be_read(workers: DocumentWorkers, tmp_path: Path) -> None:
    text = await text_of(workers, tmp_path / "a", page())
    start = text.index(LINES[20])
    one = passage(LINES[20], start, start + len(LINES[20]))
    (image,) = await workers.render(tmp_path / "a", "application/pdf", [1], max_side=HEIGHT, marked=[one])
    area = Image.open(io.BytesIO(image.data)).convert("L").crop((50, BASELINE - 9, 180, BASELINE))
    darkest, lightest = area.getextrema()
    assert isinstance(darkest, int | float)
    assert isinstance(lightest, int | float)
    assert lightest - darkest > 100


async def test_a_passage_of_several_lines_is_marked_line_by_line(workers: DocumentWorkers, tmp_path: Path) -> None:
    box = await marked(workers, tmp_path / "a", page(), "\n".join(LINES[18:21]))
    assert box is not None
    assert box[1] < BASELINE - 2 * 14 - 6
    assert BASELINE <= box[3] < BASELINE + 7


@pytest.mark.parametrize("turn", [90, 180, 270])
async def test_turned_pages_are_marked_where_the_words_are(workers: DocumentWorkers, tmp_path: Path, turn: int) -> None:
    box = await marked(workers, tmp_path / "a", changed(page(), Rotate=turn))
    assert box is not None
    # Turned back by hand: PIL turns the other way round, and boxes turn with their pictures.
    size = (HEIGHT, 595) if turn != 180 else (595, HEIGHT)
    mask = Image.new("L", size, 0)
    mask.paste(255, box)
    assert is_the_line(mask.rotate(turn, expand=True).getbbox())


async def test_a_page_that_is_cropped_is_marked_where_the_words_are(workers: DocumentWorkers, tmp_path: Path) -> None:
    content = changed(page(), CropBox=pikepdf.Array([40, 400, 440, 800]))
    text = await text_of(workers, tmp_path / "a", content)
    start = text.index(LINES[20])
    box = await tinted(workers, tmp_path / "a", [passage(LINES[20], start, start + len(LINES[20]))], side=400)
    assert box is not None
    assert is_the_line((box[0] + 40, box[1] + 42, box[2] + 40, box[3] + 42))


async def test_text_off_the_page_and_hyphens_do_not_shift_the_mark(workers: DocumentWorkers, tmp_path: Path) -> None:
    lines = [(-300.0, 830.0, "Nobody sees this"), (50.0, 800.0, "of the light-"), (50.0, 786.0, "house and its keeper")]
    content = finished(*drawn(*lines, (50.0, float(HEIGHT - BASELINE), LINES[20])))
    assert "light-\nhouse" in await text_of(workers, tmp_path / "a", content)
    assert is_the_line(await marked(workers, tmp_path / "a", content))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("outside", [False, True])
async def test_turned_text_is_marked_where_the_words_are(
    workers: DocumentWorkers, tmp_path: Path, turn: int, outside: bool
) -> None:
    canvas, out = drawn()
    canvas.setPageSize((HEIGHT, HEIGHT))
    canvas.translate(HEIGHT / 2, HEIGHT / 2)
    canvas.rotate(turn)
    canvas.translate(-HEIGHT / 2, -HEIGHT / 2)
    if outside:
        canvas.drawString(50, HEIGHT + 100, f"Nobody sees this {LINES[20]}")
    for number, line in enumerate(LINES):
        canvas.drawString(50, 800 - 14 * number, line)
    box = await marked(workers, tmp_path / "a", finished(canvas, out))
    assert box is not None
    mask = Image.new("L", (HEIGHT, HEIGHT), 0)
    mask.paste(255, box)
    assert is_the_line(mask.rotate(-turn).getbbox())


async def test_line_ends_put_in_or_left_out_do_not_shift_the_mark(workers: DocumentWorkers, tmp_path: Path) -> None:
    canvas, out = drawn(*((40.0, 300.0 + 60 * number, str(number)) for number in range(4)))
    for line, words in ((820, "Income 127"), (HEIGHT - BASELINE, LINES[20])):
        x = 50.0
        for letter in words:
            if letter != " ":
                canvas.drawString(x, line, letter)
            x += canvas.stringWidth(letter, "Helvetica", 12)
    assert is_the_line(await marked(workers, tmp_path / "a", finished(canvas, out)))


async def test_letters_of_two_units_do_not_shift_the_mark(workers: DocumentWorkers, tmp_path: Path) -> None:
    """PDFium counts a letter beyond the first plane of Unicode as two characters."""
    to_unicode = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <58> <D835DC65> endbfchar"
    canvas, out = drawn((50, HEIGHT - BASELINE, LINES[20]))
    canvas.setFont("Courier", 12)
    canvas.drawString(50, 820, "XX")
    changed_out = io.BytesIO()
    with pikepdf.open(io.BytesIO(finished(canvas, out))) as document:
        for font in document.pages[0].obj["/Resources"]["/Font"].values():
            if font["/BaseFont"] == "/Courier":
                font["/ToUnicode"] = pikepdf.Stream(document, to_unicode)
        document.save(changed_out)
    assert "\U0001d465\U0001d465" in await text_of(workers, tmp_path / "a", changed_out.getvalue())
    assert is_the_line(await marked(workers, tmp_path / "a", changed_out.getvalue()))


async def test_what_stands_in_fields_and_notes_is_not_marked_elsewhere(
    workers: DocumentWorkers, tmp_path: Path
) -> None:
    canvas, out = drawn((50, HEIGHT - BASELINE, LINES[20]))
    canvas.textAnnotation("The heron flew", Rect=[10, 10, 90, 90])
    content = finished(canvas, out)
    assert await marked(workers, tmp_path / "a", content, "The heron flew") == await tinted(workers, tmp_path / "a", [])


async def test_what_does_not_stand_there_is_not_marked(workers: DocumentWorkers, tmp_path: Path) -> None:
    text = await text_of(workers, tmp_path / "a", page())
    start = text.index(LINES[20])
    end = start + len(LINES[20])
    wrong = [
        passage("Another quote", start, end),
        passage(LINES[20], start + 1, end + 1),
        passage(LINES[20], 0, 0),
        passage(LINES[20], 10**9, 10**9 + 5),
        passage(" ", text.index(" "), text.index(" ") + 1),
    ]
    assert await tinted(workers, tmp_path / "a", wrong) is None


async def test_a_quote_that_goes_on_overleaf_is_marked_to_the_end_of_its_page(
    workers: DocumentWorkers, tmp_path: Path
) -> None:
    text = await text_of(workers, tmp_path / "a", page())
    start = text.index(LINES[20])
    one = passage(f"{text[start:]}\nand on it goes", start, len(text), last_page=2)
    box = await tinted(workers, tmp_path / "a", [one])
    assert box is not None
    assert abs(box[3] - (HEIGHT - (800 - 14 * 39))) < 7


def test_nothing_that_a_document_says_becomes_markup() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    one = passage(evil, 0, len(evil), where=evil)
    answer = Answer(evil, [one], 9, [evil])
    html = cited_pages(evil, answer, [None], Highlighter("script"))
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;") >= 5
