"""Files that could not be read: tried again after a while, or at once when their bytes change."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from files_api_mcp.backends.documents.workers import ReaderStopped
from files_api_mcp.backends.errors import ContentDamaged
from files_api_mcp.backends.search.index import failures
from files_api_mcp.backends.search.index.failures import Failures
from tests.support.agent import write

START = datetime(2026, 11, 29, 9, 42, tzinfo=UTC)
ERROR = ContentDamaged("The stored bytes of file_a cannot be opened.")


class Time:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def failed(time: Time) -> Failures:
    return Failures(time.now, time.monotonic)


def waits(failed: Failures, time: Time, path: Path) -> float:
    """Fail once, and say after how many seconds the file is tried again."""
    failed.add("a", path, ERROR)
    start = time.passed_s
    while failed.standing("a", path) is not None:
        time.passed_s += 1
    return time.passed_s - start


def test_each_wait_is_twice_as_long_up_to_ten_minutes(failed: Failures, time: Time, tmp_path: Path) -> None:
    assert [waits(failed, time, tmp_path) for _ in range(9)] == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    failed.clear("a")
    assert waits(failed, time, tmp_path) == 5


def test_the_error_says_since_when(failed: Failures, time: Time, tmp_path: Path) -> None:
    assert failed.add("a", tmp_path, ERROR) is ERROR
    standing = failed.standing("a", tmp_path)
    assert isinstance(standing, ContentDamaged)
    assert standing.sentence == "The stored bytes of file_a cannot be opened (since 09:42 UTC; it is tried again)."
    assert standing.next_step == ERROR.next_step
    time.passed_s = 24 * 60 * 60
    again = failed.add("a", tmp_path, ReaderStopped("The file takes too long to read."))
    assert isinstance(again, ReaderStopped)
    assert again.sentence == "The file takes too long to read (since 2026-11-29 09:42 UTC; it is tried again)."


def test_other_bytes_are_tried_at_once(failed: Failures, tmp_path: Path) -> None:
    path = tmp_path / "a"
    failed.add("a", path, ERROR)
    assert failed.standing("a", path)
    write(path, "back")
    assert failed.standing("a", path) is None
    assert "a" not in failed
    failed.add("a", path, ERROR)
    assert failed.standing("a", path)
    write(path, "other bytes")
    assert failed.standing("a", path) is None


def test_the_table_is_bounded(failed: Failures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "_MOST", 3)
    for key in "abcd":
        failed.add(key, tmp_path, ERROR)
    assert [key for key in "abcd" if key in failed] == ["b", "c", "d"]
    assert failed.last("a") is None
