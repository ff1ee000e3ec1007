"""Version 1 of the MCP SDK, which most hosts use, calls every tool over HTTP.

`python -m benchmarks.clients` does the same with eight more clients, and over stdio.
"""

from pathlib import Path

import pytest

from benchmarks.clients.__main__ import reached
from benchmarks.clients.clients import CLIENTS
from benchmarks.clients.driving import driver
from benchmarks.clients.story import tell
from tests.support.packages import skip_if_unreachable

OLD = CLIENTS[0]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_the_older_sdk_calls_every_tool(tmp_path: Path, transport: str) -> None:
    try:
        with (
            reached(tmp_path, transport) as (server, root),
            driver(OLD.command(tmp_path), server, OLD.era, str(tmp_path)) as client,
        ):
            assert client.protocol == "2025-11-25"
            tell(client, root, remote=True)
    except AssertionError as exc:
        skip_if_unreachable("\n".join(getattr(exc, "__notes__", [])))
        raise
