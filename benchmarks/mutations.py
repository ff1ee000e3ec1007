"""Uploads whose source changes at a random moment: `python -m benchmarks.mutations [--rounds 1000]`.

Another process changes the file while it is copied and sent. Each time, the bytes at the server must match the recorded
hash, or an error must say that nothing was sent. For comparison, the usual way hashes the file and then sends it from
its path; its failures show that the changes come at critical moments.

The content sent is the old one, the new one, `halfway` (the file between two writes, which a reader cannot distinguish
from a finished file), or `mixed`: old and new bytes that were never in the file at the same time.
"""

import argparse
import bisect
import codecs
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import anyio
from anyio import to_thread
from anyio.abc import ByteSendStream
from anyio.streams.buffered import BufferedByteReceiveStream

from benchmarks.mutator import CHANGES
from files_api_mcp.backends.anthropic.files.upload import Timing
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import FileRecord, NewFile, Snapshot
from files_api_mcp.backends.roots.roots import Roots, SourceFile
from files_api_mcp.backends.staging.snapshot import freeze
from files_api_mcp.backends.staging.spool import Spool, open_spool
from tests.support.emulator import opened
from tests.support.fault_server.server import fault_server
from tests.support.fault_server.state import ModeState

SIZES = (30_000, 900_000, 3_000_000, 12_000_000)
TEXT_SHARE = 0.2
IN_ADVANCE = 5
FIRST_GUESS_S = 0.05
MUTATOR = [sys.executable, str(Path(__file__).with_name("mutator.py"))]
Freezing = Callable[[SourceFile, Spool], AbstractAsyncContextManager[Snapshot]]


@dataclass(frozen=True)
class Job:
    """A file to upload, and the change that another process makes to it."""

    change: str
    path: Path
    old: bytes
    new: bytes
    mime_type: str

    @property
    def new_path(self) -> Path:
        return self.path.parent.with_name("new") / self.path.name

    def write(self) -> None:
        self.path.write_bytes(self.old)
        self.new_path.write_bytes(self.new)
        _ = self.known

    def clean_up(self) -> None:
        self.path.unlink(missing_ok=True)
        self.new_path.unlink()

    @cached_property
    def known(self) -> dict[str, str]:
        """The two contents of the file, by hash."""
        return {hashlib.sha256(self.new).hexdigest(): "new", hashlib.sha256(self.old).hexdigest(): "old"}

    def content_of(self, snapshot: Snapshot) -> str:
        """The content of a snapshot: old, new, halfway or mixed."""
        if found := self.known.get(snapshot.sha256):
            return found
        taken = snapshot.path.read_bytes() if snapshot.content is None else snapshot.content
        written = bisect.bisect_left(range(len(taken)), x=True, key=lambda end: taken[: end + 1] != self.new[: end + 1])
        return "halfway" if taken[written:] == self.old[written:] else "mixed"


@dataclass(slots=True)
class Attempt:
    """An upload: its times and its result. `content` is None if it failed."""

    began: float
    frozen: float | None = None
    ended: float = 0.0
    content: str | None = None
    record: FileRecord | None = None

    def phase(self, moment: float) -> str:
        if moment < (self.frozen or self.ended):
            return "copying"
        return "sending" if moment < self.ended else "after"


@dataclass(frozen=True, slots=True)
class Round:
    """The outcome of a job. `content` is the content sent, None after an error."""

    change: str
    content: str | None
    is_mismatch: bool
    phase: str


@asynccontextmanager
async def unfrozen(source: SourceFile, spool: Spool) -> AsyncGenerator[Snapshot]:
    """The usual way: hash the file, then send it from its path, without a copy."""
    content = await to_thread.run_sync(os.pread, source.fd, source.size_bytes, 0)
    link = spool.new_path()
    await to_thread.run_sync(link.symlink_to, source.path)
    yield Snapshot(link, hashlib.sha256(content).hexdigest(), len(content), content[:65536], content[-65536:])


class Course:
    """Uploads files one by one with our client, while another process changes them."""

    def __init__(self, roots: Roots, spool: Spool, workspace: Workspace, server: ModeState, freezing: Freezing) -> None:
        self._roots = roots
        self._spool = spool
        self._workspace = workspace
        self._server = server
        self._freezing = freezing
        self._usual_s: dict[int, float] = {}

    async def run(self, job: Job, orders: ByteSendStream, answers: BufferedByteReceiveStream, late: float) -> Round:
        """Run one round. `late` is the start of the change, as a share of the duration of an upload."""
        delay = late * self._usual_s.get(len(job.old), FIRST_GUESS_S)
        order = {"change": job.change, "path": str(job.path), "new": str(job.new_path), "delay": delay}
        await orders.send(json.dumps(order).encode() + b"\n")
        await answers.receive_until(b"\n", 1000)
        posts = self._server.posts
        await orders.send(b"\n")
        attempt = await self._attempt(job)
        changed, _ = json.loads(await answers.receive_until(b"\n", 1000))
        if attempt.record:
            self._usual_s[len(job.old)] = attempt.ended - attempt.began
        return Round(job.change, attempt.content, not await self._is_right(attempt, posts), attempt.phase(changed))

    async def _attempt(self, job: Job) -> Attempt:
        attempt = Attempt(time.monotonic())
        try:
            with await to_thread.run_sync(self._roots.open_file, job.path.name) as source:
                async with self._freezing(source, self._spool) as snapshot:
                    attempt.frozen = time.monotonic()
                    content = await to_thread.run_sync(job.content_of, snapshot)
                    uploaded = await self._workspace.files.upload(snapshot, NewFile(job.path.name, job.mime_type))
                    attempt.content, attempt.record = content, uploaded.record
        except FilesError:
            pass
        attempt.ended = time.monotonic()
        return attempt

    async def _is_right(self, attempt: Attempt, posts: int) -> bool:
        """Whether the server holds the recorded content, or received nothing."""
        if attempt.record is None:
            return self._server.posts == posts
        held = self._server.files[attempt.record.id]
        entry = await self._workspace.ledger.entry(attempt.record.id)
        recorded = {attempt.record.sha256, entry.content.sent_sha256 if entry else None}
        return recorded == {held.sha256} and held.size_bytes == attempt.record.size_bytes


async def run_rounds(
    folder: Path,
    rounds: int,
    seed: int,
    *,
    freezing: Freezing = freeze,
    sizes: Sequence[int] = SIZES,
    until_mismatch: bool = False,
) -> list[Round]:
    """Upload `rounds` files, with all kinds of change equally often."""
    chance = random.Random(seed)
    for name in ("root", "new"):
        await to_thread.run_sync((folder / name).mkdir)
    done: list[Round] = []
    with await to_thread.run_sync(Roots, [folder / "root"]) as roots:
        async with (
            fault_server() as server,
            open_spool(folder / "spool") as spool,
            opened(server.url("ok"), folder / "data", timing=Timing()) as workspace,
            await anyio.open_process(MUTATOR, stderr=None) as mutator,
        ):
            assert mutator.stdin
            assert mutator.stdout
            answers = BufferedByteReceiveStream(mutator.stdout)
            course = Course(roots, spool, workspace, server.state("ok"), freezing)
            while len(done) < rounds and not (until_mismatch and any(one.is_mismatch for one in done)):
                numbers = range(len(done), min(rounds, len(done) + IN_ADVANCE))
                # The upload waits for a file just written, so the change would come before the first byte is read.
                jobs = [await to_thread.run_sync(new_job, folder / "root", number, sizes, chance) for number in numbers]
                for job in jobs:
                    done.append(await course.run(job, mutator.stdin, answers, 1.1 * chance.random() ** 2))
                    await to_thread.run_sync(job.clean_up)
            await mutator.stdin.aclose()
    return done


def new_job(root: Path, number: int, sizes: Sequence[int], chance: random.Random) -> Job:
    """Write a file with unique content."""
    change = tuple(CHANGES)[number % len(CHANGES)]
    is_text = chance.random() < TEXT_SHARE
    size = chance.choice(sizes)

    def content() -> bytes:
        # UTF-16 is sent as UTF-8, from a copy of the snapshot.
        letters = chance.randbytes(size // 4).hex().encode("utf-16-le")
        return codecs.BOM_UTF16_LE + letters if is_text else chance.randbytes(size)

    old = content()
    match change:
        case "append":
            new = old + content()[: size // 2]
        case "truncate":
            new = old[: chance.randrange(2, len(old))]
        case _:
            new = content()
    job = Job(change, root / f"{number:06d}.bin", old, new, "text/plain" if is_text else "application/octet-stream")
    job.write()
    return job


def print_table(title: str, done: list[Round]) -> None:
    """Print a line for each kind of change; `at` counts the client's steps at the start of the change."""
    columns = "{:<26}" + "{:>8}" * 3 + "{:>11}" + " |" + "{:>6}" * 2 + "{:>9}{:>7}" + " |" + "{:>12}" * 2 + "{:>7}"
    heads = (
        "rounds",
        "sent",
        "refused",
        "mismatches",
        "old",
        "new",
        "halfway",
        "mixed",
        "at copying",
        "sending",
        "after",
    )
    print(columns.format(title, *heads))
    for change in (*CHANGES, "all"):
        those = [one for one in done if change in (one.change, "all")]
        contents, phases = Counter(one.content for one in those), Counter(one.phase for one in those)
        sent = len(those) - contents[None]
        wrong = sum(one.is_mismatch for one in those)
        held = [contents[content] for content in ("old", "new", "halfway", "mixed")]
        at = [phases[phase] for phase in ("copying", "sending", "after")]
        print(columns.format(change, len(those), sent, contents[None], wrong, *held, *at))


def main() -> int:
    """Print both tables; 0 if none of our uploads was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    wrong = 0
    for title, freezing, rounds in (
        ("ours", freeze, options.rounds),
        ("hash, then send", unfrozen, options.rounds // 5),
    ):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            done = anyio.run(partial(run_rounds, Path(folder), rounds, options.seed, freezing=freezing))
        print_table(title, done)
        wrong += sum(one.is_mismatch for one in done) if freezing is freeze else 0
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
