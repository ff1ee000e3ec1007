"""A damaged, full or read-only data folder, as an agent sees it."""

import sqlite3
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.server.stdio.server import check_data_dir
from tests.support.agent import Agent, connected, settings_for, text_of, write
from tests.support.small_disk import fill, small_disk

pytestmark = pytest.mark.anyio


def damage_row(data: Path, file_id: str) -> None:
    """Damage a row for good: its sidecar is gone too."""
    next((data / "blobs").rglob(f"*.{file_id}.json")).unlink()
    connection = sqlite3.connect(data / "files.db")
    with connection:
        connection.execute("UPDATE files SET filename = 'wrong.txt' WHERE id = ?", (file_id,))
    connection.close()


async def test_a_damaged_row_is_named_and_can_be_deleted(tmp_path: Path) -> None:
    async with connected(settings_for(tmp_path)) as agent:
        bad = (await agent.upload("bad.txt", "The heron is grey."))["file_id"]
        good = (await agent.upload("good.txt", "The swan is white."))["file_id"]
        await to_thread.run_sync(damage_row, tmp_path / "data", bad)
        listed = await agent.data("list_files")
        assert [file["file_id"] for file in listed["files"]] == [good]
        assert listed["notes"] == [f"{bad}: its description is damaged; delete_file removes it."]
        answer = await agent.data("ask_document", question="Which bird is white or grey?")
        assert [passage["text"] for passage in answer["passages"]] == ["The swan is white."]
        assert answer["notes"] == [f"{bad}: its description is damaged."]
        error = await agent.error("describe_file", file_id=bad)
        assert error.startswith(f"[store_damaged] The row of {bad} in the store is damaged. Delete it")
        # No stored value of the row can be trusted.
        assert (await agent.data("delete_file", file_ids=[bad]))["files"] == [
            {"file_id": bad, "filename": "unknown", "deleted": True}
        ]
        assert "notes" not in await agent.data("list_files")


async def test_damaged_bytes_are_not_quoted_and_uploading_again_mends_them(tmp_path: Path) -> None:
    async with connected(settings_for(tmp_path)) as agent:
        bad = (await agent.upload("bad.txt", "The heron is grey."))["file_id"]
        await agent.upload("good.txt", "The swan is white.")
    (blob,) = [p for p in (tmp_path / "data" / "blobs").rglob("*") if p.is_file() and p.read_bytes()[4:9] == b"heron"]
    write(blob, "The heron is pink.")
    next((tmp_path / "data").glob("index-*.db")).unlink()
    async with connected(settings_for(tmp_path)) as agent:
        answer = await agent.data("ask_document", question="Which bird is grey, pink or white?")
        assert [passage["text"] for passage in answer["passages"]] == ["The swan is white."]
        assert answer["notes"][0].startswith(f"bad.txt: The stored bytes of {bad} differ from the uploaded bytes")
        for tool in ("download_file", "read_document"):
            assert (await agent.error(tool, file_id=bad)).startswith(f"[store_damaged] The stored bytes of {bad}")
        assert (await agent.upload("bad.txt", "The heron is grey."))["file_id"] == bad
        answer = await agent.data("ask_document", question="Which bird is grey?", file_ids=[bad])
        assert [passage["text"] for passage in answer["passages"]] == ["The heron is grey."]


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Path]:
    with small_disk(tmp_path / "disk", "4m") as disk:
        yield disk


async def stored(agent: Agent) -> list[str]:
    """The ids of two stored files, whose text is indexed."""
    files = [await agent.upload(f"{name}.txt", f"The {name} is a bird.") for name in ("swan", "heron")]
    return [file["file_id"] for file in files]


async def assert_readable(agent: Agent, file_id: str) -> None:
    assert len((await agent.data("list_files"))["files"]) == 2
    answer = await agent.data("ask_document", question="Which swan is a bird?", file_ids=[file_id])
    assert answer["passages"][0]["text"] == "The swan is a bird."


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_on_a_full_disk_only_uploads_fail(tmp_path: Path, disk: Path, *, is_restarted: bool) -> None:
    settings = settings_for(tmp_path, data_dir=disk / "data", confirm_deletes="never")
    async with connected(settings) as agent:
        first, second = await stored(agent)
        if not is_restarted:
            fill(disk / "filler")
            await use_full_disk(agent, first, second)
            return
    fill(disk / "filler")
    async with connected(settings) as agent:
        await use_full_disk(agent, first, second)


async def use_full_disk(agent: Agent, first: str, second: str) -> None:
    await assert_readable(agent, first)
    assert not (await agent.call("download_file", file_id=first)).is_error
    write(agent.root / "new.txt", "x" * 5000)
    (failure,) = (await agent.data("upload_file", path="n*.txt"))["failed"]
    assert failure["error"].startswith("[storage_full]")
    assert (await agent.data("delete_file", file_ids=[second]))["files"][0]["deleted"]
    assert [file["file_id"] for file in (await agent.data("list_files"))["files"]] == [first]


async def test_a_read_only_data_folder_is_served_read_only(tmp_path: Path, disk: Path) -> None:
    settings = settings_for(tmp_path, data_dir=disk / "data")
    async with connected(settings) as agent:
        first, second = await stored(agent)
    await anyio.run_process(["mount", "-o", "remount,ro", disk])
    settings = await to_thread.run_sync(check_data_dir, settings)
    assert settings.read_only
    async with connected(settings) as agent:
        offered = {tool.name for tool in (await agent.client.list_tools()).tools}
        assert offered == {"list_files", "describe_file", "ask_document", "find_text", "query_table", "read_document"}
        await assert_readable(agent, first)
        assert (await agent.data("describe_file", file_id=second))["askable"]
        assert "The heron" in text_of(await agent.call("read_document", file_id=second))
