"""What happens to a result when an exception follows it."""

import asyncio

import pytest

from files_api_mcp.backends.committed import Committed


def test_an_exception_after_the_result_is_logged_and_hidden(caplog: pytest.LogCaptureFixture) -> None:
    with Committed[int]() as done:
        done.result = 7
        raise OSError("the clean-up failed")
    assert done.result == 7
    assert "the clean-up failed" in caplog.text


def fail_before(exc: BaseException) -> None:
    with Committed[int]():
        raise exc


def fail_after(exc: BaseException) -> None:
    with Committed[int]() as done:
        done.result = 7
        raise exc


def test_an_exception_before_the_result_is_raised() -> None:
    with pytest.raises(OSError, match="the work failed"):
        fail_before(OSError("the work failed"))


@pytest.mark.parametrize("exc", [asyncio.CancelledError(), KeyboardInterrupt()], ids=repr)
def test_a_cancellation_is_never_hidden(exc: BaseException) -> None:
    with pytest.raises(type(exc)):
        fail_after(exc)
