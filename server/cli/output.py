"""Everything that the program prints: results to stdout, the rest to stderr.

Every text is escaped here before it is printed, and styled after that. No other module prints, so no name, title or
document can command the terminal.
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
    "ask",
    "can_ask",
    "console",
    "escape",
    "escape_lines",
    "flush",
    "guard_streams",
    "is_terminal",
    "json_line",
    "moment",
    "print_encoded",
    "print_json",
    "print_line",
    "print_row",
    "print_source",
    "print_text",
    "rewrite_line",
    "say",
    "silence",
    "size",
]

# Controls (C1 too: U+009B begins a command as ESC [ does), direction marks, overrides and isolates, line and paragraph
# separators, byte order marks, annotation and tag characters, and the halves of pairs that undecodable bytes become.
_OBEYED = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f"
)
_IN_LINES = re.compile(f"[{_OBEYED}]")
# A name is one line, and two names must not look the same. The joiners U+200C and U+200D stay: Persian, Indic scripts
# and emoji are written with them.
_IN_A_LINE = re.compile(rf"[{_OBEYED}\t\n\xad\u180e\u200b\u2060-\u2064]")

_CLEAR_LINE = "\r\x1b[K"
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "cyan": "36", "match": "33;1"}

_Output = Literal["stdout", "stderr"]


class CommandError(Exception):
    """A failure that is shown in one line: `[code] Sentence. Next step.`"""

    @property
    def text(self) -> str:
        """The line."""
        return str(self)


class Styled(NamedTuple):
    """A text that a terminal shows in a style."""

    text: str
    style: Literal["bold", "dim", "red", "green", "cyan", "match"]


def escape(text: str) -> str:
    """The text as one line, each character that could harm or mislead written as its escape."""
    return text if text.isprintable() else _IN_A_LINE.sub(_escaped, text)


def escape_lines(text: str) -> str:
    """The text with its lines and tabs, each other character that a terminal obeys written as its escape."""
    return text if text.isprintable() else _IN_LINES.sub(_escaped, text.replace("\r\n", "\n"))


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


class _EscapingStream(TextIOBase):
    """Stderr for what this module does not write: tracebacks, warnings, and messages of libraries."""

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
    """Make the streams safe for the whole process: libraries may write to stderr, and a locale may lack letters."""
    stdout = _stream("stdout")
    if stdout is not None:
        cast(TextIOWrapper, stdout).reconfigure(errors="backslashreplace")
    plain = _stream("stderr")
    if plain is not None:
        sys.stderr = cast(TextIO, _EscapingStream(plain))
    sys.excepthook = _show_traceback


def _show_traceback(_: type[BaseException], exc: BaseException, __: TracebackType | None) -> None:
    """Python's own hook colors a traceback from version 3.13 on, and the colors would be escaped."""
    import traceback

    _write("stderr", escape_lines("".join(traceback.format_exception(exc))))


def _stream(output: _Output) -> TextIO | None:
    """The stream itself, unescaped; None where its descriptor was closed at start."""
    if output == "stdout":
        return sys.stdout
    return sys.stderr.plain if isinstance(sys.stderr, _EscapingStream) else sys.stderr


def is_terminal(output: _Output = "stdout") -> bool:
    """Whether a person sees at once what is printed; else a program or a file takes it."""
    stream = _stream(output)
    return stream is not None and stream.isatty()


@contextmanager
def _writing() -> Generator[None]:
    """A block that writes to stdout.

    Raises:
        BrokenPipeError: Its reader is gone.
        CommandError: It cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as exc:
        silence()
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
    """Send what was printed to its reader."""
    stream = _stream("stdout")
    if stream is not None:
        with _writing():
            stream.flush()


def silence() -> None:
    """Discard what is still to be written to stdout: Python would try once more at its end, and complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def print_text(*parts: str | Styled) -> None:
    """Text of several lines, without a line's end of our own."""
    _write("stdout", "".join(_shown(part, "stdout", lines=True) for part in parts))
    flush()


def print_line(*parts: str | Styled) -> None:
    """One line."""
    _write("stdout", "".join(_shown(part, "stdout") for part in parts) + "\n")
    flush()


def print_row(cells: Iterable[object]) -> None:
    """One line for programs, its cells separated by tabs."""
    _write("stdout", "\t".join("" if cell is None else escape(str(cell)) for cell in cells) + "\n")


def say(*parts: str | Styled, lines: bool = False) -> None:
    """A line to the person, or several."""
    _write("stderr", "".join(_shown(part, "stderr", lines=lines) for part in parts) + "\n")


def rewrite_line(text: str) -> None:
    """Show a text in place of the terminal's current line, on stderr."""
    _write("stderr", _CLEAR_LINE + escape(text))


def can_ask() -> bool:
    """Whether there is a person who sees a question and can answer it."""
    return sys.stdin.isatty() and is_terminal("stderr")


def ask(question: str) -> bool:
    """Ask the person for a yes; anything else is a no."""
    _write("stderr", f"{escape(question)}[y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _shown(part: str | Styled, output: _Output, *, lines: bool = False) -> str:
    text, style = (part, None) if isinstance(part, str) else part
    safe = escape_lines(text) if lines else escape(text)
    return f"\x1b[{_CODES[style]}m{safe}\x1b[0m" if style and is_terminal(output) else safe


def print_json(data: dict[str, Any]) -> None:
    """One line of JSON, in UTF-8 whatever the locale says."""
    print_encoded([json_line(data)])


def json_line(data: dict[str, Any]) -> bytes:
    """A value as one line of JSON, with the exact text and no character that a terminal obeys."""
    line = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{_IN_LINES.sub(_json_escaped, line)}\n".encode()


def print_encoded(lines: Iterable[bytes]) -> None:
    """Lines that `json_line` made."""
    with _writing():
        sys.stdout.flush()
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.flush()


def print_source(text: str, *, toml: bool = False) -> None:
    """Print JSON or TOML of several lines, which still reads as the same value."""
    _write("stdout", _IN_LINES.sub(_toml_escaped if toml else _json_escaped, text))
    flush()


def _json_escaped(found: re.Match[str]) -> str:
    """Escape a character, which stands in a string: JSON holds such characters nowhere else."""
    return json.dumps(found[0])[1:-1]


def _toml_escaped(found: re.Match[str]) -> str:
    r"""Do the same in TOML, which knows \UXXXXXXXX and no pairs of surrogates."""
    code = ord(found[0])
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def console(output: _Output = "stdout") -> "Console":
    """A console of rich, for tables and bars of text that was escaped before."""
    from rich.console import Console

    return Console(file=_stream(output), highlight=False, markup=False, emoji=False)


def size(size_bytes: int) -> str:
    """A size as people read it: `1.2 MB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes} B"


def moment(rfc3339: str) -> str:
    """A time as people here read it, to the minute."""
    return datetime.fromisoformat(rfc3339).astimezone().strftime("%Y-%m-%d %H:%M")
