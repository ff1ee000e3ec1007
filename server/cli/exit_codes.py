"""Runs a command's task: exit codes, signals, and failures as one line."""

import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, cast

from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.output import CommandError, discard_stdout, flush, say
from files_api_mcp.server.logs import configure_logging
from files_api_mcp.server.settings import Settings

__all__ = ["exit_with", "run"]

_TERMINATION_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def exit_with(task: Callable[[], int], settings: Settings) -> NoReturn:
    """Configures logging, runs a command's task and exits with its code; see `run`."""
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run(task))


def run(task: Callable[[], int]) -> int:
    """Runs a task and returns its exit code.

    1 after an expected failure, which is printed to stderr as `[code] Sentence. Next step.`; 128 plus the signal's
    number after Ctrl-C, SIGTERM, SIGHUP, or when the reader of stdout is gone.
    """
    with _signals_interrupt() as received:
        try:
            code = task()
            flush()
        except KeyboardInterrupt:
            return 128 + (received[0] if received else signal.SIGINT)
        except BrokenPipeError:
            discard_stdout()
            return 128 + signal.SIGPIPE
        except (CommandError, FilesError, ExceptionGroup) as exc:
            failure = _expected_failure(exc)
            if failure is None:
                raise
            say(for_command_line(failure.text))
            return 1
    return code


def _expected_failure(exc: BaseException) -> CommandError | FilesError | None:
    """The expected failure in an exception, which task groups may have wrapped; None for a crash."""
    if isinstance(exc, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", exc)
        commands, others = group.split(CommandError)
        if commands is not None and others is None:
            return _expected_failure(commands.exceptions[0])
        return expected_in(group)
    return exc if isinstance(exc, CommandError) else expected_in(exc)


@contextmanager
def _signals_interrupt() -> Generator[list[int]]:
    """Makes SIGTERM and SIGHUP interrupt the block as Ctrl-C does; yields the list of received signals."""
    received: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        received.append(number)
        signal.raise_signal(signal.SIGINT)

    # An ignored signal stays ignored: a command under nohup outlives its terminal.
    handled = [number for number in _TERMINATION_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in handled}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
