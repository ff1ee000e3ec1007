"""Published files agree with the project, and are valid for their readers."""

import base64
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import click
import pytest
from mcp import Client, StdioServerParameters

from docs.publishing.__main__ import GENERATED, generated_text
from docs.publishing.badges import badges, cursor_link, vscode_link
from docs.publishing.bundle import build_bundle, copy_contents
from docs.publishing.project import REGISTRY_NAME, ROOT
from files_api_mcp.server.cli.commands.serve import serve
from files_api_mcp.tools.catalog import offered_tools

MANIFEST: dict[str, Any] = json.loads((ROOT / "docs" / "publishing" / "manifest.json").read_text("utf-8"))
REGISTRY: dict[str, Any] = json.loads((ROOT / "server.json").read_text("utf-8"))


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_generated_file_is_fresh(path: Path) -> None:
    assert path.read_text("utf-8") == generated_text(path), "run: uv run python -m docs.publishing"


def test_versions_and_tools_are_the_packages_own() -> None:
    here = version("files-api-mcp")
    assert {MANIFEST["version"], REGISTRY["version"], REGISTRY["packages"][0]["version"]} == {here}
    assert [tool["name"] for tool in MANIFEST["tools"]] == list(offered_tools(read_only=False))
    assert all(tool["description"] for tool in MANIFEST["tools"])


@pytest.mark.anyio
async def test_the_bundles_command_serves_the_folders_chosen_without_a_key(tmp_path: Path) -> None:
    config = MANIFEST["server"]["mcp_config"]
    given = config["args"][config["args"].index("files-api-mcp") + 1 :]
    assert given.pop() == "${user_config.folders}"
    assert MANIFEST["user_config"]["folders"]["multiple"] is True
    assert MANIFEST["user_config"]["anthropic_api_key"]["sensitive"] is True
    key = MANIFEST["user_config"]["anthropic_api_key"]["default"]
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "files_api_mcp.server.cli.main", *given, *map(str, folders), "--data-dir", str(tmp_path / "data")],
        env={name: value.replace("${user_config.anthropic_api_key}", key) for name, value in config["env"].items()},
    )
    async with Client(server) as client:
        refused = await client.call_tool("upload_file", {"path": str(tmp_path / "b" / "none.txt")})
        assert "[not_found]" in str(refused.content)
        refused = await client.call_tool("upload_file", {"path": str(tmp_path / "c.txt")})
        assert "[outside_roots]" in str(refused.content)


def test_the_bundle_holds_what_it_is_built_from_and_nothing_else(tmp_path: Path) -> None:
    copy_contents(tmp_path)
    assert (tmp_path / MANIFEST["server"]["entry_point"]).is_file()
    assert {path.name for path in tmp_path.iterdir()} == {
        *("server", "tools", "backends", "examples", "pyproject.toml", "uv.lock", "README.md", "LICENSE"),
        "manifest.json",
    }
    assert not list(tmp_path.rglob("__pycache__"))
    assert (tmp_path / "manifest.json").read_text("utf-8") == generated_text(
        ROOT / "docs" / "publishing" / "manifest.json"
    )


@pytest.mark.skipif(shutil.which("mcpb") is None, reason="needs MCPB's packer: npm install -g @anthropic-ai/mcpb")
def test_the_packer_takes_the_bundle_and_gives_it_back(tmp_path: Path) -> None:
    bundle = build_bundle(tmp_path / "dist")
    assert bundle.name == f"files-api-mcp-{version('files-api-mcp')}.mcpb"
    out = tmp_path / "out"
    subprocess.run(["mcpb", "unpack", str(bundle), str(out)], check=True, capture_output=True, timeout=300)
    copy_contents(tmp_path / "staged")
    assert {path.relative_to(out) for path in out.rglob("*") if path.is_file()} == {
        path.relative_to(tmp_path / "staged") for path in (tmp_path / "staged").rglob("*") if path.is_file()
    }


def test_the_registry_entry_keeps_the_registrys_rules() -> None:
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", REGISTRY["name"])
    assert 0 < len(REGISTRY["description"]) <= 100
    assert 0 < len(REGISTRY["title"]) <= 100
    (package,) = REGISTRY["packages"]
    for argument in package["packageArguments"]:
        assert {"value", "valueHint"} & set(argument)
    variables = {variable["name"]: variable for variable in package["environmentVariables"]}
    ours = {str(parameter.envvar): parameter for parameter in serve.params}
    assert set(variables) <= {*ours, "ANTHROPIC_API_KEY"}
    assert variables["ANTHROPIC_API_KEY"]["isSecret"] is True
    backend = ours["FILES_API_MCP_BACKEND"].type
    assert isinstance(backend, click.Choice)
    assert variables["FILES_API_MCP_BACKEND"]["choices"] == list(backend.choices)


def test_the_image_bears_the_registrys_name() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert f'io.modelcontextprotocol.server.name="{REGISTRY_NAME}"' in dockerfile


@pytest.mark.parametrize("insiders", [False, True])
def test_the_link_for_vs_code_says_what_its_configuration_would(insiders: bool) -> None:
    link = urlsplit(vscode_link(insiders=insiders))
    asked = {key: values[0] for key, values in parse_qs(link.query, strict_parsing=True).items()}
    assert (link.scheme, link.netloc, link.path) == ("https", "insiders.vscode.dev", "/redirect/mcp/install")
    assert asked.pop("name") == "files"
    server = json.loads(asked.pop("config"))
    assert server == {
        "type": "stdio",
        "command": "uvx",
        "args": ["files-api-mcp", "serve", "${input:files-api-mcp-folder}", "--backend", "local"],
    }
    (folder,) = json.loads(asked.pop("inputs"))
    assert (folder["id"], folder["type"]) == ("files-api-mcp-folder", "promptString")
    assert asked == ({"quality": "insiders"} if insiders else {})


def test_the_link_for_cursor_says_what_its_configuration_would() -> None:
    link = urlsplit(cursor_link())
    asked = parse_qs(link.query, strict_parsing=True)
    assert (link.netloc, link.path, asked["name"]) == ("cursor.com", "/en/install-mcp", ["files"])
    assert json.loads(base64.b64decode(asked["config"][0], validate=True)) == {
        "type": "stdio",
        "command": "uvx",
        "args": ["files-api-mcp", "serve", "${workspaceFolder}", "--backend", "local"],
    }


def test_badges_are_one_line_of_markdown_each() -> None:
    for line in badges().splitlines():
        assert re.fullmatch(r"\[!\[[^\]]+\]\([^() ]+\)\]\([^() ]+\)", line)


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        right = (self.path, self.headers["Authorization"]) == ("/health", "Bearer t0ken")
        self.send_response(200 if right else 401)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
        """Log nothing."""


@pytest.fixture
def health() -> Generator[int]:
    with HTTPServer(("127.0.0.1", 0), _Health) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def healthy(**variables: str) -> int:
    check = [sys.executable, str(ROOT / "docs" / "publishing" / "healthcheck.py")]
    return subprocess.run(check, env=variables, timeout=300, check=False).returncode


def test_a_container_is_well_when_its_server_takes_the_token(health: int) -> None:
    set_up = {"FILES_API_MCP_TRANSPORT": "http", "FILES_API_MCP_TOKEN_ENV": "T", "FILES_API_MCP_PORT": str(health)}
    assert healthy(**set_up, T="t0ken") == 0
    assert healthy(**set_up, T="t0ken", http_proxy="http://127.0.0.1:9") == 0
    assert healthy(**set_up, T="wrong") == 1
    assert healthy(**set_up) == 1


def test_a_container_whose_server_is_gone_is_not_well_and_one_on_stdio_is() -> None:
    with HTTPServer(("127.0.0.1", 0), _Health) as gone:
        port = str(gone.server_port)
    assert healthy(FILES_API_MCP_TRANSPORT="http", FILES_API_MCP_PORT=port) == 1
    assert healthy(FILES_API_MCP_PORT=port) == 0
