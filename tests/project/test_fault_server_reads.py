"""The fault server's list, metadata, deletion, content and messages: correct at first, then in each mode."""

import json
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import httpx2
import pytest

from tests.support.fault_server.modes import MODES
from tests.support.fault_server.server import FaultServer, fault_server
from tests.support.fault_server.visitors import IMPATIENT, TEXT, opened_client, upload

pytestmark = pytest.mark.anyio

BETA = {"anthropic-beta": "files-api-2025-04-14"}


@pytest.fixture
async def faults() -> AsyncGenerator[FaultServer]:
    async with fault_server() as server:
        yield server


@pytest.fixture
async def client() -> AsyncGenerator[httpx2.AsyncClient]:
    async with opened_client() as opened:
        yield opened


async def pages(client: httpx2.AsyncClient, url: str, *, limit: int, most: int = 10) -> list[list[str]]:
    """The ids on each page, up to `most` pages."""
    found: list[list[str]] = []
    query = {"limit": str(limit)}
    while len(found) < most:
        page = (await client.get(f"{url}/v1/files", params=query)).json()
        found.append([file["id"] for file in page["data"]])
        if not page["next_page"]:
            break
        query["page"] = page["next_page"]
    return found


def flat(found: list[list[str]]) -> list[str]:
    return [file_id for page in found for file_id in page]


async def test_the_list_is_newest_first_and_pages_are_whole(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    found = await pages(client, faults.url("ok~seed=7"), limit=3)
    assert [len(page) for page in found] == [3, 3, 1]
    assert flat(found) == list(reversed(faults.state("ok~seed=7").files))


async def test_files_that_come_between_pages_shift_nothing(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    url, state = faults.url("ok~seed=4"), faults.state("ok~seed=4")
    first = (await client.get(f"{url}/v1/files", params={"limit": "2"})).json()
    await upload(client, url)
    second = (await client.get(f"{url}/v1/files", params={"limit": "2", "page": first["next_page"]})).json()
    newest_first = [file.id for file in state.newest_first()]
    assert [file["id"] for file in first["data"] + second["data"]] == newest_first[1:]
    assert second["next_page"] is None


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "page=nonsense", "page=page_eA==", "after_id=x", "before_id=x", "ids[]=a&limit=2"],
)
async def test_a_wrong_query_is_refused(faults: FaultServer, client: httpx2.AsyncClient, query: str) -> None:
    assert (await client.get(f"{faults.url('ok')}/v1/files?{query}")).status_code == 400


async def test_ids_are_looked_up_and_unknown_ones_left_out(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    url, known = faults.url("ok~seed=3"), list(faults.state("ok~seed=3").files)[:2]
    reply = await client.get(f"{url}/v1/files", params=[("ids[]", each) for each in [*known, "file_none"]])
    assert {file["id"] for file in reply.json()["data"]} == set(known)


async def test_the_beta_is_spoken_to_who_asks_for_it(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    url = faults.url("ok~seed=3") + "/v1/files"
    first = (await client.get(url, params={"limit": "2"}, headers=BETA)).json()
    assert first["has_more"] is True
    assert "expires_at" not in first["data"][0]
    rest = (await client.get(url, params={"after_id": first["last_id"]}, headers=BETA)).json()
    assert (rest["has_more"], len(rest["data"])) == (False, 1)
    assert (await client.get(url, params={"page": "page_x"}, headers=BETA)).status_code == 400


async def test_uploads_are_described_deleted_and_not_given_back(
    faults: FaultServer, client: httpx2.AsyncClient
) -> None:
    told = (await upload(client, faults.url("ok"), expires_in_seconds="3600")).json()
    url = f"{faults.url('ok')}/v1/files/{told['id']}"
    assert (await client.get(url)).json() == told
    assert told["expires_at"] is not None
    refusal = await client.get(f"{url}/content")
    assert (refusal.status_code, refusal.json()["error"]["details"]["error_code"]) == (400, "file_not_downloadable")
    assert (await client.delete(url)).json() == {"id": told["id"], "type": "file_deleted"}
    assert (await client.delete(url)).status_code == 404
    assert faults.state("ok").commits == 1


@pytest.mark.parametrize(("name", "stored"), [("dir/a.txt", "a.txt"), ("", "unnamed.txt"), ("a:b", None)])
async def test_names_are_kept_as_the_api_keeps_them(
    faults: FaultServer, client: httpx2.AsyncClient, name: str, stored: str | None
) -> None:
    form = f'--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\nx'
    headers = {"content-type": "multipart/form-data; boundary=B"}
    reply = await client.post(f"{faults.url('ok')}/v1/files", content=f"{form}\r\n--B--\r\n", headers=headers)
    assert (reply.json()["filename"] if reply.is_success else None) == stored


async def test_requests_without_key_version_or_form_are_refused(
    faults: FaultServer, client: httpx2.AsyncClient
) -> None:
    url = f"{faults.url('ok')}/v1/files"
    async with httpx2.AsyncClient(trust_env=False, verify=False) as stranger:
        assert (await stranger.get(url)).status_code == 401
        assert (await stranger.get(url, headers={"authorization": "Bearer k"})).status_code == 400
    assert (await client.post(url, content=b"no form")).status_code == 400
    assert (await client.post(url, files={"other": ("a.txt", TEXT)})).status_code == 400
    assert (await upload(client, faults.url("ok"), expires_in_seconds="60")).status_code == 400
    assert faults.state("ok").commits == 0


async def test_cursors_that_never_end(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    for mode, distinct in (("endless_cursor", 1), ("repeating_page", 1), ("cursor_loop", 2), ("endless_empty", 0)):
        found = await pages(client, faults.url(mode), limit=2)
        assert len(found) == 10
        assert len({tuple(page) for page in found if page}) == distinct, mode


async def test_pages_change_while_they_are_read(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    before = set(faults.state("page_changes~9").files)
    found = flat(await pages(client, faults.url("page_changes~9"), limit=3, most=20))
    assert len(set(found)) < len(found)
    assert not before <= set(faults.state("page_changes~9").files)


async def test_a_beta_list_to_who_asked_for_none(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    first = (await client.get(f"{faults.url('beta_list~5')}/v1/files", params={"limit": "3"})).json()
    assert ("next_page" in first, first["has_more"]) == (False, True)


READS = {
    "list_500_once": ("GET", "", 500),
    "meta_500_once": ("GET", "/{id}", 500),
    "meta_404": ("GET", "/{id}", 404),
    "delete_500_after": ("DELETE", "/{id}", 500),
    "content_404_expired": ("GET", "/{id}/content", 404),
    "content_not_downloadable": ("GET", "/{id}/content", 400),
    "expired_known": ("GET", "/{id}/content", 404),
    "list_hang": ("GET", "", httpx2.ReadTimeout),
    "meta_hang": ("GET", "/{id}", httpx2.ReadTimeout),
    "delete_hang": ("DELETE", "/{id}", httpx2.ReadTimeout),
    "content_slow": ("GET", "/{id}/content", httpx2.ReadTimeout),
    "content_short": ("GET", "/{id}/content", httpx2.RemoteProtocolError),
    "content_cut_chunked": ("GET", "/{id}/content", httpx2.RemoteProtocolError),
}
AFTERWARDS = {"list_500_once": 200, "meta_500_once": 200, "delete_500_after": 404, "delete_hang": 404, "meta_404": 404}


@pytest.mark.parametrize("mode", READS)
async def test_a_read_fails(faults: FaultServer, client: httpx2.AsyncClient, mode: str) -> None:
    method, path, expected = READS[mode]
    url = f"{faults.url(mode)}/v1/files" + path.format(id=next(iter(faults.state(mode).files)))
    if isinstance(expected, int):
        assert (await client.request(method, url)).status_code == expected
    else:
        client.timeout = IMPATIENT if expected is httpx2.ReadTimeout else client.timeout
        with pytest.raises(expected):
            await client.request(method, url)
    if mode in AFTERWARDS:
        assert (await client.request(method, url)).status_code == AFTERWARDS[mode]


async def test_replies_of_a_wrong_shape(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    async def told(mode: str, path: str = "", method: str = "GET") -> Any:
        first = next(iter(faults.state(mode).files))
        return (await client.request(method, f"{faults.url(mode)}/v1/files{path.format(id=first)}")).json(), first

    for mode in ("list_cut_json", "list_html"):
        with pytest.raises(json.JSONDecodeError):
            await told(mode)
    wrong = [(await told(f"list_wrong_shape~{kind}"))[0] for kind in ("files", "array", "null", "text", "number")]
    assert len({json.dumps(each) for each in wrong}) == 5
    for mode, method in (("meta_wrong_id", "GET"), ("delete_wrong_id", "DELETE")):
        reply, asked = await told(mode, "/{id}", method)
        assert reply["id"] != asked
    described, _ = await told("expired_known", "/{id}")
    assert datetime.fromisoformat(described["expires_at"]) < faults.state("expired_known").now()
    described, asked = await told("content_long", "/{id}")
    content = await client.get(f"{faults.url('content_long')}/v1/files/{asked}/content")
    assert len(content.content) > described["size_bytes"]


def test_every_other_mode_of_files_is_tried_here() -> None:
    shapes = {"list_cut_json", "list_html", "list_wrong_shape", "meta_wrong_id", "delete_wrong_id", "content_long"}
    cursors = {"beta_list", "endless_cursor", "endless_empty", "repeating_page", "cursor_loop", "page_changes"}
    modes = {name for name, mode in MODES.items() if mode.endpoint not in ("upload", "messages")}
    assert modes == set(READS) | shapes | cursors
