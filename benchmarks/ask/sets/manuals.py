"""Manuals and licences that the installed packages have, with questions about their options, definitions and sections.

Manual pages come from `man`, licences from Debian's base files. The evidence is found in the text at hand: the
description of an option, or the words from one phrase to another. Questions whose evidence is not found are left out.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.ask.sets.writer import SEED, SetWriter, Span, find_text

__all__ = ["find_entry", "find_passage", "write_law", "write_manuals"]

_LICENCES = Path("/usr/share/common-licenses")
_OVERSTRUCK = re.compile(".\b")
_LONGEST = 3000


def write_manuals(folder: Path, seed: int = SEED) -> Path:
    """Write the set of manual pages; returns its folder. Even seeds have other pages than odd ones."""
    return _write(folder, "manuals", _questions("manual", seed), _manual_page, find_entry)


def write_law(folder: Path, seed: int = SEED) -> Path:
    """Write the set of licences; returns its folder. Even seeds have other licences than odd ones."""
    return _write(folder, "law", _questions("law", seed), _licence, find_passage)


def _questions(name: str, seed: int) -> Path:
    return Path(__file__).with_name(f"{name}_questions.txt" if seed % 2 else f"{name}_more_questions.txt")


def _write(
    folder: Path, name: str, questions: Path, read: Callable[[str], str], find: Callable[[str, str], Span | None]
) -> Path:
    writer = SetWriter(folder, name)
    for title, rows in _sections(questions):
        text = read(title)
        document = writer.document(f"{title}.txt", text) if text else ""
        for anchor, close, far in rows:
            span = find(text, anchor)
            if span is None:
                print(f"{title}: not found: {anchor}")
            else:
                writer.question(document, close, [span], wording="close")
                writer.question(document, far, [span], wording="far")
    return writer.save()


def _sections(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    for part in path.read_text(encoding="utf-8").split("\n[")[1:]:
        title, *rows = part.splitlines()
        yield title.strip("]"), [row.split(" | ") for row in rows]


def _manual_page(name: str) -> str:
    """The text of a manual page; empty if it is not installed."""
    if shutil.which("man") is None:
        return ""
    command = ["man", "--no-hyphenation", "--no-justification", "-P", "cat", name]
    environment = os.environ | {"LC_ALL": "C", "MANWIDTH": "80"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return _OVERSTRUCK.sub("", done.stdout)


def _licence(name: str) -> str:
    path = _LICENCES / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def find_entry(text: str, option: str) -> Span | None:
    """The entry of an option in a manual page: its heading and its first paragraph, which may be on the same line."""
    heading = re.compile(rf"^([ ]+)({re.escape(option)})(?![\w-])(.*)\n", re.MULTILINE)
    found = [(match, _paragraph_end(text, match)) for match in heading.finditer(text)]
    entries = [(match.start(2), end - 1) for match, end in found if end > match.end()]
    short = [match.span(2)[:1] + match.span(3)[1:] for match, _ in found if match[3].strip()]
    return next(iter([*entries, *short]), None)


def _paragraph_end(text: str, heading: re.Match[str]) -> int:
    """The end of the lines after a heading that are further to the right."""
    body = re.compile(rf"(?:{heading[1]}[ ]+\S.*\n)*").match(text, heading.end())
    return heading.end() if body is None else body.end()


def find_passage(text: str, anchor: str) -> Span | None:
    """The passage that an anchor describes: `first words ... last words`, or all of its words."""
    first, _, last = anchor.partition(" ... ")
    begin = find_text(text, first)
    if begin is None or not last:
        return begin
    end = find_text(text, last, begin[1])
    return None if end is None or end[1] - begin[0] > _LONGEST else (begin[0], end[1])
