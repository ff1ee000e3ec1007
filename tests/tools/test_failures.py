"""Unexpected errors and failing clean-ups: what was done reaches the caller, and one file fails for itself only."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver import Context

from files_api_mcp.backends.errors import EmptyFile, StorageFull
from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.backends.models import DocumentInfo
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.staging.snapshot import freeze as freeze_file
from tests.support.agent import Agent, write

pytestmark = pytest.mark.anyio

SECRET = "/home/someone/secret.txt"


def crash(*_: object, **__: object) -> Any:
    raise RuntimeError(f"cannot open {SECRET}")


async def crash_soon(*_: object, **__: object) -> Any:
    crash()


@pytest.fixture
def twenty(agent: Agent) -> Agent:
    """Twenty files, of which the seventh has a name that makes a part fail."""
    for number in range(20):
        write(agent.root / "in" / (f"bad{number}.txt" if number == 7 else f"good{number}.txt"), f"text {number}")
    return agent


async def test_a_file_that_cannot_be_stored_for_an_unexpected_reason_stops_no_other(
    twenty: Agent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = LocalStore.upload

    async def upload(self: LocalStore, snapshot: Any, new: Any, *rest: Any) -> Any:
        return crash() if new.filename.startswith("bad") else await whole(self, snapshot, new, *rest)

    monkeypatch.setattr(LocalStore, "upload", upload)
    monkeypatch.setattr(LocalStore, "upload_many", crash_soon)
    result = await twenty.data("upload_file", path="in")
    assert len(result["files"]) == 19
    (failed,) = result["failed"]
    assert failed["path"].endswith("bad7.txt")
    assert failed["error"].startswith("[failed] An unexpected error occurred")
    assert SECRET not in str(result)
    assert SECRET in caplog.text


async def test_a_group_of_expected_errors_counts_as_expected(twenty: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = LocalStore.upload

    async def upload(self: LocalStore, snapshot: Any, new: Any, *rest: Any) -> Any:
        if new.filename.startswith("bad"):
            raise ExceptionGroup("two", [StorageFull("The disk is full."), EmptyFile("The file is empty.")])
        return await whole(self, snapshot, new, *rest)

    monkeypatch.setattr(LocalStore, "upload", upload)
    monkeypatch.setattr(LocalStore, "upload_many", crash_soon)
    result = await twenty.data("upload_file", path="in")
    assert len(result["files"]) == 19
    assert [failed["error"].partition(" Nothing")[0] for failed in result["failed"]] == [
        "[storage_full] The disk is full."
    ]


async def test_a_file_whose_indexing_crashes_is_in_the_result(twenty: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SearchEngine.prepare

    async def prepare(self: SearchEngine, file_id: str, *rest: Any) -> DocumentInfo:
        info = await whole(self, file_id, *rest)
        return crash() if info.chars == len("text 7") else info

    monkeypatch.setattr(SearchEngine, "prepare", prepare)
    single = await twenty.data("upload_file", path="in/bad7.txt")
    note = "Stored, but not indexed yet: An unexpected error occurred"
    assert single["files"][0]["note"].startswith(note)
    monkeypatch.setattr(SearchEngine, "infos", crash_soon)
    result = await twenty.data("upload_file", path="in")
    assert (len(result["files"]), result["failed"]) == (20, [])
    assert all(file["note"].startswith(note) for file in result["files"])
    assert SECRET not in str([result, single])


async def test_neither_progress_nor_notifications_decide_about_a_call(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("report_progress", "notify_resources_changed", "notify_resource_updated"):
        monkeypatch.setattr(Context, name, crash_soon)
    stored = await agent.upload("report.txt", "Sales rose.")
    write(agent.root / "in" / "a.txt", "alpha")
    assert (await agent.data("upload_file", path="in"))["failed"] == []
    assert (await agent.data("ask_document", question="Did sales rise?"))["passages"]
    assert (await agent.data("download_file", file_id=stored["file_id"], save_as="copy.txt"))["size_bytes"] == 11
    assert (await agent.data("delete_file", file_ids=[stored["file_id"]]))["files"][0]["deleted"]


@pytest.mark.parametrize("part", ["spool copy", "source"])
async def test_a_clean_up_that_fails_after_the_commit_does_not_hide_the_success(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    if part == "source":
        from files_api_mcp.backends.roots.roots import SourceFile

        monkeypatch.setattr(SourceFile, "__exit__", crash)
    else:

        @asynccontextmanager
        async def freeze(*arguments: Any, **options: Any) -> AsyncGenerator[Any]:
            async with freeze_file(*arguments, **options) as snapshot:
                yield snapshot
            raise OSError(5, "Input/output error", SECRET)

        monkeypatch.setattr("files_api_mcp.tools.uploads.ingest.freeze", freeze)
    stored = await agent.upload("report.txt", "Sales rose.")
    assert [file["file_id"] for file in (await agent.data("list_files"))["files"]] == [stored["file_id"]]
    assert "a clean-up failed after its work was done" in caplog.text


async def test_a_clean_up_that_fails_before_the_commit_is_no_success(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(LocalStore, "upload", crash_soon)
    write(agent.root / "report.txt", "Sales rose.")
    assert SECRET not in await agent.error("upload_file", path="report.txt")
    assert (await agent.data("list_files"))["files"] == []


async def test_a_download_that_cannot_be_closed_is_saved(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = await agent.upload("report.txt", "Sales rose.")
    whole = LocalStore.download

    @asynccontextmanager
    async def download(self: LocalStore, file_id: str) -> AsyncGenerator[Any]:
        async with whole(self, file_id) as opened:
            yield opened
        crash()

    monkeypatch.setattr(LocalStore, "download", download)
    saved = await agent.data("download_file", file_id=stored["file_id"], save_as="copy.txt")
    assert saved["size_bytes"] == len((agent.root / "copy.txt").read_bytes())
