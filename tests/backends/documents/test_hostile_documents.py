"""Documents made to break a parser: each ends in text or in one sentence, and the pool goes on."""

import random
import socket
import zlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.documents.media_types import sniff
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import UnsupportedType
from tests.support import documents
from tests.support.agent import write
from tests.support.hostile import W, damaged, pdf_of
from tests.support.ooxml import full_slides, full_word

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def workers() -> AsyncGenerator[DocumentWorkers]:
    async with DocumentWorkers(size=2, timeout_s=20) as pool:
        yield pool


async def outcome(workers: DocumentWorkers, path: Path, content: bytes, name: str = "a") -> str:
    """The text read, or the sentence that says why not."""
    await to_thread.run_sync(write, path, content)
    kind = sniff(content[:65_536], content[-65_536:], name)
    try:
        with anyio.fail_after(60):
            async with workers.extract(path, kind) as (_, pages):
                return "".join([page.text async for page in pages])
    except UnsupportedType as exc:
        return exc.sentence


MAKERS: dict[str, Callable[[], bytes]] = {
    "pdf": lambda: documents.pdf([f"Page {number}\nwith words" for number in range(5)]),
    "docx": full_word,
    "pptx": full_slides,
    "xlsx": lambda: documents.sheet([["a", 1.0], ["b", 2.0]]),
    "html": lambda: b"<!doctype html><html><body><table><tr><td>x</td></tr></table><p>words</p></body></html>" * 5,
}


@pytest.mark.parametrize("name", MAKERS)
async def test_sixty_damaged_copies_of_each_format_end_well(
    workers: DocumentWorkers, tmp_path: Path, name: str
) -> None:
    chance = random.Random(name)
    whole = MAKERS[name]()
    for _ in range(60):
        await outcome(workers, tmp_path / "hostile", damaged(whole, chance), f"a.{name}")
    assert "words" in await outcome(workers, tmp_path / "whole", whole, f"a.{name}") or name == "xlsx"


async def test_cyclic_and_endless_pdfs_end(workers: DocumentWorkers, tmp_path: Path) -> None:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    deep = b"[" * 100_000
    hostile = [
        pdf_of(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 9 /Kids [2 0 R] >>"),
        pdf_of(
            b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 99999999 /Kids [3 0 R] >>", page, b"4 0 R"
        ),
        pdf_of(b"1 0 R"),
        pdf_of(b"<< /Type /Catalog /Pages 2 0 R >>", deep),
        b"%PDF-1.7\nxref\n0 1\ntrailer << /Size 1 /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF",
        b"%PDF-1.4\n" + b"0 0 obj<<>>endobj\n" * 100_000,
    ]
    for content in hostile:
        await outcome(workers, tmp_path / "hostile", content)


async def test_a_stream_that_unpacks_to_hundreds_of_megabytes_ends(workers: DocumentWorkers, tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(b" " * 10_000_000) for _ in range(30)) + packer.flush()
    content = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    pages = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    await outcome(workers, tmp_path / "hostile", pdf_of(b"<< /Type /Catalog /Pages 2 0 R >>", pages, page, content))


async def test_zip_bombs_are_refused(workers: DocumentWorkers, tmp_path: Path) -> None:
    xml = f"<w:document {W}><w:body>{'<w:p/>' * 3_000_000}</w:body></w:document>"
    for name, member in (("a.docx", "word/document.xml"), ("a.pptx", "ppt/presentation.xml")):
        said = await outcome(workers, tmp_path / "hostile", documents.archive({member: xml}), name)
        assert said == "The unpacked file exceeds the size limit."
    sheet = documents.archive({"xl/workbook.xml": "x", "xl/worksheets/sheet1.xml": " " * 600_000_000})
    assert "exceeds the size limit" in await outcome(workers, tmp_path / "hostile", sheet, "a.xlsx")


async def test_entities_are_refused_and_never_fetched(workers: DocumentWorkers, tmp_path: Path) -> None:
    secret = await to_thread.run_sync(write, tmp_path / "secret.txt", "CANARY")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        for declared in (f'<!ENTITY x SYSTEM "file://{secret}">', f'<!ENTITY x SYSTEM "{url}">', laughs):
            xml = (
                f'<!DOCTYPE d [<!ENTITY l0 "ha">{declared}]><w:document {W}><w:body><w:p><w:r><w:t>&x;&l9;</w:t>'
                "</w:r></w:p></w:body></w:document>"
            )
            said = await outcome(workers, tmp_path / "hostile", documents.archive({"word/document.xml": xml}), "a.docx")
            assert said == "The file declares XML entities, which are not supported."
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_nesting_without_end_is_refused(workers: DocumentWorkers, tmp_path: Path) -> None:
    inner = "<w:sdt><w:sdtContent>" * 100_000
    deep = f"<w:document {W}><w:body>{inner}"
    await outcome(workers, tmp_path / "hostile", documents.archive({"word/document.xml": deep}), "a.docx")
    closed = deep + "</w:sdtContent></w:sdt>" * 100_000 + "</w:body></w:document>"
    await outcome(workers, tmp_path / "hostile", documents.archive({"word/document.xml": closed}), "a.docx")
    await outcome(workers, tmp_path / "hostile", b"<!doctype html>" + b"<div>" * 30_000 + b"x", "a.html")
    await outcome(workers, tmp_path / "hostile", b"[" * 1_000_000, "a.json")


async def test_ten_thousand_pages_come_page_by_page(workers: DocumentWorkers, tmp_path: Path) -> None:
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(10_000))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    many = pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 10000 /Kids [%s] >>" % kids,
        *[page] * 10_000,
    )
    path = await to_thread.run_sync(write, tmp_path / "many", many)
    async with workers.extract(path, "application/pdf") as (document, pages):
        assert document.pages == 10_000
        assert len([page async for page in pages]) == 10_000


async def test_after_all_that_the_pool_answers(workers: DocumentWorkers, tmp_path: Path) -> None:
    assert await outcome(workers, tmp_path / "plain", b"still here", "a.txt") == "still here"
