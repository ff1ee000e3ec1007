"""Budget: what questions may cost on one day, kept in the ledger by all processes on the data folder together."""

import logging
import math
import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from files_api_mcp.backends.anthropic.ledger.rows import insert, select
from files_api_mcp.backends.anthropic.ledger.view import LedgerView
from files_api_mcp.backends.anthropic.spending.prices import Price, billed_nano
from files_api_mcp.backends.anthropic.spending.upper_bound import most_nano
from files_api_mcp.backends.clock import utc_now
from files_api_mcp.backends.errors import BudgetExceeded, FilesError

__all__ = ["Budget", "Limit", "Meter", "dollars", "renews_at"]

_NANO = 1_000_000_000
_KEPT = timedelta(days=92)
_TOTAL = "SELECT coalesce(sum(coalesce(spent_nano, reserved_nano)), 0) FROM spending WHERE day = ? AND principal = ?"
_FREE = "find_text, query_table and read_document cost nothing."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """Dollars a day for one principal (math.inf: no limit), and the price of the model; None if it is unknown."""

    usd: float
    model: str
    price: Price | None

    @property
    def is_blind(self) -> bool:
        """Whether there is a limit that cannot be kept, because the price is unknown."""
        return self.price is None and not math.isinf(self.usd)

    @property
    def counts(self) -> bool:
        """Whether calls are recorded: without a limit and a price, there is nothing to record."""
        return self.price is not None or self.is_blind


class Budget:
    """The spending of one principal. Every reservation is durable before the call that it is for is sent."""

    def __init__(self, ledger: LedgerView, principal: str, limit: Limit) -> None:
        self.limit = limit
        self._ledger = ledger
        self._principal = principal

    def meter(self, referenced_tokens: int) -> "Meter":
        """Metering of the calls of one question. `referenced_tokens`: the most tokens of files named by their ids."""
        return Meter(self, referenced_tokens)

    async def reserve(self, nano: int, reservation: str | None = None) -> str:
        """Reserve what a call may cost, in billionths of a dollar, and return the reservation's id.

        Raises:
            BudgetExceeded: It may cost more than is left today, or the price of the model is unknown.
        """
        if self.limit.is_blind:
            raise BudgetExceeded(
                f"The price of the model {self.limit.model} is not known, so its budget cannot be kept.",
                f"Ask the operator to set --price-input and --price-output, or --budget inf. {_FREE}",
            )
        reservation = reservation or f"spend_{secrets.token_hex(12)}"
        day = utc_now().date().isoformat()
        most = math.inf if math.isinf(self.limit.usd) else int(self.limit.usd * _NANO)

        def work(connection: sqlite3.Connection, _: str) -> int | None:
            (used,) = connection.execute(_TOTAL, (day, self._principal)).fetchone()
            if used + nano > most:
                return used
            old = (utc_now() - _KEPT).date().isoformat()
            connection.execute("DELETE FROM spending WHERE day < ?", (old,))
            insert(connection, "spending", (reservation, self._principal, day, self.limit.model, nano, None))
            return None

        used = await self._ledger.write(work)
        if used is not None:
            left = dollars(max(0, round(most) - used))
            raise BudgetExceeded(
                f"This may cost up to {dollars(nano)}, and {left} of {self.limit.usd:g} USD a day is left.",
                f"The budget renews at {renews_at()}; the operator can raise --budget. {_FREE}",
                may_pass=False,
            )
        return reservation

    async def settle(self, reservation: str, counts: Mapping[str, int], *, share: float = 1.0) -> None:
        """Record what a call cost, from the usage in its reply; no usage: it cost nothing.

        If that fails, the reservation stays, which counts no less.
        """
        if self.limit.price is not None:
            await self.settle_nano(reservation, billed_nano(self.limit.price, counts, share=share))

    async def settle_nano(self, reservation: str, nano: int) -> None:
        """Record what calls cost in all."""

        def work(connection: sqlite3.Connection, _: str) -> None:
            for row in select(connection, "spending", "id = ?", reservation):
                insert(connection, "spending", (*row[:-1], nano))
                if nano > row[-2]:
                    _log.warning("a question cost %s, more than the %s reserved", dollars(nano), dollars(row[-2]))

        try:
            await self._ledger.write(work)
        except FilesError as exc:
            _log.warning("what a question cost could not be recorded: %s", exc.sentence)

    async def release(self, reservation: str) -> None:
        """Remove a reservation: its call was not made."""

        def work(connection: sqlite3.Connection, _: str) -> None:
            connection.execute("DELETE FROM spending WHERE id = ?", (reservation,))

        with suppress(FilesError):
            await self._ledger.write(work)


class Meter:
    """Reserves and settles the calls of one question."""

    def __init__(self, budget: Budget, referenced_tokens: int) -> None:
        self._budget = budget
        self._referenced_tokens = referenced_tokens

    async def reserve(self, params: Mapping[str, Any], body_bytes: int) -> str | None:
        """Reserve what a request may cost; None if nobody knows its price and there is no limit.

        Raises:
            BudgetExceeded: The budget does not allow the request.
        """
        limit = self._budget.limit
        if not limit.counts:
            return None
        price = limit.price or Price(0, 0)
        return await self._budget.reserve(most_nano(price, params, body_bytes, self._referenced_tokens))

    async def settle(self, reservation: str, counts: Mapping[str, int]) -> None:
        """Record what the request cost. A reply without usage leaves the reservation."""
        if "input_tokens" in counts and "output_tokens" in counts:
            await self._budget.settle(reservation, counts)

    async def release(self, reservation: str) -> None:
        """The request was refused, so it costs nothing."""
        await self._budget.release(reservation)


def dollars(nano: int) -> str:
    """An amount in words."""
    return f"{nano / _NANO:.2f} USD" if nano >= _NANO // 100 or not nano else f"{nano / _NANO:.4f} USD"


def renews_at(now: datetime | None = None) -> str:
    """The next midnight in UTC."""
    today = (now or utc_now()).astimezone(UTC).date()
    return datetime.combine(today + timedelta(days=1), time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
