"""How a command ends: its exit code, one line for a failure, and silence when nobody listens any more."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.server.cli.messages import for_people
from files_api_mcp.server.cli.output import CommandError, flush, say, silence

__all__ = ["run"]

_ENDING = (signal.SIGTERM, signal.SIGHUP)


def run(task: Callable[[], int]) -> int:
    """The exit code of a task: its own, 1 after a failure, which is told in one line on stderr, code first; 128 and
    the signal's number after Ctrl-C, SIGTERM, SIGHUP, or when the reader of stdout is gone."""
    with _ends_as_after_ctrl_c() as received:
        try:
            code = task()
            flush()
        except KeyboardInterrupt:
            return 128 + (received[0] if received else signal.SIGINT)
        except BrokenPipeError:
            silence()
            return 128 + signal.SIGPIPE
        except (CommandError, FilesError, ExceptionGroup) as exc:
            failure = exc if isinstance(exc, CommandError) else expected_in(exc)
            if failure is None:
                raise
            say(for_people(failure.text))
            return 1
    return code


@contextmanager
def _ends_as_after_ctrl_c() -> Generator[list[int]]:
    """SIGTERM and SIGHUP undo what is half done, as Ctrl-C does; the list says which of them came."""
    received: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        received.append(number)
        signal.raise_signal(signal.SIGINT)

    # One that is ignored already stays so: nohup's child outlives its terminal.
    awaited = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in awaited}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
