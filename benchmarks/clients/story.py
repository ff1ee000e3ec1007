"""The calls of every client: list the tools, call each of them, and check the results."""

import hashlib
import json
import subprocess
from pathlib import Path

from benchmarks.clients.driving import Driver

__all__ = ["DOCUMENT", "tell"]

DOCUMENT = Path(__file__).resolve().parents[2] / "examples" / "documents" / "annual-report.pdf"
PAGES = 7
LOCAL = {
    "upload_file",
    "list_files",
    "describe_file",
    "ask_document",
    "find_text",
    "query_table",
    "read_document",
    "download_file",
    "delete_file",
}
QUESTION = "What dividend does the board propose, and when is it paid?"
FARES = "route,fare\nLyse,4.5\nHolm,5\nSund,7\n"
NOTE = "The ferry leaves at noon.\n"


def tell(client: Driver, root: Path, *, remote: bool) -> None:
    """Call all tools of a server whose ROOT is `root`, which contains the document.

    Raises:
        AssertionError: A tool is missing, or a result is wrong.
    """
    expected = LOCAL | ({"create_upload"} if remote else set[str]())
    assert set(client.tools) == expected, client.tools
    file_id = _uploaded(client, root)
    _asked(client, file_id)
    _queried(client, root)
    _downloaded(client, root, file_id)
    if remote:
        _handed_over(client, root)
    assert client.call("delete_file", file_ids=[file_id]).data["files"][0]["deleted"]
    gone = client.call("describe_file", file_id=file_id)
    assert gone.is_error, gone.text
    assert "[not_found]" in gone.text


def _uploaded(client: Driver, root: Path) -> str:
    result = client.call("upload_file", path=str(root / DOCUMENT.name)).data
    (file,) = result["files"]
    assert (file["filename"], file["pages"], result["failed"]) == (DOCUMENT.name, PAGES, [])
    listed = client.call("list_files", limit=5, within="annual").data
    assert [each["file_id"] for each in listed["files"]] == [file["file_id"]]
    described = client.call("describe_file", file_id=file["file_id"]).data
    assert described["sha256"] == hashlib.sha256(DOCUMENT.read_bytes()).hexdigest()
    return file["file_id"]


def _asked(client: Driver, file_id: str) -> None:
    answer = client.call("ask_document", question=QUESTION, file_ids=[file_id], max_tokens=400).data
    passage = answer["passages"][0]
    assert "0.42 crowns" in passage["text"]
    page = passage["where"].removeprefix("page ")
    read = client.call("read_document", file_id=file_id, pages=page)
    assert not read.is_error
    assert passage["text"] in read.text
    assert passage["text"] in client.call("read_document", file_id=file_id, at=passage["where"]).text
    (picture,) = client.call("read_document", file_id=file_id, pages=page, as_image=True).blobs
    assert picture.startswith((b"\x89PNG", b"\xff\xd8\xff", b"RIFF")), picture[:16]


def _queried(client: Driver, root: Path) -> None:
    (root / "fares.csv").write_text(FARES, encoding="utf-8")
    (file,) = client.call("upload_file", path=str(root / "fares.csv")).data["files"]
    (table,) = client.call("describe_file", file_id=file["file_id"]).data["tables"]
    assert (table["rows"], table["columns"]) == (3, ["route: text", "fare: number"]), table
    found = client.call("query_table", file_id=file["file_id"], sql="SELECT SUM(fare) FROM data").data
    assert found["rows"] == [[16.5]], found
    wrong = client.call("query_table", file_id=file["file_id"], sql="SELECT fares FROM data")
    assert wrong.is_error, wrong.text
    assert 'Did you mean "fare"?' in wrong.text


def _downloaded(client: Driver, root: Path, file_id: str) -> None:
    (inline,) = client.call("download_file", file_id=file_id).blobs
    assert inline == DOCUMENT.read_bytes()
    result = client.call("download_file", file_id=file_id, save_as=str(root / "copy.pdf"))
    assert not result.is_error, result.text
    assert (root / "copy.pdf").read_bytes() == DOCUMENT.read_bytes()


def _handed_over(client: Driver, root: Path) -> None:
    item = client.call("create_upload", filename="note.txt", content=NOTE).data["file"]
    assert NOTE.strip() in client.call("read_document", file_id=item["file_id"]).text
    line = client.call("create_upload", filename=DOCUMENT.name).data["curl"]
    sent = subprocess.run(["sh", "-c", line], cwd=root, capture_output=True, text=True, timeout=30, check=False)
    assert sent.returncode == 0, sent.stderr
    item = json.loads(sent.stdout)
    assert client.call("describe_file", file_id=item["file_id"]).data["size_bytes"] == DOCUMENT.stat().st_size
