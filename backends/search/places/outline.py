"""Outline: the sections, sheets and parts of a document, with their positions in its text."""

import json
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from files_api_mcp.backends.documents.marks import Heading, Part, Sheet, from_json, to_json

__all__ = ["Entry", "Outline", "folded", "heading_text"]

_LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading, sheet or part. `page` is the page or piece (from 1) in which it starts, `offset` the code points
    before it there. `line` counts the line ends before it: in the document, or on the page if there are pages."""

    mark: Heading | Sheet | Part
    page: int
    offset: int
    line: int


@dataclass(frozen=True)
class Outline:
    """The entries in order, and, in a document without pages, the number of line ends before each piece."""

    entries: Sequence[Entry] = ()
    first_lines: "array[int]" = field(default_factory=lambda: array("I"))

    def to_bytes(self) -> bytes:
        """The outline, compressed."""
        rows = [[one.page, one.offset, one.line, *to_json([(0, one.mark)])[0][1:]] for one in self.entries]
        return zlib.compress(json.dumps([[*self.first_lines], rows], ensure_ascii=False).encode(), 1)

    @staticmethod
    def from_bytes(data: bytes) -> "Outline":
        """Load the bytes of `to_bytes`.

        Raises:
            ValueError, TypeError, KeyError, zlib.error: They are damaged.
        """
        lines, rows = json.loads(zlib.decompress(data))
        return Outline([_entry(row) for row in rows], array("I", lines))

    @cached_property
    def labels(self) -> Sequence[str]:
        """What names each entry in a place: "3.2 Fees" for a heading. A repeated one carries " (2)"."""
        seen: Counter[str] = Counter()
        labels: list[str] = []
        for entry in self.entries:
            label = _label(entry.mark)
            seen[folded(label)] += 1
            count = seen[folded(label)]
            labels.append(f"{label} ({count})" if count > 1 else label)
        return labels

    @cached_property
    def by_label(self) -> Mapping[str, int]:
        """The index of the first entry with each label, folded."""
        found: dict[str, int] = {}
        for index, label in enumerate(self.labels):
            found.setdefault(folded(label), index)
        return found

    @cached_property
    def parents(self) -> Sequence[int | None]:
        """The index of the section that contains each section; None for the highest ones, sheets and parts."""
        parents: list[int | None] = []
        open_sections: list[tuple[int, int]] = []  # level, index
        for index, entry in enumerate(self.entries):
            if not isinstance(entry.mark, Heading):
                open_sections.clear()
                parents.append(None)
                continue
            while open_sections and open_sections[-1][0] >= entry.mark.level:
                open_sections.pop()
            parents.append(open_sections[-1][1] if open_sections else None)
            open_sections.append((entry.mark.level, index))
        return parents

    @cached_property
    def ends(self) -> Sequence[int | None]:
        """The index of the entry that ends each entry; None: the end of the document."""
        ends: list[int | None] = [None] * len(self.entries)
        open_entries: list[tuple[int, int]] = []  # level (0 for sheets and parts), index
        for index, entry in enumerate(self.entries):
            level = entry.mark.level if isinstance(entry.mark, Heading) else 0
            while open_entries and (level == 0 or open_entries[-1][0] >= level):
                ends[open_entries.pop()[1]] = index
            open_entries.append((level, index))
        return ends


def heading_text(heading: Heading) -> str:
    """A heading's number and title."""
    return " ".join(filter(None, (heading.number, heading.title)))


def folded(name: str) -> str:
    """A name in the form in which names are compared."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _entry(row: list[Any]) -> Entry:
    page, offset, line, *mark = row
    ((_, found),) = from_json([[0, *mark]])
    if not isinstance(found, Heading | Sheet | Part):
        raise TypeError("an entry of another kind")
    return Entry(found, page, offset, line)


def _label(mark: Heading | Sheet | Part) -> str:
    match mark:
        case Heading():
            text = " ".join(heading_text(mark).split())
            return (
                text
                if len(text) <= _LONGEST_TITLE
                else text[:_LONGEST_TITLE].rpartition(" ")[0] or text[:_LONGEST_TITLE]
            )
        case Sheet():
            return " ".join(mark.name.split())
        case Part():
            path = " ".join(mark.path.split())
            return path if path.startswith("message") else f"message > {path}" if path else "message"
