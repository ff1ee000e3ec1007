"""What questions may cost a day: reserved before they are sent, settled by the usage of the reply."""

import asyncio
import json
import zipfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.api.http_client import open_http_client
from files_api_mcp.backends.anthropic.api.messages import MessagesClient
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.ledger.ledger import open_ledger
from files_api_mcp.backends.anthropic.spending.budget import Budget, Limit
from files_api_mcp.backends.anthropic.spending.prices import Price, price_of
from files_api_mcp.backends.anthropic.spending.report import spending_in
from files_api_mcp.backends.anthropic.verification import verify_workspace
from files_api_mcp.backends.errors import BudgetExceeded, FilesError, UpstreamUnreachable
from files_api_mcp.backends.findings import Spent
from files_api_mcp.backends.models import silent
from tests.support.emulator import endpoint
from tests.support.scripted_api import saying

pytestmark = pytest.mark.anyio

MODEL = "claude-sonnet-5-5"
PARAMS: dict[str, Any] = {"model": MODEL, "max_tokens": 1000, "messages": [{"role": "user", "content": "What?"}]}


@dataclass
class Api:
    """Answers questions, and adds up what they cost; `lost`: it closes the connection instead."""

    usage: dict[str, int] = field(default_factory=lambda: {"input_tokens": 4000, "output_tokens": 900})
    lost: bool = False
    refuses: bool = False
    asked: int = 0
    cost_usd: float = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
            self.asked += 1
            if not self.refuses:
                self.cost_usd += (self.usage["input_tokens"] * 2 + self.usage["output_tokens"] * 10) / 1e6
            if not self.lost:
                body = json.dumps({**saying("Yes."), "usage": self.usage}).encode()
                lines = [f"HTTP/1.1 {400 if self.refuses else 200} X", "content-type: application/json"]
                writer.write("\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body)
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def asking(api: Api, data: Path, usd: float, principal: str = "") -> AsyncGenerator["Asker"]:
    listening = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with (
        open_http_client(endpoint(url)) as http,
        open_ledger(data / "ledger.db", "key", principal) as ledger,
    ):
        limit = Limit(usd, MODEL, price_of(MODEL))
        yield Asker(MessagesClient(RetryingSender(http, None)), Budget(ledger.view, principal, limit))
    listening.close()


@dataclass
class Asker:
    client: MessagesClient
    budget: Budget
    errors: list[FilesError] = field(default_factory=list[FilesError])

    async def ask(self) -> None:
        meter = self.budget.meter(0)
        try:
            await self.client.create(PARAMS, deadline=anyio.current_time() + 60, progress=silent, meter=meter)
        except FilesError as exc:
            self.errors.append(exc)


async def spent_in(data: Path) -> list[Spent]:
    return await to_thread.run_sync(spending_in, data / "ledger.db")


async def test_a_burst_of_questions_costs_no_cent_over_the_budget(tmp_path: Path) -> None:
    """300 questions at once, of two servers that share the ledger."""
    api = Api()
    async with asking(api, tmp_path, 1.0) as one, asking(api, tmp_path, 1.0) as other:
        async with anyio.create_task_group() as group:
            for index in range(300):
                group.start_soon((one, other)[index % 2].ask)
        errors = [*one.errors, *other.errors]
    assert api.asked + len(errors) == 300
    assert errors
    assert {error.code for error in errors} == {"budget_exceeded"}
    assert 0 < api.cost_usd <= 1.0
    assert sum(day.spent_usd + day.reserved_usd for day in await spent_in(tmp_path)) == pytest.approx(api.cost_usd)


async def test_what_is_left_is_used_up_and_the_refusal_says_when_it_renews(tmp_path: Path) -> None:
    api = Api()
    async with asking(api, tmp_path, 0.1) as asker:
        while not asker.errors:
            await asker.ask()
    (error,) = asker.errors
    assert isinstance(error, BudgetExceeded)
    assert "of 0.1 USD a day is left." in error.sentence
    assert "T00:00:00Z" in error.next_step
    assert 0.05 < api.cost_usd <= 0.1


async def test_a_lost_reply_keeps_its_reservation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", min)
    api = Api(lost=True)
    async with asking(api, tmp_path, 10) as asker:
        await asker.ask()
    assert isinstance(asker.errors[0], UpstreamUnreachable)
    (day,) = await spent_in(tmp_path)
    assert (day.calls, day.spent_usd) == (api.asked, 0.0)
    assert day.reserved_usd > api.cost_usd


async def test_a_refused_question_costs_nothing(tmp_path: Path) -> None:
    async with asking(Api(refuses=True), tmp_path, 10) as asker:
        await asker.ask()
    assert asker.errors[0].code == "invalid_argument"
    assert await spent_in(tmp_path) == []


async def test_principals_have_budgets_of_their_own(tmp_path: Path) -> None:
    async with asking(Api(), tmp_path, 0.03, "ann") as ann, asking(Api(), tmp_path, 0.03, "bob") as bob:
        while not ann.errors:
            await ann.ask()
        await bob.ask()
        assert not bob.errors
    assert {one.principal for one in await spent_in(tmp_path)} == {"ann", "bob"}


async def test_a_question_under_way_counts_after_a_crash(tmp_path: Path) -> None:
    async with asking(Api(), tmp_path, 1) as asker:
        await asker.budget.reserve(900_000_000)
    async with asking(Api(), tmp_path, 1) as asker:
        with pytest.raises(BudgetExceeded, match=r"up to 0.20 USD, and 0.10 USD of 1 USD a day is left"):
            await asker.budget.reserve(200_000_000)
        await asker.budget.reserve(100_000_000)


async def test_a_model_without_a_price_is_asked_for_its_price(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "ledger.db", "key") as ledger:
        budget = Budget(ledger.view, "", Limit(10, "own-model", price_of("own-model")))
        with pytest.raises(BudgetExceeded, match="--price-input and --price-output"):
            await budget.meter(0).reserve({**PARAMS, "model": "own-model"}, 10)
        unlimited = Budget(ledger.view, "", Limit(float("inf"), "own-model", None))
        assert await unlimited.meter(0).reserve({**PARAMS, "model": "own-model"}, 10) is None
        known = Budget(ledger.view, "", Limit(10, "own-model", Price(1, 1)))
        assert await known.meter(0).reserve({**PARAMS, "model": "own-model"}, 10) is not None


@pytest.fixture
def before(tmp_path: Path) -> None:
    with zipfile.ZipFile(Path(__file__).parent / "ledger" / "ledger-version-5.zip") as packed:
        packed.extractall(tmp_path)


@pytest.mark.usefixtures("before")
async def test_a_ledger_of_the_version_before_gets_the_table(tmp_path: Path) -> None:
    assert await spent_in(tmp_path) == []
    async with open_ledger(tmp_path / "ledger.db", "key") as ledger:
        assert list(await ledger.entries()) == ["file_1"]
        assert len(await ledger.intents("other.txt", 9)) == 1
        budget = Budget(ledger.view, "", Limit(10, MODEL, price_of(MODEL)))
        reservation = await budget.reserve(3_000_000_000)
        await budget.settle_nano(reservation, 500_000_000)
    today = datetime.now(UTC).date().isoformat()
    assert await spent_in(tmp_path) == [Spent(today, None, MODEL, 1, 0.5, 0.0)]
    assert (await verify_workspace(tmp_path)).damages == []
