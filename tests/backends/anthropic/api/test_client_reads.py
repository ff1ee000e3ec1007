"""Our client's reads, deletions and downloads against bad replies, in both dialects of the API."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import FilesError, InvalidArgument
from tests.support.emulator import KEY, opened
from tests.support.fault_server.server import FaultServer, fault_server
from tests.support.snapshots import named

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CALL_DEADLINE_S = 2.0


async def all_ids(workspace: Workspace, limit: int) -> list[str]:
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = await workspace.files.list(limit=limit, cursor=cursor)
        ids += [file.id for file in page.files]
        cursor = page.next_cursor
        if cursor is None:
            return ids


async def failure(server: FaultServer, mode: str, folder: Path, operation: str) -> FilesError:
    """The error of an operation on the mode's first file, which comes within the deadline."""
    state = server.state(mode)
    file_id = next(iter(state.files))
    async with opened(server.url(mode), folder) as workspace:

        async def download() -> None:
            async with workspace.files.download(file_id) as (_, chunks):
                async for _ in chunks:
                    continue

        operations: dict[str, Callable[[], Awaitable[object]]] = {
            "list": lambda: workspace.files.list(limit=2),
            "describe": lambda: workspace.files.describe(file_id),
            "delete": lambda: workspace.files.delete(file_id),
            "download": download,
        }
        with anyio.fail_after(CALL_DEADLINE_S + 60), pytest.raises(FilesError) as caught:
            await operations[operation]()
    assert KEY not in caught.value.text
    return caught.value


@pytest.mark.parametrize("mode", ["ok~seed=50", "beta_list~50"])
@pytest.mark.parametrize("limit", [1, 7, 50, 1000])
async def test_every_page_is_followed_in_either_dialect(mode: str, limit: int, tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url(mode), tmp_path) as workspace:
        expected = list(reversed(server.state(mode).files))
        assert await all_ids(workspace, limit) == expected


async def test_a_filter_by_name_looks_through_every_page_of_the_beta_dialect(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("beta_list~30"), tmp_path) as workspace:
        page = await workspace.files.list(limit=5, within=named("SEEDED-0003"))
        assert [file.filename for file in page.files] == ["seeded-0003.txt"]
        first = await workspace.files.list(limit=4, within=named("seeded"))
        second = await workspace.files.list(limit=1000, within=named("seeded"), cursor=first.next_cursor)
        assert len(first.files) == 4
        assert len({file.id for file in first.files + second.files}) == 30


async def test_pages_that_change_meanwhile_show_no_file_twice(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("page_changes~30"), tmp_path) as workspace:
        ids = [file.id async for page in workspace.client.pages(limit=5) for file in page.files]
        assert set(ids) <= set(server.state("page_changes~30").files) | set(ids)
        assert len(ids) >= 25


@pytest.mark.parametrize(
    ("mode", "operation", "code"),
    [
        ("list_cut_json", "list", "upstream_bad_reply"),
        ("list_html", "list", "upstream_bad_reply"),
        ("list_hang", "list", "upstream_unreachable"),
        ("list_wrong_shape~files", "list", "upstream_bad_reply"),
        ("list_wrong_shape~array", "list", "upstream_bad_reply"),
        ("list_wrong_shape~null", "list", "upstream_bad_reply"),
        ("list_wrong_shape~text", "list", "upstream_bad_reply"),
        ("list_wrong_shape~number", "list", "upstream_bad_reply"),
        ("meta_wrong_id", "describe", "upstream_bad_reply"),
        ("meta_404", "describe", "not_found"),
        ("meta_hang", "describe", "upstream_unreachable"),
        ("status~500~all~seed=1", "describe", "upstream_overloaded"),
        ("redirect_other~all~seed=1", "describe", "upstream_bad_reply"),
        ("429_always~all~seed=1", "describe", "rate_limited"),
        ("delete_hang", "delete", "upstream_unreachable"),
        ("delete_wrong_id", "delete", "upstream_bad_reply"),
        ("content_short", "download", "upstream_unreachable"),
        ("content_cut_chunked", "download", "upstream_unreachable"),
        ("content_slow", "download", "upstream_unreachable"),
        ("content_long", "download", "upstream_bad_reply"),
        ("content_404_expired", "download", "file_expired"),
        ("content_not_downloadable", "download", "not_downloadable"),
    ],
)
async def test_a_bad_reply_is_an_error_with_a_code_in_time(
    mode: str, operation: str, code: str, tmp_path: Path
) -> None:
    async with fault_server() as server:
        error = await failure(server, mode, tmp_path, operation)
        assert error.code == code
        assert server.other_connections == 0


@pytest.mark.parametrize("mode", ["cursor_loop", "repeating_page", "endless_cursor", "endless_empty"])
async def test_a_list_in_circles_ends_with_an_error(mode: str, tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url(mode), tmp_path) as workspace:
        with pytest.raises(FilesError, match="does not end"):
            _ = [page async for page in workspace.client.pages(limit=2)]
        assert server.state(mode).list_calls < 20


async def test_a_page_that_failed_once_is_asked_for_again(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("list_500_once~5"), tmp_path) as workspace:
        assert await all_ids(workspace, 2) == list(reversed(server.state("list_500_once~5").files))


async def test_one_failure_of_a_read_is_mended_by_asking_again(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("meta_500_once"), tmp_path) as workspace:
        file_id = next(iter(server.state("meta_500_once").files))
        assert (await workspace.files.describe(file_id)).id == file_id


async def test_a_deletion_whose_reply_was_lost_counts_as_done(tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("delete_500_after"), tmp_path) as workspace:
        file_id = next(iter(server.state("delete_500_after").files))
        assert (await workspace.files.delete(file_id)).already_deleted is False
        assert file_id not in server.state("delete_500_after").files
        assert (await workspace.files.delete(file_id)).already_deleted is True


@pytest.mark.parametrize("cursor", ["page_e30", "page_W1siZXZpbCIsIngiXSwiIiwiIl0"])
async def test_a_cursor_of_another_shape_is_refused_before_anything_is_sent(cursor: str, tmp_path: Path) -> None:
    async with fault_server() as server, opened(server.url("ok"), tmp_path) as workspace:
        with pytest.raises(InvalidArgument):
            await workspace.files.list(cursor=cursor)
        assert server.state("ok").requests == []
