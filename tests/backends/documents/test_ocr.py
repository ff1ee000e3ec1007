"""Pictures of text: read by the program on the path, marked as such, and held to their share of the time."""

import io
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from files_api_mcp.backends.documents.tesseract import ScanBudget, Tesseract
from files_api_mcp.backends.documents.workers import DocumentWorkers, PageText
from files_api_mcp.backends.errors import UnsupportedType
from tests.backends.documents.test_workers import is_living
from tests.support.agent import Agent, connected, settings_for, text_of, write

pytestmark = [pytest.mark.anyio, pytest.mark.serial]

REAL = shutil.which("tesseract") is not None
READS = "printf 'Harbour dues\\n\\f'"
ADVICE = "with Tesseract and files-api-mcp[ocr] installed"
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a program in Tesseract's place that knows one language, wants a PNG and then does `reading`."""
    pytest.importorskip("pytesseract")

    def installed(reading: str, listing: str = "echo eng") -> Path:
        program = write(
            tmp_path / "programs" / "tesseract",
            f'#!/bin/sh\nif [ "$1" = --list-langs ]; then {listing}; exit; fi\n'
            f'[ "$*" = "stdin stdout -l eng" ] && head -c 4 | grep -q PNG && cat >/dev/null && {reading}\n',
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{SYSTEM_PATH}")
        return program

    return installed


SYSTEM_PATH = os.environ["PATH"]


@pytest.fixture(params=["stand-in", "tesseract"])
def reads_scans(request: pytest.FixtureRequest, install: Install) -> None:
    """A program that reads scans: one that is there everywhere, and the real one where it is installed."""
    if request.param == "stand-in":
        install(READS)
    elif not REAL:
        pytest.skip("Tesseract is not installed")


def scan(words: str = "") -> Image.Image:
    """A picture of a page, as a scanner makes it."""
    page = Image.new("L", (1200, 400), 255)
    ImageDraw.Draw(page).text((60, 120), words, fill=0, font=ImageFont.load_default(size=90))
    return page


def scanned_pdf(*more: str) -> bytes:
    """A picture, a page of text, and pages of pictures."""
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=(600, 200), invariant=1)
    canvas.drawInlineImage(scan("Harbour dues"), 0, 0, 600, 200)
    canvas.showPage()
    canvas.drawString(50, 100, "Typed page")
    canvas.showPage()
    for words in more:
        canvas.drawInlineImage(scan(words), 0, 0, 600, 200)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture_file() -> bytes:
    out = io.BytesIO()
    scan("Harbour dues").save(out, "PNG")
    return out.getvalue()


def annotated_scan() -> bytes:
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=(600, 200), invariant=1)
    canvas.drawInlineImage(scan("Harbour dues"), 0, 0, 600, 200)
    canvas.textAnnotation("Paid in May", Rect=[10, 10, 90, 90])
    canvas.save()
    return out.getvalue()


def running(program: Path) -> list[int]:
    """The processes of a stand-in that has begun to read: before that, their command lines name Python too."""
    command = b"/bin/sh\0" + bytes(program) + b"\0stdin\0"
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(command):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


async def read(pool: DocumentWorkers, folder: Path, content: bytes, kind: str = "application/pdf") -> list[PageText]:
    path = await to_thread.run_sync(write, folder / "content", content)
    async with pool.extract(path, kind) as (_, found):
        return [page async for page in found]


async def texts(pool: DocumentWorkers, folder: Path, content: bytes) -> list[str]:
    return [page.text for page in await read(pool, folder, content)]


@pytest.mark.usefixtures("reads_scans")
async def test_a_passage_of_a_scan_names_its_page_and_that_it_was_read_by_ocr(agent: Agent) -> None:
    file = await agent.upload("dues.pdf", scanned_pdf())
    answer = await agent.data("ask_document", question="What are the harbour dues?", file_ids=[file["file_id"]])
    best = answer["passages"][0]
    assert (best["where"], best["text"].strip()) == ("page 1 (read by OCR)", "Harbour dues")
    typed = await agent.data("ask_document", question="Which page is typed?", file_ids=[file["file_id"]])
    assert typed["passages"][0]["where"] == "page 2"
    shown = text_of(await agent.call("read_document", file_id=file["file_id"]))
    assert "--- page 1 (read by OCR) ---\nHarbour dues" in shown
    assert "--- page 2 ---\nTyped page" in shown
    described = await agent.data("describe_file", file_id=file["file_id"])
    assert described["read_by_ocr"] == "pages 1"
    assert "pages_without_text" not in described
    assert ADVICE not in described["next"]


@pytest.mark.usefixtures("reads_scans")
async def test_a_picture_file_is_asked_as_a_text(agent: Agent) -> None:
    file = await agent.upload("dues.png", picture_file())
    answer = await agent.data("ask_document", question="harbour dues", file_ids=[file["file_id"]])
    (passage,) = answer["passages"]
    assert passage["where"].startswith("lines 1-")
    assert passage["where"].endswith(" (read by OCR)")
    assert "Harbour dues" in passage["text"]
    assert "(read by OCR) ---\nHarbour dues" in text_of(await agent.call("read_document", file_id=file["file_id"]))
    assert (await agent.data("describe_file", file_id=file["file_id"]))["read_by_ocr"] == "all"


@pytest.mark.usefixtures("reads_scans")
async def test_notes_written_on_a_scan_follow_what_it_says(tmp_path: Path) -> None:
    async with DocumentWorkers(size=1) as pool:
        (page,) = await read(pool, tmp_path, annotated_scan())
    assert page.text.startswith("Harbour dues\n")
    assert page.text.endswith("Paid in May")
    assert page.scanned


@pytest.mark.usefixtures("without_ocr")
async def test_without_the_program_it_is_said_how_more_could_be_had(agent: Agent) -> None:
    partly = await agent.upload("partly.pdf", scanned_pdf())
    described = await agent.data("describe_file", file_id=partly["file_id"])
    assert described["pages_without_text"] == "1"
    assert "read_by_ocr" not in described
    assert described["next"].startswith("Ask with ask_document")
    assert ADVICE in described["next"]
    picture = await agent.upload("dues.png", picture_file())
    assert ADVICE in (await agent.data("describe_file", file_id=picture["file_id"]))["next"]


async def test_what_was_indexed_before_the_program_came_is_read_again(
    tmp_path: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path)
    ids: dict[str, str] = {}
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))
    contents = {"scan.pdf": scanned_pdf(), "dues.png": picture_file(), "plain.txt": b"Harbour dues, typed"}
    async with connected(settings) as agent:
        for name, content in contents.items():
            ids[name] = (await agent.upload(name, content))["file_id"]
        answer = await agent.data("ask_document", question="harbour dues")
        assert [one["filename"] for one in answer["passages"]] == ["plain.txt"]
    install(READS)
    async with connected(settings) as agent:
        answer = await agent.data("ask_document", question="harbour dues")
        assert {one["filename"] for one in answer["passages"]} == {*contents}
        described = await agent.data("describe_file", file_id=ids["scan.pdf"])
        assert described["read_by_ocr"] == "pages 1"
    # Gone again: what was read stays.
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))
    async with connected(settings) as agent:
        answer = await agent.data("ask_document", question="harbour dues")
        assert {one["filename"] for one in answer["passages"]} == {*contents}


async def test_a_scan_that_says_nothing_is_not_read_at_every_question(
    tmp_path: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("true")
    pictures: list[bytes] = []
    read_one = Tesseract.text

    async def counted(self: Tesseract, picture: bytes, seconds: float) -> str:
        pictures.append(picture)
        return await read_one(self, picture, seconds)

    monkeypatch.setattr(Tesseract, "text", counted)
    async with connected(settings_for(tmp_path)) as agent:
        file = await agent.upload("dues.pdf", scanned_pdf())
        for _ in range(3):
            await agent.data("ask_document", question="harbour dues", file_ids=[file["file_id"]])
    assert len(pictures) == 1


@pytest.mark.usefixtures("without_ocr")
async def test_a_picture_without_the_program_holds_no_text(tmp_path: Path) -> None:
    async with DocumentWorkers(size=1) as pool:
        assert await texts(pool, tmp_path, scanned_pdf("more")) == ["", "Typed page", ""]
        with pytest.raises(UnsupportedType, match="no text"):
            await read(pool, tmp_path, picture_file(), "image/png")


@pytest.mark.parametrize(
    ("reading", "listing", "expected"),
    [
        ("exec sleep 60", "echo eng", ["", ""]),
        ("kill -SEGV $$", "echo eng", ["", ""]),
        ("echo half; exit 3", "echo eng", ["", ""]),
        ("printf '\\377'", "echo eng", ["\ufffd", "\ufffd"]),
        # Which languages there are cannot be told: the next picture is read as English.
        (READS, "exec sleep 60", ["", "Harbour dues"]),
        (READS, "kill -SEGV $$", ["", "Harbour dues"]),
    ],
    ids=["hangs", "crashes", "fails", "talks nonsense", "hangs when asked", "crashes when asked"],
)
async def test_a_program_that_goes_wrong_costs_its_page_alone(
    tmp_path: Path, install: Install, reading: str, listing: str, expected: list[str]
) -> None:
    install(reading, listing)
    with anyio.fail_after(60):
        async with DocumentWorkers(size=1, timeout_s=6) as pool:
            first, typed, last = await texts(pool, tmp_path, scanned_pdf("more"))
    assert typed == "Typed page"
    assert [first, last] == expected


async def test_reading_all_the_pictures_of_a_document_takes_its_share_of_time(install: Install) -> None:
    tesseract = Tesseract(str(install("exec sleep 60")), 1 << 30)
    budget = ScanBudget(0.1)
    spent = [(await budget.read(tesseract, picture_file()))[1] for _ in range(100)]
    # Each costs 0.06 s at least, and all together may cost 2 s.
    assert sum(spent) >= 2
    assert 0 < len([one for one in spent if one > 0.01]) <= 34


async def test_the_program_ends_with_the_job_that_needs_it(tmp_path: Path, install: Install) -> None:
    program = install("exec sleep 60")
    started: list[int] = []
    with anyio.fail_after(60):
        async with DocumentWorkers(size=1, timeout_s=60) as pool, anyio.create_task_group() as group:
            group.start_soon(texts, pool, tmp_path, scanned_pdf())
            while not started:
                started = await to_thread.run_sync(running, program)
            group.cancel_scope.cancel()
        while await to_thread.run_sync(is_living, started[0]):
            await anyio.lowlevel.checkpoint()


async def test_the_program_writes_nothing_and_reaches_no_network(tmp_path: Path, install: Install) -> None:
    secret = await to_thread.run_sync(write, Path(tmp_path.parent) / "secret", "word")
    install(
        f"for one in 'cat {secret}' 'mkdir {tmp_path}/made' 'cat /etc/passwd' 'kill -0 {os.getpid()}' "
        '"$PYTHON -c \'import socket; socket.socket()\'"; do eval "$one" >/dev/null 2>&1 && echo "done: $one"; done; '
        "echo refused".replace("$PYTHON", sys.executable)
    )
    async with DocumentWorkers(size=1) as pool:
        assert (await texts(pool, tmp_path, scanned_pdf()))[0] == "refused"
