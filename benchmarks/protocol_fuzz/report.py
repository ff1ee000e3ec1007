"""What a run owed and found."""

import json
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any, cast

from benchmarks.protocol_fuzz.oracle import NULL, Id, Owed, id_of

__all__ = ["HANGS_AFTER_S", "Report"]

HANGS_AFTER_S = 20.0
_MAX_GROWTH = 50 * 1024 * 1024
_WARM_UP = 2_000
"""Messages after which memory counts: what the server loads once is then loaded."""


class Report:
    """Counts of one run, filled by several threads. `malformed` counts output that is not JSON in UTF-8."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.sent = 0
        self.readable = 0
        self.hangs = 0
        self.malformed = 0
        self.tracebacks = 0
        self.exit_code = 0
        self._pid = pid
        self._memory = self._memory_before = 0
        self._least = self._given_up = 0
        self._must: Counter[Id] = Counter()
        self._may: Counter[Id] = Counter()
        self._answers: Counter[Id] = Counter()
        self._changed = threading.Condition()

    def owe(self, owed: Owed) -> None:
        """Adds what one message owes."""
        self.sent += 1
        self.readable += sum(one != NULL for one in owed.must)
        self._least += owed.least
        self._must.update(owed.must)
        self._may.update(owed.may)

    def answer(self, line: bytes) -> None:
        """Adds the answers in one message or list of the server."""
        with self._changed:
            try:
                value: Any = json.loads(line.decode())
                messages = cast(list[dict[str, Any]], value if isinstance(value, list) else [value])
                ids = [message["id"] for message in messages if "method" not in message]
                self._answers.update(NULL if one is None else id_of(one) or ("invalid", str(one)) for one in ids)
            except (ValueError, KeyError, TypeError):
                self.malformed += 1
            self._changed.notify()

    def wait_for_answers(self, outstanding: int = 0) -> None:
        """Waits until at most so many answers are missing. If they do not come, counts a hang and goes on."""

        def enough() -> bool:
            return self._answers.total() >= self._least - self._given_up - outstanding

        with self._changed:
            if not self._changed.wait_for(enough, HANGS_AFTER_S):
                self.hangs += 1
                self._given_up = self._least - self._answers.total()

    def measure(self) -> None:
        """Notes the server's memory, for the first time after the warm-up."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self._pid}/status").read_text())
        self._memory = int(found[1]) * 1024 if found else 0
        if self.sent <= _WARM_UP:
            self._memory_before = self._memory

    @property
    def silent(self) -> list[Id]:
        """Ids that got fewer answers than they must."""
        return list((self._must - self._answers).elements())

    @property
    def surplus(self) -> list[Id]:
        """Ids that got more answers than they may."""
        return list((self._answers - self._must - self._may).elements())

    @property
    def faults(self) -> int:
        """Broken promises of every kind."""
        counts = (len(self.silent), len(self.surplus), self.hangs, self.malformed, self.tracebacks, abs(self.exit_code))
        return sum(counts) + (self._memory - self._memory_before > _MAX_GROWTH)

    def __str__(self) -> str:
        silent, surplus = self.silent, self.surplus
        growth = (self._memory - self._memory_before) / 2**20
        lines = [
            f"{self.name}: {self.sent:,} messages, {self.readable:,} readable ids, {self._answers.total():,} answers",
            f"  {len(silent)} silent, {len(surplus)} answered too often, {self.hangs} hangs, "
            f"{self.malformed} malformed, {self.tracebacks} tracebacks, exit code {self.exit_code}",
            f"  memory grew by {growth:.1f} MB to {self._memory / 2**20:.0f} MB",
        ]
        lines += [f"  silent: {one}" for one in silent[:5]] + [f"  answered too often: {one}" for one in surplus[:5]]
        return "\n".join(lines)
