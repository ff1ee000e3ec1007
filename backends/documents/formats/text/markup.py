"""Headings of text with light markup: Markdown, reStructuredText, Org, AsciiDoc and LaTeX; and tables of Markdown.

Each finder takes consecutive blocks of lines and yields headings with the number of the line, from 0, that each starts
at.
"""

import re
from collections.abc import Iterator, Sequence

from files_api_mcp.backends.documents.formats.text.pipe_tables import is_delimiter, pipe_table
from files_api_mcp.backends.documents.headings import split_number
from files_api_mcp.backends.documents.marks import Heading, Mark, Table
from files_api_mcp.backends.documents.tables.table import DocumentTable

__all__ = ["AsciiDoc", "LaTeX", "Markdown", "Org", "ReStructuredText"]

Found = Iterator[tuple[int, Heading]]
_LONGEST_TITLE = 300
_TELLING = frozenset("#=-`~ \t")
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()]{0,500}\)")
_ANCHOR = re.compile(r"[ \t]{0,9}\{[#.][^{}]{0,100}\}$")
_EMPHASIS = re.compile(r"\*\*|__|[*`]")
_TAGS = re.compile(r"[ \t]{1,99}:[\w@#%:]{1,200}:$")
_TASK = re.compile(r"(?:TODO|DONE|NEXT|WAITING) +")
_SECTIONS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")
_SECTION = re.compile(rf"[ \t]{{0,40}}\\({'|'.join(_SECTIONS)})\*?(?:\[[^\[\]]{{0,300}}\])?\{{(.{{1,300}})")
_COMMAND = re.compile(r"\\[A-Za-z]{1,40}\*?|[{}~$]")
_NO_TITLE = re.compile(r"[ \t]*(?:[-*+>|#]|\d+[.)])[ \t]|[ \t]{4}|\|")
_RULE = re.compile(r"""([=\-`:'"~^_*+#<>.])\1{2,200}$""")


class Markdown:
    """Finds headings with `#` and underlined ones, and tables, but none in fenced code or front matter."""

    def __init__(self) -> None:
        self._fence = ""
        self._is_start = True

    def headings(self, lines: Sequence[str]) -> Found:
        """The headings."""
        return ((number, mark) for number, mark in self.marks(lines) if isinstance(mark, Heading))

    def marks(self, lines: Sequence[str], *, ends_within: bool = False) -> Iterator[tuple[int, Mark | DocumentTable]]:
        """The headings, and the tables with their marks. With `ends_within`, the last table goes on after the lines: it
        is only text."""
        previous = ""
        after_table = 0
        if self._is_start and lines and lines[0].strip() == "---":
            self._fence = "---"
            lines = ["", *lines[1:]]
        self._is_start = False
        for number, line in enumerate(lines):
            if "|" in line and not self._fence and number >= after_table and is_delimiter(line):
                found = pipe_table(lines, number)
                after_table = found.end if found else number
                if found and found.table and not (ends_within and lines[found.end :] in ([], [""])):
                    yield from [(number - 1, found.table), (number - 1, found.mark), (after_table, Table(None))]
            elif line[:1] in _TELLING and number >= after_table:
                text = line.strip()
                if text[:3] in ("```", "~~~", "---") and (self._fence or text[0] != "-"):
                    self._toggle(text)
                elif not self._fence and (heading := _of_markdown(line, text, previous)):
                    yield number - (text[0] != "#"), heading
            previous = line

    def _toggle(self, text: str) -> None:
        """Begin or end fenced code or front matter."""
        if not self._fence:
            self._fence = text[: len(text) - len(text.lstrip(text[0]))]
        elif text.startswith(self._fence) and not text.strip(text[0]):
            self._fence = ""


def _of_markdown(line: str, text: str, previous: str) -> Heading | None:
    if not text or line.startswith(("    ", "\t")):
        return None
    if text[0] == "#":
        return _hashed(text, "#")
    is_underline = text[0] in "=-" and not text.strip(text[0])
    if is_underline and previous.strip() and len(previous) <= _LONGEST_TITLE and not _NO_TITLE.match(previous):
        return _heading(1 if text[0] == "=" else 2, previous)
    return None


class ReStructuredText:
    """Finds titles with a line of punctuation below, or above and below. The first kind seen is the highest level."""

    def __init__(self) -> None:
        self._kinds: list[tuple[str, bool]] = []

    def headings(self, lines: Sequence[str]) -> Found:
        before = previous = ""
        for number, line in enumerate(lines):
            if (rule := _RULE.match(text := line.rstrip())) and (title := previous.strip()) and not _RULE.match(title):
                is_over = before.rstrip() == text
                if len(title) <= len(text) + 2 and (is_over or previous[0] not in " \t"):
                    kind = (rule[1], is_over)
                    if kind not in self._kinds:
                        self._kinds.append(kind)
                    yield number - 1, _heading(min(self._kinds.index(kind) + 1, 9), title)
            before, previous = previous, text


class Org:
    """Finds headlines: stars and a space."""

    def headings(self, lines: Sequence[str]) -> Found:
        for number, line in enumerate(lines):
            if line[:1] == "*" and (heading := _hashed(_TAGS.sub("", line.strip()), "*")):
                yield number, heading._replace(title=_TASK.sub("", heading.title, count=1))


class AsciiDoc:
    """Finds section titles: equals signs and a space."""

    def __init__(self) -> None:
        self._in_block = False

    def headings(self, lines: Sequence[str]) -> Found:
        for number, line in enumerate(lines):
            if line[:4] in ("----", "....") and not line.strip().strip("-."):
                self._in_block = not self._in_block
            elif line[:1] == "=" and not self._in_block and (heading := _hashed(line.strip(), "=")):
                yield number, heading


class LaTeX:
    """Finds sectioning commands."""

    def headings(self, lines: Sequence[str]) -> Found:
        for number, line in enumerate(lines):
            if "\\" in line and (found := _SECTION.match(line)):
                title = _COMMAND.sub(" ", _argument(found[2]))
                yield number, _heading(_SECTIONS.index(found[1]) + 1, title)


def _hashed(text: str, sign: str) -> Heading | None:
    """A heading that begins with one to six signs and a blank, and may end with such signs."""
    title = text.lstrip(sign)
    level = len(text) - len(title)
    if level > 6 or title[:1] not in (" ", "\t"):
        return None
    closed = title.rstrip(sign)
    return _heading(level, closed if closed[-1:] in (" ", "\t") else title)


def _heading(level: int, title: str) -> Heading:
    plain = _EMPHASIS.sub("", _ANCHOR.sub("", _LINK.sub(r"\1", title[:_LONGEST_TITLE].strip())))
    number, rest = split_number(" ".join(plain.split()))
    return Heading(level, rest, number)


def _argument(text: str) -> str:
    """The text up to the brace that ends the argument."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return text[:at]
    return text
