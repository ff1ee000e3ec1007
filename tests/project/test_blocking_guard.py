"""The guard in conftest.py catches planted faults."""

import time

import pytest
from blockbuster import BlockingError

from files_api_mcp.backends import models

pytestmark = pytest.mark.anyio


async def test_a_blocking_call_of_ours_in_the_event_loop_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = "def planted(time):\n    time.sleep(0.001)\n"
    scope: dict[str, object] = {}
    exec(compile(planted, str(models.__file__), "exec"), scope)
    with pytest.raises(BlockingError):
        scope["planted"](time)  # type: ignore[operator]
