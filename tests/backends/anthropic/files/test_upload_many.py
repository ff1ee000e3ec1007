"""A folder's files at the API: one file each whatever the replies, checked and recorded together."""

import hashlib
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.anthropic.files.upload import Timing
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.models import NewFile, Snapshot, UploadedFile
from tests.backends.anthropic.api.test_client_faults import COMMITTED, RETRIED
from tests.support.emulator import opened
from tests.support.fault_server.server import FaultServer, fault_server
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio

FILES = 12
PATIENT = Timing(call_s=20.0, upload_s=40.0, reply_s=1.0, looks=(0.0, 0.1, 0.3))
EACH_TIME = ["commit_then_500", "commit_then_reset", "truncated_json", "foreign_id", "wrong_size", "wrong_id~words"]
# These spoil idle connections. With several of them, all three attempts of an upload may meet one.
SPOIL_CONNECTIONS = {"stale_reset", "extra_reply_after", "extra_bytes_after"}
MODES = [*sorted({*COMMITTED, *RETRIED} - SPOIL_CONNECTIONS), *(f"{mode}~always" for mode in EACH_TIME)]


def items(folder: Path, count: int = FILES) -> list[tuple[Snapshot, NewFile]]:
    return [(freeze_bytes(folder, b"content %04d" % number), text_file(f"{number}.txt")) for number in range(count)]


def refuse_wrong(outcomes: list[UploadedFile], server: FaultServer, mode: str) -> None:
    """Fail unless there is one file for each upload, and its id names the right bytes."""
    state = server.state(mode)
    assert state.commits == len(outcomes)
    for number, outcome in enumerate(outcomes):
        assert state.files[outcome.record.id].sha256 == hashlib.sha256(b"content %04d" % number).hexdigest()


async def stored(workspace: Workspace, folder: Path, count: int = FILES) -> list[UploadedFile]:
    outcomes = await workspace.files.upload_many(items(folder, count))
    found = [outcome for outcome in outcomes if isinstance(outcome, UploadedFile)]
    assert len(found) == count, outcomes
    return found


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
async def test_every_file_is_one_file_whatever_the_replies(mode: str, tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url(mode), tmp_path / "data", timing=PATIENT) as workspace:
        refuse_wrong(await stored(workspace, tmp_path), server, mode)
        assert len(await workspace.ledger.entries()) == FILES


async def test_new_ids_are_checked_by_few_requests(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("ok"), tmp_path / "data") as workspace:
        refuse_wrong(await stored(workspace, tmp_path, 64), server, "ok")
        checks = [request for request in server.state("ok").requests if request.method == "GET"]
        assert len(checks) <= 40


async def test_a_server_that_cannot_list_by_ids_is_asked_for_each_file(tmp_path: Path) -> None:
    mode = "ok~beta"
    async with fault_server() as server, opened(server.url(mode), tmp_path / "data", timing=PATIENT) as workspace:
        refuse_wrong(await stored(workspace, tmp_path), server, mode)


async def test_a_cancelled_call_keeps_what_is_stored_and_the_next_goes_on_from_there(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("ok"), tmp_path / "data") as workspace:
        with anyio.CancelScope() as scope:

            async def cancel(done: float, total: float | None, message: str) -> None:
                if done >= 5:
                    scope.cancel()

            await workspace.files.upload_many(items(tmp_path, 60), cancel)
        assert 5 <= server.state("ok").commits <= 60
        outcomes = await stored(workspace, tmp_path, 60)
        refuse_wrong(outcomes, server, "ok")
        assert sum(outcome.reused for outcome in outcomes) >= 5
        assert await workspace.ledger.intents("0.txt", 12) == []
