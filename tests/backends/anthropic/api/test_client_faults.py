"""Our client against bad replies: one file for one upload, a clear error otherwise, and never past its deadline."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.anthropic.files.upload import Timing
from files_api_mcp.backends.errors import FilesError, OutcomeUnknown
from tests.support.emulator import KEY, QUICK, opened
from tests.support.fault_server.server import FaultServer, fault_server
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CONTENT = b"What was sent, whole. " * 60
UPLOAD_DEADLINE_S = 6.0

COMMITTED = """
ok no_date commit_then_408 commit_then_409 commit_then_500 commit_then_502 commit_then_503 commit_then_504
commit_then_529 commit_then_reset commit_then_close commit_then_hang commit_then_half_headers late_commit~0.2
truncated_json cut_json html_200 empty_object empty_body wrong_size wrong_name foreign_id list_instead json_array
latin1_body huge_body gzip_bomb slow_loris slow_headers chunked_reply http10_reply bad_content_length
extra_bytes_after extra_reply_after wrong_status_line 100_continue idle_close stale_reset
wrong_id~number wrong_id~null wrong_id~empty wrong_id~traversal wrong_id~words wrong_id~long wrong_id~list
""".split()
RETRIED = """
reset_mid_body close_mid_body refuse_503_then_ok~1 529_then_ok~2 retry_after~0 retry_after~1 retry_after~garbage
retry_after~-1 retry_after~NaN retry_after~empty retry_after~none retry_after~past retry_after_ms~100
""".split()
REFUSED = {
    "early_413": "file_too_large",
    "early_413_json": "file_too_large",
    "early_413_then_drain": "file_too_large",
    "early_401": "authentication_failed",
    "refuse_500": "upstream_overloaded",
    "huge_error": "upstream_overloaded",
    "retry_after~86400": "rate_limited",
    "retry_after~Fri, 01 Jan 2100 00:00:00 GMT": "rate_limited",
    "429_always": "rate_limited",
    "spend_cap_429": "billing",
    "redirect_same": "upstream_bad_reply",
    "redirect_other": "upstream_bad_reply",
    "redirect_307_other": "upstream_bad_reply",
    "status~400": "invalid_argument",
    "status~401": "authentication_failed",
    "status~402": "billing",
    "status~403": "permission_denied",
    "status~413": "file_too_large",
    "status~418": "upstream_bad_reply",
    "status~422": "invalid_argument",
    "status~529": "upstream_overloaded",
    "error_code~400~invalid_request_error~storage_quota_exceeded": "storage_full",
    "error_code~402~billing_error~linked_organization_x": "billing",
    "error_code~400~invalid_request_error~organization_on_hold": "permission_denied",
    "non_json_error~502": "upstream_overloaded",
    "non_json_error~404": "upstream_bad_reply",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one upload came to: the stored file's id, or an error."""

    file_id: str | None
    error: FilesError | None


async def upload(server: FaultServer, mode: str, folder: Path, timing: Timing = QUICK) -> Outcome:
    try:
        async with opened(server.url(mode), folder / "data", timing=timing) as workspace:
            frozen = freeze_bytes(folder / "frozen", CONTENT)
            with anyio.fail_after(UPLOAD_DEADLINE_S + 60):
                stored = await workspace.files.upload(frozen, text_file("report.txt"))
            return Outcome(stored.record.id, None)
    except FilesError as exc:
        return Outcome(None, exc)


def check_errors(error: FilesError) -> None:
    assert error.next_step
    for secret in (KEY, "Traceback", "127.0.0.1"):
        assert secret not in error.text


@pytest.mark.parametrize("mode", COMMITTED)
async def test_a_committed_upload_is_one_file_whatever_the_reply(mode: str, tmp_path: Path) -> None:
    async with fault_server() as server:
        outcome = await upload(server, mode, tmp_path)
        state = server.state(mode)
        assert state.posts == state.commits == 1
        assert outcome.file_id in state.files
        assert state.files[outcome.file_id].sha256 == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize("mode", RETRIED)
async def test_an_upload_that_was_not_committed_is_sent_again_and_is_one_file(mode: str, tmp_path: Path) -> None:
    async with fault_server() as server:
        outcome = await upload(server, mode, tmp_path)
        state = server.state(mode)
        assert (state.commits, state.posts) == (1, 3 if mode == "529_then_ok~2" else 2)
        assert outcome.file_id == state.committed[0].id
        assert state.committed[0].sha256 == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize(("mode", "code"), REFUSED.items())
async def test_a_refused_upload_says_why_and_leaves_nothing(mode: str, code: str, tmp_path: Path) -> None:
    async with fault_server() as server:
        outcome = await upload(server, mode, tmp_path)
        state = server.state(mode)
        assert outcome.error is not None
        assert (outcome.error.code, state.commits) == (code, 0)
        assert server.other_connections == 0
        check_errors(outcome.error)


@pytest.mark.parametrize("mode", ["status~400", "status~404", "spend_cap_429", "redirect_other", "early_401"])
async def test_what_is_refused_for_good_is_sent_once(mode: str, tmp_path: Path) -> None:
    async with fault_server() as server:
        await upload(server, mode, tmp_path)
        assert server.state(mode).posts == 1


async def test_a_wait_beyond_the_deadline_is_told_at_once(tmp_path: Path) -> None:
    async with fault_server() as server:
        outcome = await upload(
            server, "retry_after~86400", tmp_path, Timing(call_s=600, upload_s=600, reply_s=600, looks=())
        )
    assert outcome.error is not None
    assert "86400 seconds" in outcome.error.text


async def test_while_the_outcome_is_unknown_it_is_said_and_the_next_call_finds_the_file(tmp_path: Path) -> None:
    no_time_to_look = Timing(upload_s=2.0, reply_s=0.5, looks=(60.0,))
    async with fault_server() as server:
        url, state = server.url("commit_then_reset"), server.state("commit_then_reset")
        async with opened(url, tmp_path / "data", timing=no_time_to_look) as workspace:
            with pytest.raises(OutcomeUnknown, match="not known"):
                await workspace.files.upload(freeze_bytes(tmp_path / "a", CONTENT), text_file("report.txt"))
        async with opened(url, tmp_path / "data") as workspace:
            found = await workspace.files.upload(freeze_bytes(tmp_path / "b", CONTENT), text_file("report.txt"))
        assert (state.posts, state.commits) == (1, 1)
        assert found.record.id in state.files


async def test_an_upload_cancelled_after_it_was_sent_is_found_by_the_next_call(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("commit_then_hang"), tmp_path / "data") as workspace:
        state = server.state("commit_then_hang")
        with anyio.move_on_after(0.5) as scope:
            await workspace.files.upload(freeze_bytes(tmp_path / "a", CONTENT), text_file("report.txt"))
        assert scope.cancelled_caught
        found = await workspace.files.upload(freeze_bytes(tmp_path / "b", CONTENT), text_file("report.txt"))
        assert (state.posts, state.commits) == (1, 1)
        assert found.record.id in state.files


async def test_the_same_bytes_are_sent_once_and_a_dead_id_is_sent_anew_once(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("ok"), tmp_path / "data") as workspace:
        state = server.state("ok")
        first = await workspace.files.upload(freeze_bytes(tmp_path / "a", CONTENT), text_file("report.txt"))
        again = await workspace.files.upload(freeze_bytes(tmp_path / "b", CONTENT), text_file("report.txt"))
        assert (again.reused, again.record.id, state.posts) == (True, first.record.id, 1)
        del state.files[first.record.id]
        second = await workspace.files.upload(freeze_bytes(tmp_path / "c", CONTENT), text_file("report.txt"))
        assert (second.reused, state.posts) == (False, 2)
        assert second.record.id in state.files


async def test_two_contents_of_one_name_and_size_are_never_taken_for_each_other(tmp_path: Path) -> None:
    """Their replies are all lost, and a list tells them not apart."""
    async with fault_server() as server, opened(server.url("commit_then_reset~always"), tmp_path / "data") as workspace:
        state = server.state("commit_then_reset~always")
        contents = [b"%04d" % number * 100 for number in range(12)]
        ids: dict[bytes, str] = {}

        async def one(content: bytes) -> None:
            frozen = freeze_bytes(tmp_path / "frozen", content)
            ids[content] = (await workspace.files.upload(frozen, text_file("same.txt"))).record.id

        async with anyio.create_task_group() as group:
            for content in contents:
                group.start_soon(one, content)
        assert state.commits == len(contents)
        for content, file_id in ids.items():
            assert state.files[file_id].sha256 == hashlib.sha256(content).hexdigest()
