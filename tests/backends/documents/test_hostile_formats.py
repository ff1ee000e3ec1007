"""OpenDocument files, books, e-mail, notebooks and rich text made to break a parser: each ends well, and soon."""

import random
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.documents.media_types import EML, EPUB, NOTEBOOK, ODP, ODS, ODT, PDF, RTF, XLSX, sniff
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import UnsupportedType
from tests.support import documents
from tests.support.agent import write
from tests.support.hostile import CELL, HEADERS, WHOLE, damaged
from tests.support.workbooks import relations, rows, workbook

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def workers() -> AsyncGenerator[DocumentWorkers]:
    async with DocumentWorkers(size=2) as pool:
        yield pool


async def outcome(workers: DocumentWorkers, path: Path, content: bytes, kind: str) -> str:
    """The text read, or the sentence that says why not."""
    await to_thread.run_sync(write, path, content)
    try:
        with anyio.fail_after(60):
            async with workers.extract(path, kind) as (_, pages):
                return "".join([page.text async for page in pages])
    except UnsupportedType as exc:
        return exc.sentence


@pytest.mark.parametrize("kind", WHOLE)
async def test_two_hundred_damaged_copies_of_each_format_end_well(
    workers: DocumentWorkers, tmp_path: Path, kind: str
) -> None:
    chance = random.Random(kind)
    for _ in range(200):
        await outcome(workers, tmp_path / "hostile", damaged(WHOLE[kind], chance), kind)
    assert "words" in await outcome(workers, tmp_path / "whole", WHOLE[kind], kind)


@pytest.mark.parametrize("kind", WHOLE)
async def test_files_cut_off_anywhere_end_well(workers: DocumentWorkers, tmp_path: Path, kind: str) -> None:
    for tenth in range(10):
        cut = WHOLE[kind][: len(WHOLE[kind]) * tenth // 10]
        await outcome(workers, tmp_path / "cut", cut, kind)


async def test_one_format_under_another_ones_type_ends_well(workers: DocumentWorkers, tmp_path: Path) -> None:
    for kind in WHOLE:
        for content in WHOLE.values():
            await outcome(workers, tmp_path / "other", content, kind)


def test_a_wrong_name_changes_no_type_but_those_of_text() -> None:
    for kind in (ODT, ODS, ODP, EPUB, RTF, PDF):
        for name in ("a.eml", "a.ipynb", "a.docx", "a"):
            assert sniff(WHOLE[kind][:65_536], WHOLE[kind][-65_536:], name) == kind


async def test_bombs_are_refused(workers: DocumentWorkers, tmp_path: Path) -> None:
    endless = "<text:p/>" * 1_500_000
    chapter = documents.book([" " * 15_000_000])
    for kind, bomb in (
        (ODT, documents.opened("text", endless)),
        (ODP, documents.opened("presentation", endless)),
        (EPUB, chapter),
    ):
        assert await outcome(workers, tmp_path / "bomb", bomb, kind) == "The unpacked file exceeds the size limit."
    repeated = CELL.format(' table:number-columns-repeated="16384"')
    row = f'<table:table-row table:number-rows-repeated="1048576">{repeated}</table:table-row>'
    sheet = documents.opened("spreadsheet", f'<table:table table:name="a">{row}</table:table>')
    assert "more text than can be indexed" in await outcome(workers, tmp_path / "bomb", sheet, ODS)


async def test_archives_inside_archives_stay_closed(workers: DocumentWorkers, tmp_path: Path) -> None:
    inner = documents.archive({"content.xml": "CANARY", "a.xhtml": "CANARY"})
    item = '<item id="a" href="inner.zip" media-type="application/xhtml+xml"/>'
    opf = f'<p><manifest>{item}</manifest><spine><itemref idref="a"/></spine></p>'
    book = documents.book([], **{"OPS/b.opf": opf, "OPS/inner.zip": inner.decode("latin-1")})
    for kind, content in (
        (ODT, documents.archive({"content.xml": inner}, ODT)),
        (ODP, documents.archive({"content.xml": inner}, ODP)),
        (EPUB, book),
    ):
        assert "CANARY" not in await outcome(workers, tmp_path / "nested", content, kind)


async def test_entities_are_never_fetched(workers: DocumentWorkers, tmp_path: Path) -> None:
    secret = await to_thread.run_sync(write, tmp_path / "secret.txt", "CANARY")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        for source in (f"file://{secret}", url):
            declared = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{source}">]>'
            xml = f"{declared}<a><p>&x;</p></a>"
            page = f'{declared}<html><img src="{url}"/><link rel="stylesheet" href="{url}"/>&x;</html>'
            for kind, content in (
                (ODT, documents.archive({"content.xml": xml}, ODT)),
                (ODP, documents.archive({"content.xml": xml}, ODP)),
                (ODS, documents.archive({"META-INF/manifest.xml": "<a/>", "content.xml": xml}, ODS)),
                (EPUB, documents.archive({"META-INF/container.xml": xml}, EPUB)),
                (EPUB, documents.book([page])),
                (EML, HEADERS + b"Content-Type: text/html\n\n" + page.encode()),
            ):
                assert "CANARY" not in await outcome(workers, tmp_path / "hostile", content, kind)
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_nesting_and_repetition_without_end_are_borne(workers: DocumentWorkers, tmp_path: Path) -> None:
    parts = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000))
    item = '<manifest><item id="a" href="c" media-type="text/html"/></manifest>'
    references = '<itemref idref="a"/>' * 50_000
    opf = f"<p>{item}<spine>{references}</spine></p>"
    deep = "<text:span>" * 50_000 + "x" + "</text:span>" * 50_000
    for kind, content in (
        (ODT, documents.opened("text", f"<text:p>{deep}</text:p>")),
        (ODT, documents.archive({"content.xml": "<a>" * 500_000}, ODT)),
        (EPUB, documents.book(["<div>" * 30_000 + "x"])),
        (EPUB, documents.book([], **{"OPS/b.opf": opf, "OPS/c": "<p>x"})),
        (EML, HEADERS + parts),
        (EML, HEADERS + b"To: " + b"(" * 50_000 + b"\n\nx"),
        (EML, HEADERS + b"To: " + b"a@b, " * 50_000 + b"\n\nx"),
        (NOTEBOOK, b"[" * 1_000_000),
        (RTF, b"{\\rtf1" + b"{" * 500_000),
    ):
        await outcome(workers, tmp_path / "deep", content, kind)


async def test_what_takes_too_long_is_given_up_and_the_next_is_read(tmp_path: Path) -> None:
    async with DocumentWorkers(size=1, timeout_s=1) as pool:
        slow = b"{\\rtf1{\\fonttbl" + b"\\f1 " * 200_000
        assert await outcome(pool, tmp_path / "slow", slow, RTF) == "The file takes too long to read."
        assert await outcome(pool, tmp_path / "next", WHOLE[RTF], RTF) != ""


async def test_a_sheet_whose_table_does_not_end_is_refused_at_once(tmp_path: Path) -> None:
    sheet = '<table:table table:name="a"><table:table-row></table:table-row></table:tableau>'
    async with DocumentWorkers(size=1) as pool:
        said = await outcome(pool, tmp_path / "endless", documents.opened("spreadsheet", sheet), ODS)
    assert said == "The file is damaged and cannot be read."


async def test_sheets_made_to_be_endless_end_soon(workers: DocumentWorkers, tmp_path: Path) -> None:
    long = {"xl/sharedStrings.xml": f"<sst><si><t>{'word ' * 200_000}</t></si></sst>"}
    merged = "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(1, 50_000))
    columns = "<cols>" + '<col min="1" max="16384" hidden="1"/>' * 50_000 + "</cols>"
    spread = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 50_000, 2))
    for made in (
        workbook("<row>" + '<c t="s"><v>0</v></c>' * 16_384 + "</row>", parts=dict(long)),
        workbook(rows(*([n, n] for n in range(1000))), after=f"<mergeCells>{merged}</mergeCells>"),
        workbook(rows([1]), before=columns),
        workbook(spread),
        workbook("<row><c>" + "<is>" * 100_000),
        workbook("<row>" + "<c " * 500_000),
        workbook("<row><c><v>" + "<![CDATA[" * 100_000 + "<!--" * 100_000),
        workbook("", codes=["0#?" * 300, "[" * 900, "[$" * 500, '"' * 900]),
        workbook(rows([1]), parts={"xl/worksheets/_rels/sheet1.xml.rels": relations(("r1", "drawing", "sheet1.xml"))}),
    ):
        said = await outcome(workers, tmp_path / "sheet", made, XLSX)
        assert said.startswith("# Data") or "more text" in said
    for body in ("<table:table>" * 50_000, '<table:table table:name="a"/>' * 20_000):
        await outcome(workers, tmp_path / "sheet", documents.opened("spreadsheet", body), ODS)
