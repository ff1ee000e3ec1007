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

from benchmarks.ask.sets.writer import SetWriter, Span, find_text

__all__ = ["find_entry", "find_passage", "write_law", "write_manuals"]

_LICENCES = Path("/usr/share/common-licenses")
_OVERSTRUCK = re.compile(".\b")
_LONGEST = 3000


def write_manuals(folder: Path) -> Path:
    """Write the set of manual pages; returns its folder."""
    return _write(folder, "manuals", Path(__file__).with_name("manual_questions.txt"), _manual_page, find_entry)


def write_law(folder: Path) -> Path:
    """Write the set of licences; returns its folder."""
    return _write(folder, "law", Path(__file__).with_name("law_questions.txt"), _licence, find_passage)


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
    """The entry of an option in a manual page: its heading and its first paragraph."""
    heading = re.compile(rf"^([ ]+)({re.escape(option)})(?![\w-]).*\n", re.MULTILINE)
    for match in heading.finditer(text):
        body = re.compile(rf"(?:{match[1]}[ ]+\S.*\n)+").match(text, match.end())
        if body is not None:
            return match.start(2), body.end() - 1
    return None


def find_passage(text: str, anchor: str) -> Span | None:
    """The passage that an anchor describes: `first words ... last words`, or all of its words."""
    first, _, last = anchor.partition(" ... ")
    begin = find_text(text, first)
    if begin is None or not last:
        return begin
    end = find_text(text, last, begin[1])
    return None if end is None or end[1] - begin[0] > _LONGEST else (begin[0], end[1])
