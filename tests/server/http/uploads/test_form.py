"""The upload page, with and without scripts, and clients that show its link."""

import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitRequestURLParams, ElicitResult

from files_api_mcp.server.http.settings import Limits
from files_api_mcp.tools.create_upload import create_upload
from files_api_mcp.tools.uploads.tickets import TICKET_LIFETIME_S
from tests.server.http.uploads.test_routes import KEY, names, opened, ticket
from tests.support.agent import Agent, Era, connected, settings_for
from tests.support.http_app import inside
from tests.support.http_server import served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

DOCS = Path(__file__).parents[4] / "docs"

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_a_form_without_scripts_uploads_a_file_and_shows_a_page(tmp_path: Path) -> None:
    content = bytes(range(256)) * 300 + b"\r\n--boundary\r\n"
    async with opened(tmp_path) as (server, agent, web):
        url = await ticket(agent, filename="wanted.bin")
        origin = {"Origin": f"http://127.0.0.1:{server.port}"}
        reply = await web.post(url, files={"file": ("my <b>.bin", content)}, headers={**HTML, **origin})
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/html")
        assert "my _b_.bin was uploaded" in reply.text
        (file,) = (await agent.data("list_files"))["files"]
        described = await agent.data("describe_file", file_id=file["file_id"])
        assert described["sha256"] == hashlib.sha256(content).hexdigest()
        again = await web.post(url, files={"file": ("b.txt", b"beta")}, headers=HTML)
        assert again.status_code == 404
        assert "already used" in again.text


async def test_a_form_with_scripts_is_answered_in_json(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, agent, web):
        fields = {"note": "passed over", "file": "a field of that name without a file is one with no name"}
        url = await ticket(agent)
        assert (await web.post(url, files={"file": ("a.txt", b"alpha")}, data={"note": "x"})).json()["file_id"]
        url = await ticket(agent)
        assert (await web.post(url, data=fields)).status_code == 422


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_argument"),
        (b"--b--\r\n", "invalid_argument"),
        (b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n', "invalid_argument"),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf', "invalid_argument"),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--b--\r\n', "bad_filename"),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n--b--\r\n', "empty_file"),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename=".env"\r\n\r\nA=1\r\n--b--\r\n',
            "sensitive_file_refused",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            + KEY.encode()
            + b"\r\n--b--\r\n",
            "sensitive_file_refused",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n' * 2 + b"--b--\r\n",
            "invalid",
        ),
        (b'--b\r\nContent-Disposition: form-data; name="o"\r\n\r\nx\r\n' * 30 + b"--b--\r\n", "invalid_argument"),
        (b'--b\r\nContent-Disposition: form-data; name="o"\r\n\r\n' + b"x" * 70_000 + b"\r\n--b--\r\n", "invalid"),
        (b"not a form at all", "invalid_argument"),
        (b"--b\r\n" + b"a" * 200_000, "invalid_argument"),
    ],
)
async def test_invalid_forms_are_rejected_and_can_be_sent_again(tmp_path: Path, body: bytes, code: str) -> None:
    async with opened(tmp_path) as (_, agent, web):
        url = await ticket(agent)
        reply = await web.post(url, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
        assert reply.status_code == 422
        assert reply.json()["error"].startswith(f"[{code}")
        assert await names(agent) == []
        assert (await web.put(url + "/a.txt", content=b"alpha")).status_code == 200


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "multipart/mixed; boundary=b", "a" * 9000])
async def test_a_post_without_a_form_is_rejected(tmp_path: Path, kind: str) -> None:
    async with opened(tmp_path) as (_, agent, web):
        reply = await web.post(await ticket(agent), content=b"--b--", headers={"Content-Type": kind})
        assert reply.status_code == 422


async def test_the_page_runs_only_its_own_script_and_names_nothing_unescaped(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, agent, web):
        page = await web.get(await ticket(agent, filename="<script>alert(1)</script>"))
        policy = page.headers["content-security-policy"]
        (nonce,) = set(re.findall(r'nonce="([^"]+)"', page.text))
        assert f"script-src 'nonce-{nonce}'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script>alert" not in page.text
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
        again = await web.get(await ticket(agent))
        assert nonce not in again.text


async def test_upload_links_start_with_the_public_url(tmp_path: Path) -> None:
    public = ["--public-url", "https://files.example.com/mcp-files/", "--allowed-host", "files.example.com"]
    with served(tmp_path, "http", *public) as server:
        async with server.agent() as agent, httpx2.AsyncClient(base_url=server.url) as web:
            created = await agent.data("create_upload", filename="a.txt")
            assert created["upload_url"].startswith("https://files.example.com/mcp-files/upload/")
            secret = created["upload_url"].rpartition("/")[2]
            # As a proxy passes it on.
            headers = {"Host": "files.example.com", "Origin": "https://files.example.com"}
            assert (await web.put(f"/upload/{secret}", content=b"alpha", headers=headers)).status_code == 200


class Person:
    """The user of a client that shows links. Uploads a file if asked to."""

    def __init__(self, action: str, content: bytes | None) -> None:
        self.action = action
        self.content = content
        self.shown: list[str] = []

    async def asked(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        self.shown.append(params.url)
        if self.content is not None:
            async with httpx2.AsyncClient() as web:
                reply = await web.post(params.url, files={"file": ("theirs.txt", self.content)}, headers=HTML)
                assert reply.status_code == 200
        return ElicitResult(action=self.action)  # type: ignore[arg-type]


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_a_client_that_shows_links_returns_the_file_in_the_same_call(
    tmp_path: Path, era: Era, transport: str
) -> None:
    person = Person("accept", b"alpha")
    with served(tmp_path, transport) as server:
        async with server.agent(era, elicitation_callback=person.asked) as agent:
            created = await agent.data("create_upload", filename="wanted.txt")
            assert created["file"]["filename"] == "theirs.txt"
            assert len(person.shown) == 1
            assert await names(agent) == ["theirs.txt"]


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_person_who_declines_leaves_the_link_to_the_agent(tmp_path: Path, era: Era, action: str) -> None:
    """Hosts without a user cancel at once. An agent with a shell can then use the link."""
    person = Person(action, None)
    async with inside(tmp_path, Limits()) as server, server.agent(era, elicitation_callback=person.asked) as agent:
        created = await agent.data("create_upload")
        assert created["upload_url"] == person.shown[0]
        async with server.web() as web:
            assert (await web.put(created["upload_url"] + "/a.txt", content=b"alpha")).status_code == 200


async def test_a_person_may_upload_after_the_call_ended(
    tmp_path: Path, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("files_api_mcp.tools.create_upload._WAIT_S", 0.2)
    person = Person("accept", None)
    async with inside(tmp_path, Limits()) as server, server.agent(era, elicitation_callback=person.asked) as agent:
        created = await agent.data("create_upload")
        assert created["upload_url"] == person.shown[0]
        assert "list_files" in created["next"]


async def test_short_text_comes_with_the_call(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, remote=True), era) as agent:
        # In memory there is no HTTP server and so there are no tickets, but text is still stored.
        assert "upload_url" not in await stored_text(agent)


async def stored_text(agent: Agent) -> dict[str, Any]:
    created = await agent.data("create_upload", filename="note.md", content="# Tides\n\nHigh water at nine: 3.2 m.\n")
    answer = await agent.data("ask_document", question="high water", file_ids=[created["file"]["file_id"]])
    assert "3.2 m" in answer["passages"][0]["text"]
    return created


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"content": "alpha"}, "invalid_argument"),
        ({"content": "x" * 100_001, "filename": "a.txt"}, "file_too_large"),
        ({"content": "é" * 50_001, "filename": "a.txt"}, "file_too_large"),
        ({"content": "A=1", "filename": ".env"}, "sensitive_file_refused"),
        ({"content": KEY, "filename": "a.txt"}, "sensitive_file_refused"),
        ({"content": "alpha", "filename": "a.txt", "size_bytes": 6}, "invalid_argument"),
        ({"content": "alpha", "filename": "..."}, "bad_filename"),
    ],
)
async def test_invalid_text_is_rejected(tmp_path: Path, arguments: dict[str, Any], code: str) -> None:
    async with inside(tmp_path, Limits()) as server, server.agent() as agent:
        assert (await agent.error("create_upload", **arguments)).startswith(f"[{code}] ")
        assert await names(agent) == []


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium here")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_browser_uploads_a_file(tmp_path: Path, scripts: bool) -> None:
    playwright = pytest.importorskip("playwright.async_api")
    content = b"# Minutes\n\nThe pier was painted.\n" * 2000
    path = anyio.Path(tmp_path / "minutes.md")
    await path.write_bytes(content)
    with served(tmp_path, "http") as server:
        async with server.agent() as agent, playwright.async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = await (await browser.new_context(java_script_enabled=scripts)).new_page()
            problems: list[str] = []

            def hear(message: Any) -> None:
                if message.type == "error":
                    problems.append(message.text)

            page.on("console", hear)
            await page.goto(await ticket(agent, filename="wanted.md"))
            if scripts:
                await page.evaluate(DROP, content.decode())
            else:
                await page.set_input_files("#file", str(path))
                await page.click("button")
            await page.wait_for_selector("text=minutes.md was uploaded")
            await browser.close()
            assert problems == []
            (file,) = (await agent.data("list_files"))["files"]
            described = await agent.data("describe_file", file_id=file["file_id"])
            assert described["sha256"] == hashlib.sha256(content).hexdigest()


DROP = """text => {
  const data = new DataTransfer();
  data.items.add(new File([text], "minutes.md"));
  document.getElementById("drop").dispatchEvent(
    new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def test_tool_and_docs_state_the_lifetime_of_links() -> None:
    lifetime = f"{TICKET_LIFETIME_S // 60} minutes"
    assert lifetime in (create_upload.__doc__ or "")
    for page in ("remote.md", "troubleshooting.md"):
        assert lifetime in (DOCS / page).read_text()
