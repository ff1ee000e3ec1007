"""FileFilter: which files a list, a question or a search is about, and the words of `within` that say so."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from files_api_mcp.backends.clock import to_us
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.file_types import file_type
from files_api_mcp.backends.file_versions import FileState
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.validation import fold_filename, fold_tag

__all__ = [
    "ALL_FILES",
    "ANY_STATE",
    "FileFilter",
    "FilterFacts",
    "FilteredFile",
    "is_of_type",
    "name_matcher",
    "parse_within",
    "path_matcher",
]

_MOST_CHARS = 1000
_MOST_WORDS = 20
_STATES: dict[str, FileState] = {"ready": "ready", "superseded": "superseded", "gone": "gone"}
_PREFIX = re.compile(r"[a-z]+(?=:)", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LAST_YEAR = 9999
_WILD = frozenset("*?[")
_HELP = "Use words of names, folders/, type:pdf, tag:NAME, after:2026-01-31, before:2026-03-01 or state:superseded."


class FilteredFile(Protocol):
    """What a filter looks at. `paths` are those that the file is the newest version of, each with its root (None:
    unknown); for a superseded or gone file, those that it had."""

    @property
    def filename(self) -> str: ...
    @property
    def mime_type(self) -> str: ...
    @property
    def created_us(self) -> int: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def state(self) -> FileState: ...
    @property
    def paths(self) -> Sequence[tuple[str, str | None]]: ...


@dataclass(frozen=True, slots=True)
class FileFilter:
    """Conditions that must all hold.

    `names` are folded parts of the filename, or globs that match all of it. `paths` are folded prefixes that end in
    `/`, or globs, of the path below its root. `types` are file types, filename endings or MIME types. `since_us` is
    inclusive, `until_us` exclusive. `state` is "ready" unless another one is named: superseded and gone files are found
    only by their state, or with None, which is any state.
    """

    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    since_us: int | None = None
    until_us: int | None = None
    state: FileState | None = "ready"

    def matches(self, file: FilteredFile) -> bool:
        """Whether all conditions hold for a file."""
        name = fold_filename(file.filename)
        return (
            self.state in (None, file.state)
            and (self.since_us is None or file.created_us >= self.since_us)
            and (self.until_us is None or file.created_us < self.until_us)
            and set(self.tags).issubset(file.tags)
            and all(is_of_type(one, file.mime_type, name) for one in self.types)
            and all(name_matcher(one)(name) for one in self.names)
            and all(any(path_matcher(one)(*place) for place in file.paths) for one in self.paths)
        )


ALL_FILES = FileFilter()
"""All files that are neither superseded nor gone."""
ANY_STATE = FileFilter(state=None)
"""All files, also those that are superseded or gone."""


@dataclass(frozen=True, slots=True)
class FilterFacts:
    """What a filter needs to know of a file. Implements FilteredFile."""

    filename: str
    mime_type: str
    created_us: int
    tags: Sequence[str] = ()
    state: FileState = "ready"
    paths: Sequence[tuple[str, str | None]] = ()

    @classmethod
    def of(cls, record: FileRecord) -> "FilterFacts":
        """The facts that a record has: its only path, whose root is not known."""
        path = record.source_path
        paths = () if path is None else ((path, None),)
        created_us = to_us(record.created_at)
        return cls(record.filename, record.mime_type, created_us, record.tags, record.state, paths)


def parse_within(text: str) -> FileFilter:
    """Read the words of `within`: separated by blanks that quotes keep together, in any case.

    A word without `/` is a part of the name or a glob; with `/`, a folder or a glob of the path below its root.

    Raises:
        InvalidArgument: A word cannot be read.
    """
    if len(text) > _MOST_CHARS:
        raise InvalidArgument(f"within has more than {_MOST_CHARS} characters.", "Use fewer words.")
    conditions: dict[str, list[str]] = {"name": [], "path": [], "type": [], "tag": [], "after": [], "before": []}
    states: list[FileState] = []
    for number, (prefix, value) in enumerate(_words(text), start=1):
        if number > _MOST_WORDS:
            raise InvalidArgument(f"within has more than {_MOST_WORDS} words.", "Use fewer words.")
        if prefix == "state":
            states.append(_state(value))
        else:
            conditions[prefix].append(value)
    if len(set(states)) > 1:
        raise InvalidArgument("within names several states.", "Name one.")
    after, before = ([_day(day) for day in conditions[one]] for one in ("after", "before"))
    return FileFilter(
        names=tuple(fold_filename(one) for one in conditions["name"]),
        paths=tuple(fold_filename(one) for one in conditions["path"]),
        types=tuple(one.casefold().removeprefix(".") for one in conditions["type"]),
        tags=tuple(fold_tag(one) for one in conditions["tag"]),
        since_us=max(map(to_us, after), default=None),
        until_us=min((to_us(day + timedelta(days=1)) for day in before), default=None),
        state=states[0] if states else "ready",
    )


def is_of_type(wanted: str, mime_type: str, folded_name: str) -> bool:
    """Whether a file is of a type: by its kind, its ending or its MIME type."""
    return wanted in (file_type(mime_type, folded_name), mime_type) or folded_name.endswith(f".{wanted}")


def name_matcher(word: str) -> Callable[[str], bool]:
    """Matches folded names: a glob all of it, another word a part."""
    if _WILD.isdisjoint(word):
        return lambda name: word in name
    return _glob(word)


def path_matcher(word: str) -> Callable[[str, str | None], bool]:
    """Matches an absolute path with its root (None: unknown). A word that ends in `/` matches what is below.

    The word is compared with the path below the root, with or without the root's own name, or with the whole path if it
    begins with `/`. With an unknown root, it may begin at any folder.
    """
    word = word.removeprefix("./")
    is_match = _below(word)

    def matches(path: str, root: str | None) -> bool:
        return any(map(is_match, _comparable(fold_filename(path), None if root is None else fold_filename(root), word)))

    return matches


def _comparable(path: str, root: str | None, word: str) -> Iterator[str]:
    if word.startswith("/"):
        yield path
    elif root is None:
        parts = path.lstrip("/").split("/")
        yield from ("/".join(parts[start:]) for start in range(len(parts)))
    else:
        top = root.rstrip("/")
        below = path[len(top) + 1 :] if path.startswith(f"{top}/") else path.lstrip("/")
        yield below
        yield f"{top.rpartition('/')[2]}/{below}"


def _below(word: str) -> Callable[[str], bool]:
    if not word.endswith("/"):
        return _glob(word)
    if _WILD.isdisjoint(word):
        return lambda path: path.startswith(word)
    return _glob(f"{word}**")


def _glob(pattern: str) -> Callable[[str], bool]:
    # Imported here: few filters have globs.
    from files_api_mcp.backends.roots.wildmatch import compiled

    # In a name or path as we fold it, a backslash is a character like others.
    full_match, _ = compiled(pattern.replace("\\", "\\\\").encode("utf-8", "surrogatepass"))
    return lambda text: full_match(text.encode("utf-8", "surrogatepass")) is not None


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Each word with the condition that it is: its prefix, or `name` or `path`."""
    for word, quoted_from in _split(text):
        found = _PREFIX.match(word[:quoted_from])
        prefix = found[0].lower() if found else ""
        if prefix in ("type", "tag", "after", "before", "state"):
            value = word[len(prefix) + 1 :].strip()
            if not value:
                raise InvalidArgument(f"within has nothing after {prefix}:.", _HELP)
            yield prefix, value
        elif prefix and quoted_from > len(prefix) and "/" not in word:
            raise InvalidArgument(f"within has no {prefix}: words.", _HELP)
        elif word:
            yield ("path" if "/" in word else "name"), word


def _split(text: str) -> Iterator[tuple[str, int]]:
    """Each word, and where its quoted part starts."""
    word, quoted_from, is_quoted = "", -1, False
    for char in text:
        if char == '"':
            is_quoted = not is_quoted
            quoted_from = len(word) if quoted_from < 0 else quoted_from
        elif char.isspace() and not is_quoted:
            yield from _finished(word, quoted_from)
            word, quoted_from = "", -1
        else:
            word += char
    if is_quoted:
        raise InvalidArgument('within has a " without its end.', "Close the quotes.")
    yield from _finished(word, quoted_from)


def _finished(word: str, quoted_from: int) -> Iterator[tuple[str, int]]:
    if word:
        yield word, len(word) if quoted_from < 0 else quoted_from


def _state(value: str) -> FileState:
    state = _STATES.get(value.casefold())
    if state is None:
        raise InvalidArgument("within has an unknown state.", "Use state:superseded or state:gone.")
    return state


def _day(value: str) -> datetime:
    try:
        day = datetime.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or day.year == _LAST_YEAR:
        raise InvalidArgument("within has a date that is none.", "Write dates like after:2026-01-31.")
    return day.replace(tzinfo=UTC)
