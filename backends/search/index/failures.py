"""Files that could not be read, which says nothing about their content: each is tried again after a while."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from files_api_mcp.backends.clock import utc_now
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Clock

__all__ = ["Failures"]

_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 600.0
_MOST = 10_000

_State = tuple[int, ...] | None


@dataclass(slots=True)
class _Failure:
    """`state` are facts of the file at the last try: other bytes are tried at once."""

    error: FilesError
    since: datetime
    wait_s: float
    next_try: float
    state: _State


class Failures(Collection[str]):
    """The failures of this process by key, the latest 10,000. They are not stored: the next process tries again.

    The first wait is 5 seconds; each later one is twice as long, up to 10 minutes. A changed file is tried at once.
    """

    def __init__(self, clock: Clock = utc_now, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._failures: OrderedDict[str, _Failure] = OrderedDict()

    def __contains__(self, key: object) -> bool:
        return key in self._failures

    def __len__(self) -> int:
        return len(self._failures)

    def __iter__(self) -> Iterator[str]:
        return iter(self._failures)

    def add(self, key: str, path: Path, error: FilesError) -> FilesError:
        """Note a failed try; returns the error to report. This reads the disk."""
        found = self._failures.pop(key, None)
        wait_s = _FIRST_WAIT_S if found is None else min(2 * found.wait_s, _LONGEST_WAIT_S)
        since = self._clock() if found is None else found.since
        self._failures[key] = _Failure(error, since, wait_s, self._monotonic() + wait_s, _state(path))
        while len(self._failures) > _MOST:
            self._failures.popitem(last=False)
        return error if found is None else self._reported(self._failures[key])

    def standing(self, key: str, path: Path) -> FilesError | None:
        """The failure, while it is too early to try again; that of other bytes is forgotten. This reads the disk."""
        found = self._failures.get(key)
        if found is None:
            return None
        if _state(path) != found.state:
            self.clear(key)
            return None
        return None if self._monotonic() >= found.next_try else self._reported(found)

    def last(self, key: str) -> FilesError | None:
        """The last failure, if the file could not be read since."""
        found = self._failures.get(key)
        return None if found is None else self._reported(found)

    def clear(self, key: str) -> None:
        """Forget the failure: the file was read, or is gone."""
        self._failures.pop(key, None)

    def _reported(self, failure: _Failure) -> FilesError:
        today = failure.since.date() == self._clock().date()
        since = failure.since.strftime("%H:%M UTC" if today else "%Y-%m-%d %H:%M UTC")
        error = failure.error
        return type(error)(f"{error.sentence.removesuffix('.')} (since {since}; it is tried again).", error.next_step)


def _state(path: Path) -> _State:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
