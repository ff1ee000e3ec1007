"""What a PDF holds beside its pages' own text: filled-in fields, notes, numbers of its own, and damage."""

import io
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from anyio import to_thread
from reportlab.pdfgen.canvas import Canvas

from files_api_mcp.backends.documents.workers import DocumentWorkers, PageText
from files_api_mcp.backends.errors import UnsupportedType
from files_api_mcp.backends.models import PageImage
from tests.support import documents
from tests.support.agent import write

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def workers() -> AsyncGenerator[DocumentWorkers]:
    async with DocumentWorkers(size=1) as pool:
        yield pool


async def pages(workers: DocumentWorkers, tmp_path: Path, content: bytes) -> list[PageText]:
    path = await to_thread.run_sync(write, tmp_path / "content", content)
    async with workers.extract(path, "application/pdf") as (_, found):
        return [page async for page in found]


async def text(workers: DocumentWorkers, tmp_path: Path, content: bytes) -> str:
    (page,) = await pages(workers, tmp_path, content)
    return page.text


async def picture(workers: DocumentWorkers, tmp_path: Path, content: bytes) -> PageImage:
    path = await to_thread.run_sync(write, tmp_path / "content", content)
    (image,) = await workers.render(path, "application/pdf", [1])
    return image


async def test_filled_in_fields_follow_the_pages_own_text(workers: DocumentWorkers, tmp_path: Path) -> None:
    canvas, out = drawn("Claim form")
    form = canvas.acroForm
    form.textfield(name="claimant", value="Ada Lovelace", x=50, y=700)
    form.textfield(name="f1_02", tooltip="Date of loss", value="3 May", x=50, y=650)
    form.checkbox(name="married", checked=True, x=50, y=600)
    form.choice(name="colour", value="Re", options=[("Green", "Gr"), ("Red", "Re")], x=50, y=500)
    form.listbox(name="sizes", value=["L"], options=[("Small", "S"), ("Large", "L")], x=150, y=500)
    form.radio(name="plan", value="basic", selected=False, x=50, y=450)
    form.radio(name="plan", value="gold", selected=True, x=80, y=450)
    expected = (
        "Claim form\nclaimant: Ada Lovelace\nDate of loss: 3 May\nmarried: Yes\ncolour: Red\nsizes: Large\nplan: gold"
    )
    assert await text(workers, tmp_path, finished(canvas, out)) == expected


async def test_empty_unchecked_and_secret_fields_are_left_out(workers: DocumentWorkers, tmp_path: Path) -> None:
    canvas, out = drawn("Claim form")
    canvas.acroForm.textfield(name="empty", x=50, y=700)
    canvas.acroForm.textfield(name="pin", value="1234", x=50, y=650, fieldFlags="password")
    canvas.acroForm.checkbox(name="smoker", checked=False, x=50, y=600)
    assert await text(workers, tmp_path, finished(canvas, out)) == "Claim form"


async def test_notes_are_text_but_links_and_hidden_notes_are_not(workers: DocumentWorkers, tmp_path: Path) -> None:
    canvas, out = drawn("Draft")
    canvas.freeTextAnnotation("Seen by counsel", DA="/Helv 12 Tf", Rect=[10, 10, 90, 90])
    canvas.textAnnotation("Ask about\rthe deductible", Rect=[10, 10, 90, 90])
    canvas.textAnnotation("Nobody sees this", Rect=[10, 10, 90, 90], F=2)
    canvas.linkURL("http://127.0.0.1/", (1, 1, 5, 5))
    made = finished(canvas, out)
    assert await text(workers, tmp_path, made) == "Draft\nSeen by counsel\nAsk about\nthe deductible"


async def test_a_page_of_notes_alone_has_text(workers: DocumentWorkers, tmp_path: Path) -> None:
    canvas, out = drawn("")
    canvas.textAnnotation("Only a note", Rect=[10, 10, 90, 90])
    assert await text(workers, tmp_path, finished(canvas, out)) == "Only a note"


async def test_pictures_show_what_was_filled_in(workers: DocumentWorkers, tmp_path: Path) -> None:
    seen: list[bytes] = []
    for value in ("", "Ada Lovelace"):
        canvas, out = drawn("Claim form")
        canvas.acroForm.textfield(name="claimant", value=value, x=50, y=700)
        seen.append((await picture(workers, tmp_path, finished(canvas, out))).data)
    assert seen[0] != seen[1]


def drawn(words: str) -> tuple[Any, io.BytesIO]:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(50, 800, words)
    return canvas, out


def finished(canvas: Any, out: io.BytesIO) -> bytes:
    canvas.showPage()
    canvas.save()
    return out.getvalue()


async def test_a_pdf_cut_off_in_its_last_page_is_repaired(workers: DocumentWorkers, tmp_path: Path) -> None:
    whole = documents.pdf(["First page", "Second page", "Last page"])
    cut = whole[: whole.rindex(b"endstream") - 20]
    assert [page.text for page in await pages(workers, tmp_path, cut)] == ["First page", "Second page", ""]
    assert (await picture(workers, tmp_path, cut)).data.startswith(b"\x89PNG")


async def test_repair_opens_nothing_that_needs_a_password(workers: DocumentWorkers, tmp_path: Path) -> None:
    locked = documents.pdf(["Secret page"], password="secret")
    for content in (locked, locked.replace(b"startxref", b"startxxxx")):
        with pytest.raises(UnsupportedType, match="needs a password"):
            await pages(workers, tmp_path, content)


async def test_what_cannot_be_repaired_says_so(workers: DocumentWorkers, tmp_path: Path) -> None:
    empty = io.BytesIO()
    with pikepdf.new() as document:
        document.save(empty)
    for content in (empty.getvalue(), b"%PDF-1.7\n", b"%PDF-1.7\n" + b"\0" * 100_000):
        with pytest.raises(UnsupportedType, match="damaged"):
            await pages(workers, tmp_path, content)


async def test_pages_keep_the_numbers_that_the_pdf_gives_them(workers: DocumentWorkers, tmp_path: Path) -> None:
    made = documents.labelled(
        [f"Page {number}" for number in range(5)], {0: ("r", "", 1), 2: ("D", "A-", 3), 4: ("D", "", 5)}
    )
    found = await pages(workers, tmp_path, made)
    assert [(page.number, page.label) for page in found] == [(1, "i"), (2, "ii"), (3, "A-3"), (4, "A-4"), (5, None)]


async def test_a_number_that_no_screen_should_be_given_is_none(workers: DocumentWorkers, tmp_path: Path) -> None:
    made = documents.labelled(["a", "b"], {0: ("D", "\u202e\x1b[2J", 1), 1: ("D", "long " * 20, 1)})
    assert [page.label for page in await pages(workers, tmp_path, made)] == [None, ("long " * 20)[:40]]


async def test_pages_of_a_pdf_without_numbers_have_none(workers: DocumentWorkers, tmp_path: Path) -> None:
    assert [page.label for page in await pages(workers, tmp_path, documents.pdf(["a", "b"]))] == [None, None]
