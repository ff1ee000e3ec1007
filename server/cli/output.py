"""Prints results to stdout and messages to stderr, safely for terminals.

Every text is escaped here before it is styled and printed. No other module prints, so no file name, title or document
can send commands to the terminal.
"""

import json
import os
import re
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from io import TextIOBase, TextIOWrapper
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "CommandError",
    "Styled",
    "can_prompt",
    "confirm",
    "console",
    "discard_stdout",
    "escape",
    "escape_lines",
    "flush",
    "format_time",
    "guard_streams",
    "is_terminal",
    "json_line",
    "print_encoded",
    "print_json",
    "print_line",
    "print_row",
    "print_source",
    "print_text",
    "say",
]

# Control characters (C1 too: U+009B starts a command as ESC [ does), direction marks, overrides and isolates, line and
# paragraph separators, byte order marks, annotation and tag characters, and the surrogates of undecodable bytes.
_UNSAFE_CHARACTERS = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(f"[{_UNSAFE_CHARACTERS}]")
# A name is one line, and two names must not look the same. The joiners U+200C and U+200D stay: Persian, Indic scripts
# and emoji need them.
_UNSAFE_IN_LINE = re.compile(rf"[{_UNSAFE_CHARACTERS}\t\n\xad\u180e\u200b\u2060-\u2064]")

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "cyan": "36", "match": "33;1"}

_Output = Literal["stdout", "stderr"]


class CommandError(Exception):
    """An expected failure, shown as one line: `[code] Sentence. Next step.`"""

    @property
    def text(self) -> str:
        """The line to print."""
        return str(self)


class Styled(NamedTuple):
    """Text with a style, which only a terminal shows."""

    text: str
    style: Literal["bold", "dim", "red", "green", "cyan", "match"]


def escape(text: str) -> str:
    """Returns the text as one line, with unsafe and misleading characters as escapes."""
    return text if text.isprintable() else _UNSAFE_IN_LINE.sub(_escaped, text)


def escape_lines(text: str) -> str:
    """Returns the text with its lines and tabs, and other characters that a terminal obeys as escapes."""
    return text if text.isprintable() else _UNSAFE.sub(_escaped, text.replace("\r\n", "\n"))


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


class _EscapingStream(TextIOBase):
    """Stderr for text from elsewhere: tracebacks, warnings, and messages of libraries."""

    def __init__(self, plain: TextIO) -> None:
        self.plain = plain

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.plain.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self.plain.errors

    def write(self, text: str, /) -> int:
        self.plain.write(escape_lines(text))
        return len(text)

    def flush(self) -> None:
        self.plain.flush()

    def isatty(self) -> bool:
        return self.plain.isatty()

    def fileno(self) -> int:
        return self.plain.fileno()

    def writable(self) -> bool:
        return True


def guard_streams() -> None:
    """Makes the process's streams safe: libraries write to stderr, and a locale may lack characters."""
    stdout = _stream("stdout")
    if stdout is not None:
        cast(TextIOWrapper, stdout).reconfigure(errors="backslashreplace")
    plain = _stream("stderr")
    if plain is not None:
        sys.stderr = cast(TextIO, _EscapingStream(plain))
    sys.excepthook = _show_traceback


def _show_traceback(_: type[BaseException], exc: BaseException, __: TracebackType | None) -> None:
    """Prints a traceback without colors. From Python 3.13 on, the default hook adds them, and they would be escaped."""
    import traceback

    _write("stderr", escape_lines("".join(traceback.format_exception(exc))))


def _stream(output: _Output) -> TextIO | None:
    """The unescaped stream; None if its descriptor was closed at startup."""
    if output == "stdout":
        return sys.stdout
    return sys.stderr.plain if isinstance(sys.stderr, _EscapingStream) else sys.stderr


def is_terminal(output: _Output = "stdout") -> bool:
    """Whether the output is a terminal, and not a file or a pipe."""
    stream = _stream(output)
    return stream is not None and stream.isatty()


@contextmanager
def _writing() -> Generator[None]:
    """Reports failures of a block that writes to stdout.

    Raises:
        BrokenPipeError: The reader is gone.
        CommandError: Writing failed.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as exc:
        discard_stdout()
        reason = os.strerror(exc.errno or 0)
        raise CommandError(f"[storage_full] The result could not be written: {reason}.") from exc


def _write(output: _Output, text: str) -> None:
    stream = _stream(output)
    if stream is None:
        return
    if output == "stdout":
        with _writing():
            stream.write(text)
    else:
        stream.write(text)
        stream.flush()


def flush() -> None:
    """Flushes stdout."""
    stream = _stream("stdout")
    if stream is not None:
        with _writing():
            stream.flush()


def discard_stdout() -> None:
    """Discards buffered output: at exit Python would try to write it again, and print an error."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def print_text(*parts: str | Styled) -> None:
    """Prints text of several lines, adding no line end."""
    _write("stdout", "".join(_shown(part, "stdout", lines=True) for part in parts))
    flush()


def print_line(*parts: str | Styled) -> None:
    """Prints one line."""
    _write("stdout", "".join(_shown(part, "stdout") for part in parts) + "\n")
    flush()


def print_row(cells: Iterable[object]) -> None:
    """Prints one line of tab-separated cells, for programs."""
    _write("stdout", "\t".join("" if cell is None else escape(str(cell)) for cell in cells) + "\n")


def say(*parts: str | Styled, lines: bool = False) -> None:
    """Prints a message to stderr; `lines` keeps its line breaks."""
    _write("stderr", "".join(_shown(part, "stderr", lines=lines) for part in parts) + "\n")


def can_prompt() -> bool:
    """Whether a question on stderr can be answered on stdin."""
    return sys.stdin.isatty() and is_terminal("stderr")


def confirm(question: str) -> bool:
    """Asks for a yes on the terminal; any other answer is a no."""
    _write("stderr", f"{escape(question)}[y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _shown(part: str | Styled, output: _Output, *, lines: bool = False) -> str:
    text, style = (part, None) if isinstance(part, str) else part
    safe = escape_lines(text) if lines else escape(text)
    return f"\x1b[{_CODES[style]}m{safe}\x1b[0m" if style and is_terminal(output) else safe


def print_json(data: dict[str, Any]) -> None:
    """Prints one line of JSON, in UTF-8 under every locale."""
    print_encoded([json_line(data)])


def json_line(data: dict[str, Any]) -> bytes:
    """Encodes a value as one line of JSON, with the exact text and unsafe characters as JSON escapes."""
    line = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{_UNSAFE.sub(_json_escaped, line)}\n".encode()


def print_encoded(lines: Iterable[bytes]) -> None:
    """Prints lines made by `json_line`."""
    with _writing():
        sys.stdout.flush()
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.flush()


def print_source(text: str, *, toml: bool = False) -> None:
    """Prints JSON or TOML of several lines, escaped so that its value is unchanged."""
    _write("stdout", _UNSAFE.sub(_toml_escaped if toml else _json_escaped, text))
    flush()


def _json_escaped(found: re.Match[str]) -> str:
    """The JSON escape of a character; unsafe characters occur only in strings."""
    return json.dumps(found[0])[1:-1]


def _toml_escaped(found: re.Match[str]) -> str:
    r"""The TOML escape of a character; TOML has \UXXXXXXXX and no surrogate pairs."""
    code = ord(found[0])
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def console(output: _Output = "stdout") -> "Console":
    """A rich console, for tables and bars of escaped text."""
    from rich.console import Console

    return Console(file=_stream(output), highlight=False, markup=False, emoji=False)


def format_time(rfc3339: str) -> str:
    """Formats a time in the local time zone, to the minute."""
    return datetime.fromisoformat(rfc3339).astimezone().strftime("%Y-%m-%d %H:%M")
