"""Prompt caching: finds the prefix of a request that was sent before, and counts tokens as the API does."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from files_api_mcp.server.emulator.message_request import Block, MessagesRequest

__all__ = ["PromptCache", "Usage"]

_MIN_PREFIX = 1024
_MAX_ENTRIES = 10_000
_TTL_S = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True, slots=True)
class Usage:
    """The input tokens of a request, by price class."""

    input_tokens: int
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0

    @property
    def total(self) -> int:
        return self.input_tokens + self.cache_creation_input_tokens + self.cache_read_input_tokens


class PromptCache:
    """Remembers request prefixes for the time in their `cache_control`. Each use extends it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def usage(self, workspace: str, request: MessagesRequest, tokens: Sequence[int], overhead: int) -> Usage:
        """Counts a request's tokens from the `tokens` of each block; `overhead` is the count before the blocks."""
        digest = hashlib.sha256(repr((workspace, request.model, request.system, request.tools)).encode())
        read = written = total = 0
        before = overhead
        for (role, block), count in zip(request.blocks, tokens, strict=True):
            before += count
            digest.update(json.dumps([role, _without_cache_control(block)], sort_keys=True).encode())
            lifetime = _lifetime(block)
            if lifetime is not None and before >= _MIN_PREFIX:
                written = before
                if self._touch(digest.digest(), lifetime):
                    read = before
        total = before
        return Usage(
            input_tokens=total - max(read, written),
            cache_creation_input_tokens=max(0, written - read),
            cache_read_input_tokens=read,
        )

    def _touch(self, key: bytes, lifetime: float) -> bool:
        now = self._clock()
        known = self._until.get(key, 0.0) > now
        self._until[key] = now + lifetime
        self._until.move_to_end(key)
        if len(self._until) > _MAX_ENTRIES:
            self._until.popitem(last=False)
        return known


def _without_cache_control(block: Block) -> Block:
    return {name: value for name, value in block.items() if name != "cache_control"}


def _lifetime(block: Block) -> float | None:
    control: Any = block.get("cache_control")
    if not isinstance(control, dict):
        return None
    return _TTL_S.get(str(control.get("ttl", "5m")), _TTL_S["5m"])  # type: ignore[reportUnknownMemberType, reportUnknownArgumentType]
