"""An agent for tests: a client of the real server, in memory, in either protocol version."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from anyio import to_thread
from mcp import Client
from mcp.types import CallToolResult, TextContent

from files_api_mcp.server.app import build_server
from files_api_mcp.server.settings import Settings

Era = Literal["auto", "legacy"]


_MOST_PLACES = 100


class Agent:
    """Calls tools like a model, and checks rules that hold for every result."""

    def __init__(self, client: Client, root: Path) -> None:
        self.client = client
        self.root = root
        self._places: dict[tuple[str, str], str] = {}

    async def call(self, tool: str, **arguments: Any) -> CallToolResult:
        return await self.client.call_tool(tool, arguments)

    async def data(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; returns its structured result, which must equal its text."""
        result = await self.call(tool, **arguments)
        assert not result.is_error, text_of(result)
        assert result.structured_content is not None
        assert json.loads(text_of(result)) == result.structured_content
        assert "\n" not in text_of(result)
        self._note_places(result.structured_content)
        return result.structured_content

    async def error(self, tool: str, **arguments: Any) -> str:
        """Call a tool that must fail; returns its error."""
        result = await self.call(tool, **arguments)
        assert result.is_error, text_of(result)
        return text_of(result)

    def _note_places(self, result: dict[str, Any]) -> None:
        """Remember each `where`, and the text that is there."""
        for one in (*result.get("passages", ()), *result.get("matches", ())):
            self._places[one["file_id"], one["where"]] = one["text"]
        for line in result.get("outline", ()):
            self._places[result["file_id"], line.strip()] = ""

    async def check_places(self) -> None:
        """Read each place that a result named: `at` takes all of them, and what was quoted is there."""
        if "read_document" not in {tool.name for tool in (await self.client.list_tools()).tools}:
            return
        for (file_id, where), text in [*self._places.items()][:_MOST_PLACES]:
            shown = await self.call("read_document", file_id=file_id, at=where, max_chars=20_000)
            if shown.is_error:  # the file may be deleted or damaged by now
                assert not text_of(shown).startswith("[invalid_argument]"), (where, text_of(shown))
            elif "--- next:" not in text_of(shown):
                missing = [line for line in text.splitlines() if line not in text_of(shown)]
                assert not missing, (where, missing)

    async def upload(self, name: str, content: bytes | str, **arguments: Any) -> dict[str, Any]:
        """Write a file below the root and upload it."""
        write(self.root / name, content)
        result = await self.data("upload_file", path=name, **arguments)
        assert result["failed"] == []
        return result["files"][0]


def write(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def text_of(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def settings_for(tmp_path: Path, **changes: Any) -> Settings:
    root = tmp_path / "root"
    root.mkdir(exist_ok=True)
    chosen: dict[str, Any] = {"roots": (root,), "data_dir": tmp_path / "data", **changes}
    return Settings(**chosen)


@asynccontextmanager
async def connected(settings: Settings, era: Era = "auto", **options: Any) -> AsyncGenerator[Agent]:
    """An agent that is connected to a server with these settings."""
    # In a thread, as it reads the package version from disk. The command builds the server before the loop runs.
    server = await to_thread.run_sync(build_server, settings)
    async with Client(server, mode=era, **options) as client:
        agent = Agent(client, settings.roots[0] if settings.roots else Path("/nonexistent"))
        yield agent
        await agent.check_places()
