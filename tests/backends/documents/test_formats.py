"""What is read out of OpenDocument files, books, notebooks and rich text."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.documents.media_types import EPUB, NOTEBOOK, ODP, ODS, ODT, RTF, sniff
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import UnsupportedType
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


async def texts(workers: DocumentWorkers, tmp_path: Path, content: bytes, name: str) -> list[str]:
    path = await to_thread.run_sync(write, tmp_path / "content", content)
    async with workers.extract(path, kind_of(content, name)) as (_, pages):
        return [page.text async for page in pages]


async def text(workers: DocumentWorkers, tmp_path: Path, content: bytes, name: str) -> str:
    return "".join(await texts(workers, tmp_path, content, name))


def kind_of(content: bytes, name: str) -> str:
    return sniff(content[:65_536], content[-65_536:], name)


async def test_open_texts_keep_headings_lists_tables_and_notes(workers: DocumentWorkers, tmp_path: Path) -> None:
    body = (
        "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        '<text:p text:style-name="P1">Contract</text:p><text:h text:outline-level="2">Fees</text:h>'
        '<text:p>Paid <text:span>monthly</text:span>,<text:s text:c="9"/>in full<text:note><text:note-citation>1'
        "</text:note-citation><text:note-body><text:p>In crowns.</text:p></text:note-body></text:note>.</text:p>"
        "<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>two</text:p>"
        "</text:list-item></text:list></text:list-item></text:list>"
        "<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Vessel</text:p>"
        "</table:table-cell><table:table-cell><text:p>Fee</text:p></table:table-cell></table:table-row>"
        "</table:table-header-rows><table:table-row><table:table-cell><text:p>Osprey</text:p></table:table-cell>"
        "<table:table-cell><text:p>1,050</text:p></table:table-cell></table:table-row></table:table>"
    )
    styles = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    expected = "# Contract\n## Fees\nPaid monthly, in full.\nIn crowns.\n- one\n- two\nVessel | Fee\nOsprey | 1,050\n"
    assert await text(workers, tmp_path, documents.opened("text", body, styles), "a.odt") == expected


async def test_open_slides_are_pages_with_their_notes(workers: DocumentWorkers, tmp_path: Path) -> None:
    slide = (
        "<draw:page><draw:frame><draw:text-box><text:p>{body}</text:p></draw:text-box></draw:frame>"
        '<draw:frame presentation:class="title"><draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame>'
        "<presentation:notes><draw:frame><draw:text-box><text:p>{notes}</text:p></draw:text-box></draw:frame>"
        "</presentation:notes></draw:page>"
    )
    body = slide.format(title="Opening", body="Why", notes="Smile") + slide.format(title="Costs", body="12", notes="")
    made = documents.opened("presentation", body)
    assert await texts(workers, tmp_path, made, "a.odp") == ["# Opening\nWhy\nNotes: Smile\n", "# Costs\n12\n"]


async def test_books_are_read_in_their_order(workers: DocumentWorkers, tmp_path: Path) -> None:
    page = "<?xml version='1.0'?><html><head><title{}<script src='x'/></head><body><h1>{}</h1><p>{}</p></body>"
    made = documents.book(
        [page.format("/>", "One", "It was late."), page.format(">The book</title>", "Two", "It grew early &amp; cold.")]
    )
    assert await text(workers, tmp_path, made, "a.epub") == "# One\nIt was late.\n# Two\nIt grew early & cold.\n"


async def test_a_locked_book_says_so(workers: DocumentWorkers, tmp_path: Path) -> None:
    locks = '<encryption><CipherReference URI="OPS/a%201.xhtml"/></encryption>'
    made = documents.book(["x"], **{"META-INF/encryption.xml": locks})
    with pytest.raises(UnsupportedType, match="protected by DRM"):
        await text(workers, tmp_path, made, "a.epub")
    fonts = documents.book(["<p>x"], **{"META-INF/encryption.xml": locks.replace("a%201.xhtml", "font.otf")})
    assert await text(workers, tmp_path, fonts, "a.epub") == "x\n"


async def test_open_documents_with_a_password_say_so(workers: DocumentWorkers, tmp_path: Path) -> None:
    kinds = {"text": "a.odt", "presentation": "a.odp"}
    manifest = (
        '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry>'
        "<m:encryption-data/></m:file-entry></m:manifest>"
    )
    for kind, name in kinds.items():
        mimetype = f"application/vnd.oasis.opendocument.{kind}"
        made = documents.archive({"META-INF/manifest.xml": manifest, "content.xml": b"\x93" * 99}, mimetype)
        with pytest.raises(UnsupportedType, match="password"):
            await text(workers, tmp_path, made, name)


async def test_notebooks_keep_cells_and_what_they_put_out(workers: DocumentWorkers, tmp_path: Path) -> None:
    picture = {"image/png": "iVBORw0KGgo=", "text/plain": ["<Figure>"]}
    outputs = [
        {"output_type": "stream", "text": ["6\n", "7\n"]},
        {"output_type": "display_data", "data": picture},
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\x1b[0;31m"]},
    ]
    made = documents.notebook(
        [
            {"cell_type": "markdown", "source": ["# Rates\n", "All *of* them \ud83d\ude00"]},
            {"cell_type": "code", "source": "print(6)\nplot()", "outputs": outputs},
            {"cell_type": "code", "source": [], "outputs": []},
            {"cell_type": "raw", "source": "half \ud83d"},
        ]
    )
    expected = "# Rates\nAll *of* them 😀\n\nprint(6)\nplot()\n6\n7\n<Figure>\nValueError: no\n\nhalf \ufffd\n\n"
    assert await text(workers, tmp_path, made, "a.ipynb") == expected


async def test_notebooks_before_version_4_are_read(workers: DocumentWorkers, tmp_path: Path) -> None:
    old = b'{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"], "outputs": []}]}]}'
    assert await text(workers, tmp_path, old, "a.ipynb") == "x = 1\n\n"


def test_these_kinds_are_known_by_their_bytes() -> None:
    kinds = {
        ODT: documents.opened("text", ""),
        ODS: documents.opened("spreadsheet", ""),
        ODP: documents.opened("presentation", ""),
        EPUB: documents.book(["x"]),
        RTF: b"{\\rtf1 x}",
    }
    for kind, data in kinds.items():
        assert kind_of(data, "a") == kind_of(data, "a.pdf") == kind


def test_notebooks_are_known_by_bytes_and_name_together() -> None:
    book = documents.notebook([])
    assert kind_of(book, "a.ipynb") == NOTEBOOK
    assert kind_of(book, "a.json") == kind_of(b'{"cells": 1}', "a.ipynb") == "application/json"


def test_a_zip_that_only_speaks_of_a_type_is_a_zip() -> None:
    for members in ({"mimetype": EPUB}, {"a.txt": EPUB, "mimetype": ODT}):
        assert kind_of(documents.archive({**members}), "a.epub") == "application/zip"
