"""Model prices and context windows, as published in November 2026."""

from collections.abc import Mapping
from dataclasses import dataclass

from files_api_mcp.backends.models import ModelUsage

__all__ = ["BATCH_SHARE", "context_tokens", "usage_of"]

BATCH_SHARE = 0.5
"""The price of a batch relative to single requests."""

_WRITE_SHARE, _WRITE_HOUR_SHARE, _READ_SHARE = 1.25, 2.0, 0.1
_LARGE_CONTEXT, _SMALL_CONTEXT = 1_000_000, 200_000


@dataclass(frozen=True, slots=True)
class _Price:
    """Dollars per million tokens."""

    input: float
    output: float


# whats-new-opus-5 on platform.claude.com; a model that is not here has no estimate.
_PRICES = {
    "claude-fable-5-1": _Price(10, 50),
    "claude-opus-5-5": _Price(4, 20),
    "claude-sonnet-5-5": _Price(2, 10),
    "claude-haiku-5-5": _Price(0.10, 0.50),
}
_SMALL = ("claude-haiku-4", "claude-opus-4-5", "claude-sonnet-4-5")


def context_tokens(model: str) -> int:
    """The size of the model's context window in tokens; unknown models count as large."""
    return _SMALL_CONTEXT if model.startswith(_SMALL) or "-3-" in model else _LARGE_CONTEXT


def usage_of(model: str, counts: Mapping[str, int], *, share: float = 1.0) -> ModelUsage:
    """Tokens and estimated cost from a message's usage; no cost if the model's price is unknown.

    `share` is the fraction of the list price that is paid (BATCH_SHARE in a batch).
    """
    fresh, output = counts.get("input_tokens", 0), counts.get("output_tokens", 0)
    written, read = counts.get("cache_creation_input_tokens", 0), counts.get("cache_read_input_tokens", 0)
    price = next((price for name, price in _PRICES.items() if model.startswith(name)), None)
    cost = saved = None
    if price is not None:
        for_an_hour = min(counts.get("ephemeral_1h_input_tokens", 0), written)
        cached = (written - for_an_hour) * _WRITE_SHARE + for_an_hour * _WRITE_HOUR_SHARE
        billed = fresh + cached + read * _READ_SHARE
        cost = round((billed * price.input + output * price.output) * share / 1_000_000, 6)
        saved = round(read * (1 - _READ_SHARE) * price.input * share / 1_000_000, 6) or None
    return ModelUsage(
        input_tokens=fresh + written + read,
        cached_tokens=read,
        output_tokens=output,
        cost_usd=cost,
        saved_usd=saved,
    )
