"""`files-api-mcp ask`."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.support import fork_server

pytestmark = pytest.mark.slow

DOCUMENTS = Path(__file__).parents[4] / "examples" / "documents"
TRUE = str(shutil.which("true"))
REPORT = str(DOCUMENTS / "annual-report.pdf")


def ask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command without opening a browser."""
    return fork_server.run(
        [*fork_server.COMMAND, "ask", *arguments, "--backend", "local", "--data-dir", str(folder / "data")],
        text=True,
        timeout=300,
        # Without Tesseract: reading the one scanned page of the report takes longer than everything else.
        env={
            **os.environ,
            "BROWSER": TRUE,
            "PATH": str(folder / "no programs"),
            "TMPDIR": str(folder),
            "COLUMNS": "90",
        },
    )


def test_passages_are_printed_with_their_pages(tmp_path: Path) -> None:
    done = ask(tmp_path, "What dividend does the board propose?", REPORT)
    assert done.returncode == 0, done.stderr
    assert re.match(r"\[1\] annual-report\.pdf, page 2 {2}score \d\.\d\d\n", done.stdout)
    assert "0.42 crowns" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 90


def test_without_a_file_all_stored_files_are_searched_and_ids_are_accepted(tmp_path: Path) -> None:
    first = json.loads(ask(tmp_path, "dividend", REPORT, "--json").stdout)
    file_id = first["passages"][0]["file_id"]
    for again in (ask(tmp_path, "dividend", "--json"), ask(tmp_path, "dividend", file_id, "--json")):
        assert json.loads(again.stdout)["passages"] == first["passages"]


def test_finding_nothing_exits_with_1_and_suggests_words(tmp_path: Path) -> None:
    words = tmp_path / "words.md"
    words.write_text("# Lighthouses\n" + "The lamp was lit at dusk by its keeper.\n" * 400)
    done = ask(tmp_path, "zygomorphic xylophones", str(words))
    assert (done.returncode, done.stdout) == (1, "")
    assert "words.md is about" in done.stderr


def test_the_start_of_a_small_file_without_the_words_exits_with_1_too(tmp_path: Path) -> None:
    done = ask(tmp_path, "zygomorphic xylophones", REPORT)
    assert done.returncode == 1
    assert "No passage contains a word of the question." in done.stdout + done.stderr


def test_the_cited_pages_are_shown_beside_the_passages(tmp_path: Path) -> None:
    done = ask(tmp_path, "What dividend does the board propose?", REPORT, "--open")
    (path,) = re.findall(r"Cited pages: (.*)", done.stderr)
    page = Path(path).read_text(encoding="utf-8")
    assert "<mark>dividend</mark>" in page
    (data,) = re.findall(r'<img alt="page 2" src="data:image/png;base64,([^"]*)"', page)
    red, _, blue = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB").split()
    yellow = ImageChops.subtract(red, blue).point([255 * (more > 60) for more in range(256)])
    assert yellow.getbbox()
    assert yellow.histogram()[255] > 5_000


def test_text_of_a_document_cannot_run_in_the_page(tmp_path: Path) -> None:
    evil = tmp_path / 'x"><script>alert(1)<'
    evil.mkdir()
    note = evil / "note.txt"
    note.write_text('The whale said: <script>alert("krill")</script> & dived.\n', encoding="utf-8")
    done = ask(tmp_path, "whale <script>", str(note), "--open")
    (path,) = re.findall(r"Cited pages: (.*)", done.stderr)
    page = Path(path).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "&lt;" in page


@pytest.mark.parametrize("name", ["nowhere.pdf", "file_011CNha8iCJcU1wXNR6q4V8w"])
def test_a_missing_file_is_reported_with_its_code(tmp_path: Path, name: str) -> None:
    done = ask(tmp_path, "anything", name)
    assert done.returncode == 1
    assert "\n[" in f"\n{done.stderr}"
    assert "Traceback" not in done.stderr
