"""Several principals on one server, and attempts of one to reach the files of another."""

import secrets
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.backends.registry import BackendSettings, LocalSettings
from files_api_mcp.server.http.settings import HttpSettings, Limits, OAuthSettings
from tests.support.agent import Agent, Era
from tests.support.authorization_server import Issuing, issuing
from tests.support.emulator import emulated, endpoint
from tests.support.http_app import Inside, inside

SAYS = "The harbour opens at six, says {}."
TOOLS: list[tuple[str, dict[str, Any]]] = [
    ("describe_file", {}),
    ("read_document", {}),
    ("download_file", {}),
    ("delete_file", {}),
    ("ask_document", {"question": "When?"}),
]


@asynccontextmanager
async def shared(
    tmp_path: Path, place: str, *, limits: Limits | None = None, **http: Any
) -> AsyncGenerator[tuple[Inside, Issuing]]:
    async with AsyncExitStack() as stack:
        issuer = stack.enter_context(issuing())
        backend: BackendSettings = LocalSettings()
        if place == "anthropic":
            backend = AnthropicSettings(
                endpoint(await stack.enter_async_context(emulated(tmp_path / "api"))), rate_limit=100_000
            )
        settings = HttpSettings(oauth=OAuthSettings(issuer.url), **http)
        yield (
            await stack.enter_async_context(
                inside(tmp_path, limits or Limits(), settings, backend=backend, roots=(), confirm_deletes="never")
            ),
            issuer,
        )


def resource(server: Inside, path: str = "/mcp") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


@asynccontextmanager
async def signed_in(
    server: Inside, token: str, era: Era, *, sse: bool = False, **options: Any
) -> AsyncGenerator[Agent]:
    headers = {"Authorization": f"Bearer {token}"}
    if sse:
        async with Client(sse_client(resource(server, "/sse"), headers=headers), mode=era) as client:
            yield Agent(client, server.root)
        return
    async with (
        httpx2.AsyncClient(headers=headers, timeout=300) as http,
        Client(streamable_http_client(resource(server), http_client=http), mode=era, **options) as client,
    ):
        yield Agent(client, server.root)


async def hand_over(agent: Agent, name: str) -> str:
    text = SAYS.format(name)
    return (await agent.data("create_upload", filename=f"{name}.md", content=text))["file"]["file_id"]


async def try_ids(agent: Agent, foreign: str, tries: int) -> dict[str, Counter[str]]:
    """Name a file in every possible way, with another principal's id and with unknown ids; returns the texts of each
    tool with their counts, for both kinds of id together."""
    answers: dict[str, Counter[str]] = {}
    for number in range(tries):
        guess = f"file_{secrets.token_hex(12)}" if number % 2 else foreign
        tool, more = TOOLS[number // 2 % len(TOOLS)]
        arguments = {"file_ids": [guess]} if tool == "ask_document" else {"file_id": guess}
        text = await agent.error(tool, **arguments, **more)
        answers.setdefault(tool, Counter())[text.replace(guess, "ID")] += 1
    return answers
