"""Model prices and context windows."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from files_api_mcp.backends.models import ModelUsage

__all__ = [
    "BATCH_SHARE",
    "PRICED_ON",
    "WRITE_HOUR_SHARE",
    "WRITE_SHARE",
    "Price",
    "billed_nano",
    "context_tokens",
    "price_of",
    "usage_of",
]

BATCH_SHARE = 0.5
"""The price of a batch relative to single requests."""

WRITE_SHARE, WRITE_HOUR_SHARE = 1.25, 2.0
"""The price of a token that is written to the cache for five minutes, or an hour, relative to one that is not."""
_READ_SHARE = 0.1
_LARGE_CONTEXT, _SMALL_CONTEXT = 1_000_000, 200_000


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens."""

    input: float
    output: float


PRICED_ON = "2026-11-20"
"""When the prices were taken from platform.claude.com (What's new in Opus 5)."""
_PRICES = {
    "claude-fable-5-1": Price(10, 50),
    "claude-opus-5-5": Price(4, 20),
    "claude-sonnet-5-5": Price(2, 10),
    "claude-haiku-5-5": Price(0.10, 0.50),
}
_DATED = re.compile(r"-20\d{6}")
_SMALL = ("claude-haiku-4", "claude-opus-4-5", "claude-sonnet-4-5")


def context_tokens(model: str) -> int:
    """The size of the model's context window in tokens; unknown models count as large."""
    return _SMALL_CONTEXT if model.startswith(_SMALL) or "-3-" in model else _LARGE_CONTEXT


def price_of(model: str) -> Price | None:
    """The list price of a model, also under its name with a date; None if it is unknown."""
    return _PRICES.get(_DATED.sub("", model))


def billed_nano(price: Price, counts: Mapping[str, int], *, share: float = 1.0) -> int:
    """The cost of a message from its usage, in billionths of a dollar, rounded up."""
    fresh, output = counts.get("input_tokens", 0), counts.get("output_tokens", 0)
    written, read = counts.get("cache_creation_input_tokens", 0), counts.get("cache_read_input_tokens", 0)
    for_an_hour = min(counts.get("ephemeral_1h_input_tokens", 0), written)
    cached = (written - for_an_hour) * WRITE_SHARE + for_an_hour * WRITE_HOUR_SHARE
    billed = fresh + cached + read * _READ_SHARE
    return math.ceil((billed * price.input + output * price.output) * share * 1000)


def usage_of(price: Price | None, counts: Mapping[str, int], *, share: float = 1.0) -> ModelUsage:
    """Tokens and estimated cost from a message's usage; no cost if the model's price is unknown.

    `share` is the fraction of the price that is paid (BATCH_SHARE in a batch).
    """
    fresh, output = counts.get("input_tokens", 0), counts.get("output_tokens", 0)
    written, read = counts.get("cache_creation_input_tokens", 0), counts.get("cache_read_input_tokens", 0)
    cost = saved = None
    if price is not None:
        cost = round(billed_nano(price, counts, share=share) / 1e9, 6)
        saved = round(read * (1 - _READ_SHARE) * price.input * share / 1_000_000, 6) or None
    return ModelUsage(
        input_tokens=fresh + written + read,
        cached_tokens=read,
        output_tokens=output,
        cost_usd=cost,
        saved_usd=saved,
    )
