"""Damages `ledger.db` while the backend at the API is used: `python -m benchmarks.ledger_damage [--rounds 500]`.

All files have one name and one size, so that only the ledger tells them apart, and some replies are lost. In each
round the ledger is flipped, cut, blanked, removed or replaced by an older copy, while it is open or between two runs.
Afterwards, files are listed, described, read, uploaded and deleted. A wrong file under an id, a file that is not
listed, or an exception that is not one of ours is a failure. So is a duplicate although the intent was readable, in the
rounds that start after all doubts of earlier ones have ended.
"""

import argparse
import json
import logging
import random
import re
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.backends.anthropic.files.upload import Timing
from files_api_mcp.backends.anthropic.verification import verify_workspace
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import NewFile
from tests.support.emulator import emulated, opened
from tests.support.snapshots import freeze_bytes

NAME = "report.txt"
TIMING = Timing(call_s=5.0, upload_s=10.0, reply_s=5.0, looks=(0.0,), slack_s=1.0, doubt_s=4.0)
DAMAGES = ("bits", "cut", "blank page", "garbage", "removed", "older copy", "older copy renamed", "row", "swapped")
LOST_SHARE = 0.5
RESTED_EVERY = 5
"""A round out of so many starts without doubts. It is prime to the number of damages."""


def content_of(number: int) -> bytes:
    return f"Distinct file {number:08d}.\n".encode()


@dataclass
class Api:
    """Stands before the emulator: knows the content of each file, and loses replies while `down` is set."""

    down: bool = False
    numbers: dict[str, int] = field(default_factory=dict[str, int])

    def around(self, app: ASGIApp) -> ASGIApp:
        async def between(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != "/v1/files":
                await app(scope, receive, send)
            elif scope["method"] != "POST":
                await (_unavailable(send) if self.down else app(scope, receive, send))
            else:
                await upload(scope, receive, send)

        async def upload(scope: Scope, receive: Receive, send: Send) -> None:
            sent, reply = bytearray(), bytearray()

            async def hear() -> Message:
                message = await receive()
                sent.extend(message.get("body", b""))
                return message

            async def answer(message: Message) -> None:
                reply.extend(message.get("body", b""))
                if not self.down:
                    await send(message)

            await app(scope, hear, answer)
            found = re.search(rb"Distinct file (\d+)", bytes(sent))
            if found and b'"id"' in reply:
                self.numbers[json.loads(reply)["id"]] = int(found[1])
            if self.down:
                await _unavailable(send)

        return between


async def _unavailable(send: Send) -> None:
    await send({"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"type":"error","error":{"type":"api_error","message":""}}'})


class Fuzz:
    """One data folder and one emulator, used and damaged round by round."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.failures: list[str] = []
        self.counts: Counter[str] = Counter()
        self._folder = folder
        self._data = folder / "data"
        self._ledger = self._data / "ledger.db"
        self._chance = chance
        self._api = Api()
        self._older: list[bytes] = [b""]
        self._live: set[str] = set()
        self._next = 0
        self._is_rested = False

    async def run(self, rounds: int) -> None:
        async with emulated(self._folder / "api", around=self._api.around) as url:
            for number in range(rounds):
                how = DAMAGES[number % len(DAMAGES)]
                self._is_rested = number % RESTED_EVERY == 0
                if self._is_rested and number:
                    await anyio.sleep(TIMING.doubt_s)
                try:
                    await self._round(url, how, running=bool(number // len(DAMAGES) % 2))
                except Exception as exc:  # noqa: BLE001 - each one is a finding
                    self.failures.append(f"round {number} ({how}): {type(exc).__name__}: {exc}")
                self.counts[how] += 1

    async def _round(self, url: str, how: str, *, running: bool) -> None:
        async with AsyncExitStack() as stack:
            workspace = await stack.enter_async_context(opened(url, self._data, timing=TIMING))
            await self._upload(workspace, self._new())
            lost = self._new() if self._chance.random() < LOST_SHARE else None
            if lost is not None:
                await self._lose(workspace, lost)
            if not running:
                await stack.aclose()
            await to_thread.run_sync(self._damage, how)
            if not running:
                workspace = await stack.enter_async_context(opened(url, self._data, timing=TIMING))
            await self._check(workspace, lost)
        await verify_workspace(self._data, read_data=True, repair=True)
        left = [one for one in (await verify_workspace(self._data, read_data=True)).damages if one.part != "leftover"]
        self._expect(not left, f"not repaired: {left}")

    async def _check(self, workspace: Workspace, lost: int | None) -> None:
        self._live = {file.id for file in (await workspace.files.list(limit=1000)).files}
        self._expect(self._live == set(self._api.numbers), "the list differs from the API")
        for file_id in self._chance.sample(sorted(self._live), min(4, len(self._live))):
            self._expect((await workspace.files.describe(file_id)).id == file_id, "another file is described")
            await self._read(workspace, file_id)
        for record, path in await workspace.originals.contents():
            self._expect(path.name == record.sha256, "a copy has another hash")
            self._expect_bytes(record.id, await to_thread.run_sync(path.read_bytes))
        if lost is not None:
            intents = await workspace.ledger.intents(NAME, len(content_of(lost)))
            await self._upload(workspace, lost)
            copies = sum(number == lost for number in self._api.numbers.values())
            self.counts["intents readable"] += bool(intents)
            self.counts["intents readable, rested"] += bool(intents) and self._is_rested
            self._expect(copies == 1 or not (intents and self._is_rested), "a duplicate")
        known = self._chance.choice(sorted(self._live))
        await self._upload(workspace, self._api.numbers[known])
        if len(self._api.numbers) > 12:
            await self._delete(workspace, self._chance.choice(sorted(self._live)))
        self._older = [*self._older[-4:], await to_thread.run_sync(self._ledger.read_bytes)]

    def _new(self) -> int:
        self._next += 1
        return self._next

    async def _upload(self, workspace: Workspace, number: int) -> None:
        snapshot = await to_thread.run_sync(freeze_bytes, self._folder / "frozen", content_of(number))
        try:
            stored = await workspace.files.upload(snapshot, NewFile(NAME, "text/plain"))
        except FilesError as exc:
            self.counts[exc.code] += 1
            return
        self.counts["uploads"] += 1
        self._expect(self._api.numbers[stored.record.id] == number, "an upload returned the id of another file")
        await self._read(workspace, stored.record.id)

    async def _lose(self, workspace: Workspace, number: int) -> None:
        self._api.down = True
        try:
            await self._upload(workspace, number)
        finally:
            self._api.down = False

    async def _read(self, workspace: Workspace, file_id: str) -> None:
        try:
            record, path = await workspace.originals.blob_path(file_id)
        except FilesError as exc:
            self.counts[exc.code] += 1
            return
        self.counts["reads"] += 1
        self._expect(record.id == file_id, "another file is read")
        self._expect_bytes(file_id, await to_thread.run_sync(path.read_bytes))

    async def _delete(self, workspace: Workspace, file_id: str) -> None:
        await workspace.files.delete(file_id)
        del self._api.numbers[file_id]
        self.counts["deletions"] += 1

    def _expect_bytes(self, file_id: str, found: bytes) -> None:
        # An older copy of the ledger may name a file that was deleted since.
        number = self._api.numbers.get(file_id)
        self._expect(number is None or found == content_of(number), "the wrong file is quoted")

    def _expect(self, holds: bool, what: str) -> None:  # noqa: FBT001
        if not holds:
            raise AssertionError(what)

    def _damage(self, how: str) -> None:
        if how == "removed":
            self._ledger.unlink()
        elif how == "older copy renamed":
            (self._folder / "older").write_bytes(self._chance.choice(self._older))
            (self._folder / "older").replace(self._ledger)
        elif how == "older copy":
            self._ledger.write_bytes(self._chance.choice(self._older))
        else:
            self._ledger.write_bytes(damaged(self._ledger.read_bytes(), how, self._chance))


def damaged(sound: bytes, how: str, chance: random.Random) -> bytes:
    """A damaged copy of a database file."""
    data = bytearray(sound)
    if how == "bits":
        for _ in range(chance.choice((1, 1, 3, 30))):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif how == "row":
        # A bit of a value: SQLite does not notice it.
        match = chance.choice([*re.finditer(rb"report\.txt|file_\w{24}|[0-9a-f]{64}", sound)])
        data[chance.randrange(*match.span())] ^= 1
    elif how == "swapped":
        pattern = chance.choice((rb"[0-9a-f]{128}", rb"file_\w{24}"))
        one, other = chance.choices([*re.finditer(pattern, sound)], k=2)
        data[slice(*one.span())], data[slice(*other.span())] = other[0], one[0]
    elif how == "cut":
        del data[chance.randrange(len(data)) :]
    elif how == "blank page":
        page = 4096 * chance.randrange(len(data) // 4096)
        data[page : page + 4096] = bytes(4096)
    else:
        data = bytearray(chance.randbytes(len(data)))
    return bytes(data)


def main() -> int:
    """Print what was done and what failed; 0 if nothing did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.WARNING)

    async def run() -> Fuzz:
        with tempfile.TemporaryDirectory() as folder:
            fuzz = Fuzz(Path(folder), random.Random(options.seed))
            await fuzz.run(options.rounds)
            return fuzz

    fuzz = anyio.run(run)
    print("\n".join(f"{count:>6} {what}" for what, count in sorted(fuzz.counts.items())))
    print("\n".join(fuzz.failures) or "no failure")
    return int(bool(fuzz.failures))


if __name__ == "__main__":
    sys.exit(main())
