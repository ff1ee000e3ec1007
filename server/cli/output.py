"""Results on stdout, everything else on stderr; neither ever carries a character that a terminal would obey."""

import json
import os
import re
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from files_api_mcp.server.cli.messages import for_people
from files_api_mcp.server.cli.refused import Refused
from files_api_mcp.server.cli.visible import visible

__all__ = ["flush", "is_terminal", "moment", "print_json", "print_line", "print_row", "say", "silence", "size"]

# Legal in JSON as they are, and obeyed or not representable elsewhere.
_UNSAFE = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def is_terminal() -> bool:
    """Whether a person sees the results at once; else a program or a file takes them."""
    return sys.stdout.isatty()


@contextmanager
def _writing() -> Generator[None]:
    """A block that writes to stdout.

    Raises:
        BrokenPipeError: Nobody reads it any more.
        Refused: It cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as exc:
        silence()
        reason = os.strerror(exc.errno or 0)
        raise Refused(f"[storage_full] The result could not be written: {reason}.") from exc


def flush() -> None:
    """Let what was printed reach its reader."""
    with _writing():
        sys.stdout.flush()


def silence() -> None:
    """What is still to be written to stdout goes nowhere: Python would try once more at its end, and complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def print_json(data: dict[str, Any]) -> None:
    """One line of JSON, in UTF-8 whatever the locale says."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    with _writing():
        sys.stdout.flush()
        sys.stdout.buffer.write(f"{text}\n".encode())


def print_row(cells: Iterable[object]) -> None:
    """One line for programs, its cells separated by tabs."""
    print_line("\t".join("" if cell is None else visible(str(cell)) for cell in cells))


def print_line(text: str, *, end: str = "\n") -> None:
    """Text that was made safe to show."""
    with _writing():
        sys.stdout.write(text + end)


def say(text: str) -> None:
    """A line to the person."""
    sys.stderr.write(f"{visible(for_people(text))}\n")
    sys.stderr.flush()


def size(size_bytes: int) -> str:
    """A size as people read it: `1.2 MB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes} B"


def moment(rfc3339: str) -> str:
    """A time as people here read it, to the minute."""
    return datetime.fromisoformat(rfc3339).astimezone().strftime("%Y-%m-%d %H:%M")
