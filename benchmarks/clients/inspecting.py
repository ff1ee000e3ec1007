"""Runs the MCP Inspector in strict mode: finds schemas that some hosts reject."""

import json
import os
import subprocess
from pathlib import Path

from benchmarks.clients.driving import Server

__all__ = ["ERAS", "complaints"]

INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
ERAS = ("legacy", "modern")
LONGEST_S = 180
TYPES = {"http": "streamable-http", "sse": "sse"}


def complaints(server: Server, era: str, folder: Path) -> str:
    """The Inspector's findings about the tools; empty if there are none."""
    if server.transport == "stdio":
        entry: dict[str, object] = {"command": server.command, "args": server.args}
    else:
        entry = {"type": TYPES[server.transport], "url": server.url, "headers": server.headers}
    configuration = folder / "inspector.json"
    configuration.write_text(json.dumps({"mcpServers": {"files": entry}}))
    command = ["npx", "--yes", INSPECTOR, "--cli", "--config", str(configuration), "--server", "files"]
    options = ["--protocol-era", era, "--method", "tools/list", "--strict", "--format", "json", "-q"]
    done = subprocess.run(
        [*command, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
        env=dict(os.environ),
    )
    if done.returncode:
        return f"exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    said = json.loads(done.stdout)
    assert said["result"]["tools"], "no tools were listed"
    # Its exit code counts only errors; here warnings count too.
    findings = said.get("schemaFindings")
    return json.dumps(findings) if findings else ""
