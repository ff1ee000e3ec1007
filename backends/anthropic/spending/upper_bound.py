"""The most that a request can cost, before it is sent."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from files_api_mcp.backends.anthropic.answers.content_blocks import ContextFile
from files_api_mcp.backends.anthropic.spending.prices import WRITE_HOUR_SHARE, WRITE_SHARE, Price, context_tokens

__all__ = ["most_nano", "referenced_tokens"]

_IMAGE_TOKENS = 10_000
_HIDDEN_TOKENS = 5_000
"""What the API adds for citations and tools."""
_ROUNDS = 10
"""Turns that the API runs by itself in a request with code execution."""
_ROUND_TOKENS = 20_000
"""What the output of code adds to each of these turns: an estimate, as the API does not limit it."""


def referenced_tokens(model: str, files: Sequence[ContextFile]) -> int:
    """The most input tokens of the files that a request names by their ids, and what pictures in the request itself
    cost less than their bytes; other files are in the request itself."""
    return sum(_most_tokens(model, file) for file in files)


def most_nano(price: Price, params: Mapping[str, Any], body_bytes: int, referenced: int, *, share: float = 1.0) -> int:
    """The most that a request of `body_bytes` bytes can cost, in billionths of a dollar.

    A token has at least one byte, all of the input may be written to the cache, and thinking counts as output.
    """
    window = context_tokens(params["model"])
    asked = body_bytes + referenced + _HIDDEN_TOKENS
    runs_code = bool(params.get("tools"))
    turn = min(window, asked + params["max_tokens"] + _ROUND_TOKENS if runs_code else asked)
    tokens = turn * (_ROUNDS if runs_code else 1)
    output = params["max_tokens"]
    return math.ceil((tokens * _write_share(params) * price.input + output * price.output) * share * 1000)


def _most_tokens(model: str, file: ContextFile) -> int:
    match file.kind:
        case "text":
            return file.record.size_bytes
        case "image":
            # A copy in the request costs by its pixels too, not by its bytes, which are counted with the request.
            inline = len(file.block()["source"].get("data", ""))
            return _IMAGE_TOKENS - inline
        case "pdf":
            # Four times the estimate is more than a token a character, and 6,000 for the picture of a page.
            return 4 * (file.tokens + 1) if file.held and file.page_count else context_tokens(model)
        case _:
            return 0


def _write_share(params: Mapping[str, Any]) -> float:
    controls = [
        block["cache_control"]
        for message in params["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if "cache_control" in block
    ]
    if not controls:
        return 1.0
    return WRITE_HOUR_SHARE if any(control.get("ttl") == "1h" for control in controls) else WRITE_SHARE
