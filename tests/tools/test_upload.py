"""upload_file through a client."""

import json
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.tokens import estimate_tokens
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


async def test_a_folder_uploads_each_file_with_its_own_result(agent: Agent) -> None:
    write(agent.root / "in" / "a.txt", "alpha")
    write(agent.root / "in" / "b" / "c.md", "gamma")
    write(agent.root / "in" / "empty.txt", "")
    write(agent.root / "in" / ".hidden", "unseen")
    result = await agent.data("upload_file", path="in")
    assert {file["filename"] for file in result["files"]} == {"a.txt", "c.md"}
    assert [failure["error"].partition("]")[0] for failure in result["failed"]] == ["[empty_file"]
    assert "1 hidden" in result["skipped"]


def write_many(folder: Path, count: int) -> None:
    for number in range(count):
        write(folder / f"{number % 7}" / f"{number:04}.txt", f"text {number}")


async def test_a_reply_about_a_big_folder_counts_and_stays_short(agent: Agent) -> None:
    write_many(agent.root / "in", 600)
    for number in range(30):
        write(agent.root / "in" / f"empty{number}.txt", "")
    heard: list[tuple[float, float | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total))

    called = await agent.client.call_tool("upload_file", {"path": "in"}, progress_callback=hear)
    result = called.structured_content
    assert result is not None
    assert len(json.dumps(result)) < 10_000
    counts = result["counts"]
    assert (counts["files"], counts["new"], counts["reused"], counts["failed"]) == (630, 600, 0, 30)
    assert (len(result["files"]), len(result["failed"])) == (20, 20)
    assert next(iter(result)) == "counts"
    waiting = f"{counts['reading']:,} texts are still being read: a question waits for the files it names; "
    assert not any("note" in file for file in result["files"])
    assert result["next"] == (waiting if counts["reading"] else "") + (
        '580 more files are stored: list or ask all with within="in/"; '
        "10 more files failed: upload a narrower path to see why"
    )
    assert heard[-1] == (630, 630)
    listed = await agent.data("list_files", within="in/", limit=1000)
    assert len(listed["files"]) == 600
    again = await agent.data("upload_file", path="in")
    assert (again["counts"]["new"], again["counts"]["reused"]) == (0, 600)
    assert again["files"][0]["file_id"] == result["files"][0]["file_id"]


async def test_what_was_stored_before_a_cancellation_stays_and_the_next_call_goes_on(agent: Agent) -> None:
    write_many(agent.root / "in", 900)
    with anyio.CancelScope() as scope:

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            scope.cancel()

        await agent.client.call_tool("upload_file", {"path": "in"}, progress_callback=hear)
    assert scope.cancelled_caught
    resumed = await agent.data("upload_file", path="in")
    counts = resumed["counts"]
    assert (counts["files"], counts["failed"]) == (900, 0)
    assert counts["reused"] >= 256
    assert counts["new"] + counts["reused"] == 900
    assert len((await agent.data("list_files", limit=1000))["files"]) == 900


async def test_large_and_small_files_of_a_folder_are_stored_alike(agent: Agent) -> None:
    write(agent.root / "in" / "a.txt", "small")
    write(agent.root / "in" / "b.txt", "large " * 300_000)
    write(agent.root / "in" / "c.txt", "small too")
    result = await agent.data("upload_file", path="in")
    assert [(file["filename"], file["size_bytes"]) for file in result["files"]] == [
        ("a.txt", 5),
        ("b.txt", 1_800_000),
        ("c.txt", 9),
    ]


async def test_texts_of_a_folder_are_read_in_the_background(agent: Agent) -> None:
    write(agent.root / "in" / "a.txt", "Sales rose.")
    write(agent.root / "in" / "b.txt", "Sales fell.")
    result = await agent.data("upload_file", path="in")
    assert {file["state"] for file in result["files"]} <= {"ready", "reading"}
    for file in result["files"]:
        assert (await agent.data("describe_file", file_id=file["file_id"]))["askable"]
    again = await agent.data("upload_file", path="in")
    assert [(file["state"], file["askable"]) for file in again["files"]] == [("ready", True)] * 2
    assert again["counts"] == {"files": 2, "new": 0, "reused": 2, "failed": 0, "reading": 0}


async def test_a_glob_uploads_the_matching_files(agent: Agent) -> None:
    for name in ("a.csv", "b.csv", "c.txt"):
        write(agent.root / name, f"x,y\n{name},2\n")
    result = await agent.data("upload_file", path="*.csv")
    assert [file["filename"] for file in result["files"]] == ["a.csv", "b.csv"]


async def test_a_glob_without_a_match_is_not_found(agent: Agent) -> None:
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
async def test_unacceptable_files_are_refused_with_a_code(agent: Agent, path: str, code: str) -> None:
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


async def test_without_a_root_the_error_names_the_next_step_of_the_operator(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, roots=()), era) as agent:
        text = await agent.error("upload_file", path="a.txt")
    assert text.startswith("[outside_roots] ")
    assert "ROOT" in text


async def test_failures_with_the_longest_paths_are_cut_and_counted(agent: Agent) -> None:
    folder = "/".join(["\u5951\u7d04" * 40] * 14)
    for number in range(20):
        write(agent.root / folder / f"{number:02}.txt", "")
    result = await agent.data("upload_file", path=".")
    assert estimate_tokens(json.dumps(result, ensure_ascii=False, separators=(",", ":"))) <= 25_000
    assert result["counts"]["failed"] == 20
    hidden = 20 - len(result["failed"])
    assert hidden > 0
    assert f"{hidden} more files failed" in result["next"]


async def test_a_near_miss_is_found_or_suggested(agent: Agent) -> None:
    write(agent.root / "annual-report-2025.txt", "alpha")
    found = await agent.data("upload_file", path="annual-report-2025")
    assert found["files"][0]["filename"] == "annual-report-2025.txt"
    for path in ("annual report 2025.txt", "/elsewhere/annual-report-2025.txt"):
        assert 'Did you mean "annual-report-2025.txt"?' in await agent.error("upload_file", path=path)


async def test_folders_are_named_only_if_the_settings_say_so(tmp_path: Path) -> None:
    for named in (True, False):
        async with connected(settings_for(tmp_path, name_roots=named)) as agent:
            errors = [await agent.error("upload_file", path=path) for path in ("absent.txt", "/etc/passwd", "no/*.txt")]
            for text in (agent.client.instructions or "", *errors[:2]):
                assert (str(agent.root) in text) == named
