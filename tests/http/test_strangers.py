"""What those who mean ill may try with a token of their own, or with none."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.http.tenancy import resource, shared
from tests.http.test_oauth import post

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("claim", "value", "status"),
    [
        ("exp", str(int(time.time()) + 600), 401),
        ("exp", f"{int(time.time()) + 600}\n", 401),
        ("exp", 10**400, 401),
        ("exp", 1e300, 401),
        ("exp", time.time() + 600.5, 200),
        ("sub", "\ud800", 200),
        ("sub", "ana\0", 200),
        ("client_id", ["\ud800"], 200),
        ("scope", ["files:read", 5, None, {}], 200),
        ("scope", {"files:read": True}, 403),
    ],
)
async def test_claims_of_strange_kinds_are_taken_or_refused_and_break_nothing(
    tmp_path: Path, claim: str, value: Any, status: int
) -> None:
    async with shared(tmp_path, "local") as (server, issuer):
        token = issuer.token(resource(server), **{claim: value})
        assert (await post(server, token)).status_code == status
