"""Uploading, listing, describing, downloading and deleting, as an agent does it."""

import hashlib
from pathlib import Path

import pytest
from mcp.types import BlobResourceContents, EmbeddedResource

from tests.support.agent import Agent, Era, connected, settings_for, write

pytestmark = pytest.mark.anyio


async def test_the_same_file_is_stored_once(agent: Agent) -> None:
    first = await agent.upload("report.txt", "Sales rose.")
    again = await agent.data("upload_file", path="report.txt")
    assert again["files"][0] == {**first, "reused": True}
    assert first["reused"] is False
    assert len((await agent.data("list_files"))["files"]) == 1


async def test_an_edited_file_is_a_new_file(agent: Agent) -> None:
    first = await agent.upload("report.txt", "Sales rose.")
    second = await agent.upload("report.txt", "Sales fell.")
    assert first["file_id"] != second["file_id"]


async def test_paths_may_be_absolute_or_relative_to_the_root(agent: Agent) -> None:
    first = await agent.upload("a/report.txt", "Sales rose.")
    again = await agent.data("upload_file", path=str(agent.root / "a" / "report.txt"))
    assert again["files"][0]["file_id"] == first["file_id"]


async def test_a_folder_brings_each_of_its_files_and_one_result_for_each(agent: Agent) -> None:
    write(agent.root / "in" / "a.txt", "alpha")
    write(agent.root / "in" / "b" / "c.md", "gamma")
    write(agent.root / "in" / "empty.txt", "")
    write(agent.root / "in" / ".hidden", "unseen")
    result = await agent.data("upload_file", path="in")
    assert {file["filename"] for file in result["files"]} == {"a.txt", "c.md"}
    assert [failure["error"].partition("]")[0] for failure in result["failed"]] == ["[empty_file"]
    assert "1 hidden" in result["skipped"]


async def test_a_glob_takes_what_it_matches(agent: Agent) -> None:
    for name in ("a.csv", "b.csv", "c.txt"):
        write(agent.root / name, f"x,y\n{name},2\n")
    result = await agent.data("upload_file", path="*.csv")
    assert [file["filename"] for file in result["files"]] == ["a.csv", "b.csv"]


async def test_a_glob_without_a_match_says_so(agent: Agent) -> None:
    assert (await agent.error("upload_file", path="*.nothing")).startswith("[not_found] ")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("missing.txt", "not_found"),
        ("../outside.txt", "outside_roots"),
        ("/etc/passwd", "outside_roots"),
        ("empty.txt", "empty_file"),
        (".env", "sensitive_file_refused"),
        ("key.txt", "sensitive_file_refused"),
        ("out.txt", "outside_roots"),
        ("", "invalid_argument"),
        ("a\0b", "invalid_argument"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_its_code(agent: Agent, path: str, code: str) -> None:
    write(agent.root / "empty.txt", "")
    write(agent.root / ".env", "A=1")
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx\n-----END RSA PRIVATE KEY-----\n"
    write(agent.root / "key.txt", key)
    outside = write(agent.root.parent / "outside.txt", "not yours")
    (agent.root / "out.txt").symlink_to(outside)
    text = await agent.error("upload_file", path=path)
    assert text.startswith(f"[{code}] ")
    assert "not yours" not in text
    assert "MIIE" not in text
    assert str(outside) not in text
    assert (await agent.data("list_files"))["files"] == []


async def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with connected(settings_for(tmp_path, max_file_size=1000)) as agent:
        with (agent.root / "sparse.bin").open("wb") as big:
            big.truncate(5_000_000_000)
        assert (await agent.error("upload_file", path="sparse.bin")).startswith("[file_too_large] ")


async def test_progress_is_reported_and_only_grows(agent: Agent) -> None:
    heard: list[tuple[float, float | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total))

    write(agent.root / "report.txt", "Sales rose.")
    await agent.client.call_tool("upload_file", {"path": "report.txt"}, progress_callback=hear)
    assert heard[-1] == (100, 100)
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})


async def test_lists_are_newest_first_and_paged(agent: Agent) -> None:
    for number in range(5):
        await agent.upload(f"n{number}.txt", f"number {number}")
    first = await agent.data("list_files", limit=3)
    rest = await agent.data("list_files", limit=3, cursor=first["next_cursor"])
    names = [file["filename"] for file in first["files"] + rest["files"]]
    assert names == ["n4.txt", "n3.txt", "n2.txt", "n1.txt", "n0.txt"]
    assert "next_cursor" not in rest
    found = await agent.data("list_files", name_contains="N2.T")
    assert [file["filename"] for file in found["files"]] == ["n2.txt"]


async def test_a_made_up_cursor_is_refused(agent: Agent) -> None:
    assert (await agent.error("list_files", cursor="page_zzz")).startswith("[invalid_argument] ")


async def test_a_description_tells_everything_that_is_known(agent: Agent) -> None:
    file = await agent.upload("plan.md", "# Plan\n\nBuild a bridge.", title="The plan", expires_in_hours=2)
    described = await agent.data("describe_file", file_id=file["file_id"])
    assert described["type"] == "file"
    assert described["title"] == "The plan"
    assert described["mime_type"] == "text/markdown"
    assert described["size_bytes"] == 23
    assert described["sha256"] == hashlib.sha256(b"# Plan\n\nBuild a bridge.").hexdigest()
    assert described["source_path"] == str(agent.root / "plan.md")
    assert described["downloadable"] is True
    assert described["created_at"].endswith("Z")
    assert described["expires_at"] > described["created_at"]
    assert "ask_document" in described["next"]


async def test_a_download_saves_the_exact_bytes_and_never_overwrites_unasked(agent: Agent) -> None:
    content = bytes(range(256)) * 10_000
    file = await agent.upload("data.bin", content)
    saved = await agent.data("download_file", file_id=file["file_id"], save_as="copy.bin")
    assert (agent.root / "copy.bin").read_bytes() == content
    assert saved["sha256"] == hashlib.sha256(content).hexdigest()
    assert saved["size_bytes"] == len(content)
    refusal = await agent.error("download_file", file_id=file["file_id"], save_as="copy.bin")
    assert "overwrite" in refusal
    await agent.data("download_file", file_id=file["file_id"], save_as="copy.bin", overwrite=True)


@pytest.mark.parametrize("target", ["../escape.txt", "/tmp/escape.txt", ".bashrc", ".ssh/authorized_keys"])
async def test_a_download_lands_below_a_root_and_in_no_hidden_place(agent: Agent, target: str) -> None:
    file = await agent.upload("a.txt", "alpha")
    (agent.root / ".ssh").mkdir()
    await agent.error("download_file", file_id=file["file_id"], save_as=target)
    assert not (agent.root.parent / "escape.txt").exists()
    assert list((agent.root / ".ssh").iterdir()) == []


async def test_small_files_come_inline_and_large_ones_say_how(agent: Agent) -> None:
    small = await agent.upload("small.txt", "alpha")
    result = await agent.call("download_file", file_id=small["file_id"])
    (resource,) = [block.resource for block in result.content if isinstance(block, EmbeddedResource)]
    assert isinstance(resource, BlobResourceContents)
    assert resource.blob == "YWxwaGE="
    large = await agent.upload("large.bin", b"\x01\x00" * 600_000)
    assert "save_as" in await agent.error("download_file", file_id=large["file_id"])


async def test_a_deleted_file_is_gone_and_a_second_deletion_says_so(agent: Agent) -> None:
    file = await agent.upload("a.txt", "alpha")
    gone = {"file_id": file["file_id"], "filename": "a.txt", "deleted": True}
    assert await agent.data("delete_file", file_id=file["file_id"]) == gone
    again = await agent.data("delete_file", file_id=file["file_id"])
    assert again == {**gone, "already_deleted": True}
    for tool in ("describe_file", "read_document", "download_file"):
        assert (await agent.error(tool, file_id=file["file_id"])).startswith("[not_found] ")
    asked = await agent.error("ask_document", question="alpha?", file_ids=[file["file_id"]])
    assert asked.startswith("[not_found] ")


async def test_without_a_root_uploads_say_what_the_operator_must_do(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, roots=()), era) as agent:
        text = await agent.error("upload_file", path="a.txt")
    assert text.startswith("[outside_roots] ")
    assert "ROOT" in text
