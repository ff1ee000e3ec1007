"""Messages of a client, most of them malformed: valid ones with random changes."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.http_server import MODERN

__all__ = ["Sent", "messages"]


@dataclass(frozen=True)
class Sent:
    """What is sent. `method` and `name` are those of the message before it was changed, for the headers of HTTP."""

    data: bytes
    method: str
    name: str | None


_META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ping", {}),
    ("tools/call", {"name": "list_files", "arguments": {"limit": 3}}),
    ("tools/call", {"name": "describe_file", "arguments": {"file_id": "file_none"}}),
    ("tools/call", {"name": "ask_document", "arguments": {"question": "When does the harbour open? \U0001f600"}}),
    ("tools/call", {"name": "no_such_tool", "arguments": {"id": 1, "deep": [{"id": 2}]}}),
    ("resources/list", {}),
    ("prompts/get", {"name": "summary", "arguments": {"files": "none"}}),
    ("no/such/method", {"text": 'quotes " and \\ and } and "id":3,'}),
)
_NOTIFICATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("notifications/roots/list_changed", {}),
    ("notifications/progress", {"progressToken": "none", "progress": 1}),
    ("notifications/no/such", {"text": "x"}),
)
_VALUES: tuple[Any, ...] = (None, True, 0, 1.5, -3.0, "", "2.0", "id", [], [1], {}, {"id": 4}, "\ud83d", 10**30)
_TOKENS = (
    *(b"NaN", b"-Infinity", b"Infinity", b'"\\ud83d"', b'"\\ude00\\ud83d"', b"\\u0000", b"\\x", b"\xef\xbb\xbf"),
    *(b"\0", b"\r", b"\xff", b"\xed\xa0\xbd", b"\xc0\x80", b"9" * 5000, b"1e999", b"007", b"[" * 300, b'{"a":' * 300),
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"//", b"'", b"undefined", b'"id":', b'"id":5,', b"null"),
    *(b'"result":{},', b'"error":{},', b'"method":"ping",', b'"jsonrpc":"2.0",', b"\xe2\x80\xa8", b"\x1b[0m"),
)


def messages(count: int, seed: int, *, modern: bool) -> Iterator[Sent]:
    """So many messages, each with an id of its own before the changes. `modern` is the newer protocol version."""
    chance = random.Random(seed)
    for number in range(count):
        yield _Message(chance, number, modern=modern).sent()


class _Message:
    def __init__(self, chance: random.Random, number: int, *, modern: bool) -> None:
        self._chance = chance
        self._number = number
        self._modern = modern

    def sent(self) -> Sent:
        method, params, text = self._valid()
        return Sent(self._altered(text).replace(b"\n", b" "), method, params.get("name"))

    def _altered(self, text: bytes) -> bytes:
        if self._chance.random() < 0.04:
            return b"[%b]" % b",".join([text, *(self._other() for _ in range(self._chance.randrange(4)))])
        if self._chance.random() < 0.02:
            return text + self._chance.choice([b"", b" ", b"\r", b"\r\r"]) + self._other()
        if self._chance.random() < 0.0005:
            return self._huge(text)
        for _ in range(self._chance.choice((0, 1, 1, 1, 2, 3))):
            text = self._changed(text)
        return text

    def _valid(self, part: str = "") -> tuple[str, dict[str, Any], bytes]:
        is_call = self._chance.random() < 0.93
        method, params = self._chance.choice(_CALLS if is_call else _NOTIFICATIONS)
        message: dict[str, Any] = {"jsonrpc": "2.0"}
        if is_call:
            message["id"] = self._number if self._chance.random() < 0.7 and not part else f"s{self._number}{part}"
        message |= {"method": method, "params": {**params, "_meta": _META} if self._modern else params}
        if self._chance.random() < 0.15:
            message[self._chance.choice(("jsonrpc", "id", "method", "params", "result"))] = self._chance.choice(_VALUES)
        if self._chance.random() < 0.1:
            message.pop(self._chance.choice(("jsonrpc", "id", "method", "params")), None)
        members = list(message.items())
        if self._chance.random() < 0.3:
            self._chance.shuffle(members)
        separators = (",", ":") if self._chance.random() < 0.8 else (", ", " : ")
        text = json.dumps(dict(members), ensure_ascii=self._chance.random() < 0.5, separators=separators)
        return method, params, text.encode("utf-8", "surrogatepass")

    def _other(self) -> bytes:
        return self._valid(f"-{self._chance.randrange(1000)}")[2]

    def _changed(self, text: bytes) -> bytes:
        at, end = sorted(self._chance.choices(range(len(text) + 1), k=2))
        near = min(end, at + self._chance.randrange(1, 12))
        kind = self._chance.randrange(9)
        if kind == 0:
            return text[:at] + bytes([self._chance.randrange(256)]) + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[near:]
        if kind == 2:
            return text[:near] + text[at:]
        if kind == 3:
            return text[:end]
        if kind == 4:
            return text[at:] if self._chance.random() < 0.2 else text[: max(end, len(text) // 2)]
        token = self._chance.choice(_TOKENS)
        if kind == 5:
            return token + text if self._chance.random() < 0.3 else text + token
        if kind == 6:
            return text[:at] + token + text[at:]
        # In place of a value.
        colon = text.find(b":", at)
        comma = text.find(b",", colon)
        return text[: colon + 1] + token + text[comma:] if 0 <= colon < comma else text[:at] + token + text[near:]

    def _huge(self, text: bytes) -> bytes:
        filler = self._chance.choice((b'{"id":', b"[", b"[],", b'"\\n"', b'"id":1,', b"x", b"1", b'\\"', b"{}"))
        size = self._chance.choice((100_000, 1_000_000, 5_000_000))
        return text[:-1] + b',"more":' + filler * (size // len(filler)) + b"}"
