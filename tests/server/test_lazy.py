"""What is not needed at once is loaded later, by a server that lists its tools, and by a process that reads files."""

import json
import subprocess
import sys
from pathlib import Path

LISTING = """
import json, sys
from pathlib import Path
import anyio
from files_api_mcp.server.app import build_server
from files_api_mcp.server.settings import Settings
server = build_server(Settings(roots=(), data_dir=Path(sys.argv[1])))
assert anyio.run(server.list_tools)
print(json.dumps(sorted(sys.modules)))
"""
LATER = {
    "sqlite3",
    "pypdfium2",
    "rich.console",
    "rich.logging",
    "files_api_mcp.backends.local.store",
    "files_api_mcp.backends.tokens",
    "files_api_mcp.server.mcp.resources",
    "files_api_mcp.server.mcp.completions",
    "files_api_mcp.server.mcp.prompts",
}


def test_listing_tools_loads_neither_stores_nor_what_is_asked_beside_tools(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTING, str(tmp_path)], check=True, capture_output=True, text=True, timeout=300
    )
    assert not LATER & set(json.loads(done.stdout))


def test_a_process_that_reads_documents_starts_without_models_and_the_event_loop() -> None:
    started = "import sys, files_api_mcp.backends.search.index.worker as _; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", started], check=True, capture_output=True, text=True, timeout=300)
    assert not {"pydantic", "anyio", "sqlite3", "mcp"} & set(done.stdout.split())
