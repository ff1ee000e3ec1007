"""What is read out of documents: all of the text, in order, in its places."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.documents.media_types import sniff
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import UnsupportedType
from tests.support import documents
from tests.support.agent import write

pytestmark = pytest.mark.anyio


@pytest.fixture
async def workers() -> AsyncGenerator[DocumentWorkers]:
    async with DocumentWorkers(size=1) as pool:
        yield pool


async def texts(workers: DocumentWorkers, tmp_path: Path, content: bytes, name: str) -> list[str]:
    path = await to_thread.run_sync(write, tmp_path / "content", content)
    kind = sniff(content[:65_536], content[-65_536:], name)
    async with workers.extract(path, kind) as (_, pages):
        return [page.text async for page in pages]


async def text(workers: DocumentWorkers, tmp_path: Path, content: bytes | str, name: str) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return "".join(await texts(workers, tmp_path, raw, name))


async def test_pdf_pages_are_pages(workers: DocumentWorkers, tmp_path: Path) -> None:
    made = documents.pdf(["First page\nwith two lines", "", "Third page"])
    assert await texts(workers, tmp_path, made, "a.pdf") == ["First page\nwith two lines", "", "Third page"]


async def test_a_pdf_with_a_password_says_so(workers: DocumentWorkers, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedType, match="password"):
        await texts(workers, tmp_path, documents.pdf(["x"], password="secret"), "a.pdf")


async def test_word_keeps_headings_lists_and_table_rows(workers: DocumentWorkers, tmp_path: Path) -> None:
    made = documents.word(
        [("Title", "Contract"), ("Heading 2", "Fees"), ("Normal", "Paid monthly."), ("List Bullet", "In crowns")],
        [["Vessel", "Fee"], ["Osprey", "1,050"]],
    )
    expected = "# Contract\n## Fees\nPaid monthly.\n- In crowns\nVessel | Fee\nOsprey | 1,050\n"
    assert await text(workers, tmp_path, made, "a.docx") == expected


async def test_slides_come_in_their_order_as_pages(workers: DocumentWorkers, tmp_path: Path) -> None:
    made = documents.slides([("Opening", "Why we are here"), ("Costs", "Twelve & a half")])
    assert await texts(workers, tmp_path, made, "a.pptx") == [
        "# Opening\nWhy we are here\n",
        "# Costs\nTwelve & a half\n",
    ]


async def test_sheets_keep_their_names_and_rows(workers: DocumentWorkers, tmp_path: Path) -> None:
    made = documents.sheet([["Item", "Cost"], ["Rope", 12.0], ["Paint", 7.25]], name="Spring")
    assert await text(workers, tmp_path, made, "a.xlsx") == "# Spring\nItem | Cost\nRope | 12\nPaint | 7.25\n"


async def test_web_pages_show_what_is_seen(workers: DocumentWorkers, tmp_path: Path) -> None:
    page = (
        "<!doctype html><head><title>Rates</title><style>p{}</style></head><body><h2>Harbour &amp; quay</h2>"
        "<p>Open <b>daily</b>.<br>Closed in ice.</p><script>alert(1)</script><p hidden>unseen</p>"
        "<table><tr><th>Berth</th><th>Fee</th></tr><tr><td>A</td><td>12</td></tr></table><ul><li>one</li></ul>"
    )
    expected = "Rates\n## Harbour & quay\nOpen daily.\nClosed in ice.\nBerth | Fee\nA | 12\n- one\n"
    assert await text(workers, tmp_path, page, "a.html") == expected


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv", "a.json", "a.py"])
async def test_text_is_kept_to_the_letter(workers: DocumentWorkers, tmp_path: Path, name: str) -> None:
    kept = "\ufeffa,b\r\n1,2\rx\x85y\u2028z\n\n  \tend 🙂" + "long line " * 30_000 + "\nlast"
    assert await text(workers, tmp_path, kept, name) == kept


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-16", "Grüße aus Köln, und zwar sofort.\n"),
        ("utf-16-le", "Grüße aus Köln, und zwar sofort.\n"),
        ("utf-32", "Grüße aus Köln, und zwar sofort.\n"),
        ("cp1252", "Grüße aus Köln, und zwar für die Bürger – sofort.\n"),
        ("cp1251", "Договор аренды помещения вступает в силу с первого числа.\n"),
        ("shift_jis", "この契約は来月の一日から有効になります。料金は毎月払います。\n"),
        ("gb18030", "本合同自下月一日起生效，费用按月支付，双方应当遵守。\n"),
        ("euc_kr", "이 계약은 다음 달 첫째 날부터 효력이 있으며 요금은 매달 지불합니다.\n"),
    ],
)
async def test_common_encodings_are_read(workers: DocumentWorkers, tmp_path: Path, encoding: str, words: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    found = await text(workers, tmp_path, (mark + words * 40).encode(encoding), "a.txt")
    assert found == words * 40


async def test_what_holds_no_text_says_what_it_is(workers: DocumentWorkers, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedType, match="application/zip"):
        await text(workers, tmp_path, documents.archive({"a": "b"}), "a.zip")


async def test_pictures_of_pages_fit_the_size_asked_for(workers: DocumentWorkers, tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "c", documents.pdf(["one", "two", "three"]))
    images = await workers.render(path, "application/pdf", [1, 3], max_side=800)
    assert [image.page for image in images] == [1, 3]
    assert all(image.data.startswith(b"\x89PNG") for image in images)


async def test_nuls_of_a_log_are_not_shown(workers: DocumentWorkers, tmp_path: Path) -> None:
    log = "one\n" * 50 + "\0" * 5000 + "two\n" * 50
    assert await text(workers, tmp_path, log, "a.log") == log.replace("\0", "")
