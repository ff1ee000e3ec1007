"""Argument types that several tools share, with their validation and description."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, cast

from pydantic import AfterValidator, BeforeValidator, Field

from files_api_mcp.tools.arguments.pages import pages_text, parse_pages
from files_api_mcp.tools.arguments.spellings import listed

__all__ = ["URI_PREFIX", "AlsoNamed", "FileId", "FileIds", "PageRange", "Texts", "Within", "is_file_id", "quoted"]

URI_PREFIX = "files-api:///"
"""What comes before the id in the URI of a file."""

_BETWEEN_IDS = str.maketrans(dict.fromkeys(",;\"'`<>[]()", " "))
_KEYS_OF_IDS = ("file_id", "id")


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class AlsoNamed:
    """Another name, in a parameter's annotation, under which an argument is read. The schema does not show it.
    `read` turns its value into one of the parameter."""

    name: str
    read: Callable[[Any], Any] = _unchanged


def is_file_id(value: str) -> bool:
    """Whether a text has the form of a file id."""
    # An id becomes part of a URL and of texts shown to a model, so its alphabet is a safety rule. Its length is only
    # bounded, as the API may change it.
    tail = value.removeprefix("file_")
    plain = tail.replace("_", "").replace("-", "")
    return tail != value and 1 <= len(tail) <= 120 and (not plain or (plain.isascii() and plain.isalnum()))


def _check_file_id(value: str) -> str:
    if not is_file_id(value):
        raise ValueError("must be an id like file_011CNha8iCJc, from upload_file or list_files")
    return value


def _ids(value: object) -> list[Any]:
    """Ids in a list, in one text, in their URIs, or in the rows of a result."""
    found: list[Any] = []
    for item in listed(value):
        row = cast(dict[str, Any], item) if isinstance(item, dict) else dict[str, Any]()
        one: Any = next((row[key] for key in _KEYS_OF_IDS if key in row), cast(Any, item))
        found += [_id(word) for word in one.translate(_BETWEEN_IDS).split()] or [one] if isinstance(one, str) else [one]
    return found or ([value] if isinstance(value, str) else [])


def _id(word: str) -> str:
    return word.removeprefix(URI_PREFIX)


def _one_id(value: object) -> object:
    if isinstance(value, str) and is_file_id(value):
        return value
    ids = _ids(value)
    if len(ids) > 1:
        raise ValueError("must be one id; call once for each file")
    return ids[0] if ids else value


FileId: TypeAlias = Annotated[str, BeforeValidator(_one_id), AfterValidator(_check_file_id), AlsoNamed("file_ids")]

FileIds: TypeAlias = Annotated[
    list[Annotated[str, AfterValidator(_check_file_id)]], BeforeValidator(_ids), AlsoNamed("file_id")
]
"""A list of ids; a single one is read too."""


def _texts(value: object) -> list[Any]:
    return [str(item) if isinstance(item, int | float) else item for item in listed(value)]


Texts: TypeAlias = Annotated[list[str], BeforeValidator(_texts)]
"""A list of texts; a single one is read too."""


def _check_pages(value: str) -> str:
    first, last = parse_pages(value)
    return f"{first}" if first == last else f"{first}-{last}"


def _words(value: object) -> object:
    return " ".join(map(str, cast(list[Any], value))) if isinstance(value, list) else value


Within: TypeAlias = Annotated[str, BeforeValidator(_words), Field(max_length=1000)]
"""Words that select files: `parse_within` reads them."""


def quoted(text: str) -> str:
    """A part of a name as words of `within`, whatever blanks and quotation marks it holds."""
    return " ".join(f'"{part}"' for part in text.split('"') if part)


PageRange: TypeAlias = Annotated[
    str,
    BeforeValidator(pages_text),
    Field(description='"7" or "3-5"'),
    AfterValidator(_check_pages),
    AlsoNamed("page"),
]
