"""The largest result of a tool, and how many rows of a list fit into it."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

__all__ = [
    "MOST_BYTES",
    "MOST_TOKENS",
    "compact_json",
    "lines_that_fit",
    "notes_that_fit",
    "rows_that_fit",
    "share_of",
    "text_that_fits",
    "tokens_of",
]

MOST_TOKENS = 25_000
"""By our own estimate, over the result as compact JSON."""

MOST_BYTES = 1_000_000
"""As sent: the structure, and the same as text."""

_TOKENS_A_BYTE = MOST_TOKENS / MOST_BYTES
_BETWEEN_ROWS = 1
_NOTES_TOKENS = 2_000
_CHARS_A_TOKEN = 4
"""At most."""


def compact_json(model: BaseModel) -> str:
    """A result as the model reads it."""
    try:
        return model.model_dump_json(exclude_none=True)
    except PydanticSerializationError:  # Of lone surrogates: only Python's own writer takes them.
        data = model.model_dump(mode="json", exclude_none=True)
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def rows_that_fit(rows: Sequence[BaseModel], *, reserved_tokens: int) -> int:
    """How many of the first rows fit into one result, beside `reserved_tokens` of other fields."""
    return _fitting([compact_json(row) for row in rows], MOST_TOKENS - reserved_tokens)


def lines_that_fit(lines: Sequence[Sequence[Any]], *, room: int) -> int:
    """How many of the first lines of a table, which are JSON values, fit into this many tokens."""
    return _fitting([json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines], room)


def notes_that_fit(notes: Sequence[str]) -> list[str] | None:
    """The first notes, of about 2,000 tokens, and how many more there are; None if there are none."""
    shown = [*notes[: _fitting([*map(_quoted, notes)], _NOTES_TOKENS)]]
    if len(shown) < len(notes):
        shown.append(f"{len(notes) - len(shown):,} more notes are left out.")
    return shown or None


def text_that_fits(text: str, *, room: float) -> str:
    """The longest start of a text that fits into this many tokens."""
    start = text[: _CHARS_A_TOKEN * max(0, int(room))]
    if share_of(_quoted(start)) <= room:
        return start
    lengths = range(len(start) + 1)
    return start[: max(0, bisect_right(lengths, room, key=lambda length: share_of(_quoted(start[:length]))) - 1)]


def share_of(text: str) -> float:
    """The share of a result that a part of its JSON takes, in tokens: by its tokens or its bytes, whichever is more."""
    # It is sent twice: as a part of the structure, and as a part of a text, in which its quotes are escaped again.
    size = len(text.encode("utf-8", "surrogatepass")) + len(_quoted(text).encode("utf-8", "surrogatepass"))
    return max(tokens_of(text), size * _TOKENS_A_BYTE) + _BETWEEN_ROWS


def tokens_of(text: str) -> int:
    """The estimated tokens of a text."""
    # Imported here: its patterns take time that a server that only lists its tools does not need.
    from files_api_mcp.backends.tokens import estimate_tokens

    return estimate_tokens(text)


def _fitting(texts: Sequence[str], room: int) -> int:
    # No estimate is higher than a token for each character.
    if sum(map(len, texts)) + len(texts) <= room:
        return len(texts)
    return sum(size <= room for size in accumulate(map(share_of, texts)))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
