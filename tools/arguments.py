"""Argument types that several tools share, with their validation and description."""

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

__all__ = ["FileId", "FileIds", "PageRange", "Texts", "Within", "is_file_id", "parse_pages", "quoted"]

_MAX_PAGE = 10_000_000
_PAGE_WORD = re.compile(r"^\s*(?:page|slide)s? ", re.IGNORECASE)


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


FileId: TypeAlias = Annotated[str, AfterValidator(_check_file_id)]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


FileIds: TypeAlias = Annotated[list[FileId], BeforeValidator(_as_list)]
"""A list of ids; a single one is read too."""

Texts: TypeAlias = Annotated[list[str], BeforeValidator(_as_list)]
"""A list of texts; a single one is read too."""


def parse_pages(value: str) -> tuple[int, int]:
    """Parses `7`, `3-5` or the place of a page into (first, last), 1-based and inclusive.

    Raises:
        ValueError: The text is neither a page nor an ascending range.
    """
    given = _PAGE_WORD.sub("", value.partition("(")[0])
    first, dash, last = given.replace(" ", "").replace("\u2013", "-").partition("-")
    numbers = (first, last if dash else first)
    if not all(n.isascii() and n.isdigit() and len(n) <= len(str(_MAX_PAGE)) for n in numbers):
        raise ValueError('must be a page like "7" or a range like "3-5"')
    start, end = int(numbers[0]), int(numbers[1])
    if not 1 <= start <= end:
        raise ValueError("must start at page 1 or later, and its first page must not be after its last")
    return start, end


def _check_pages(value: str) -> str:
    parse_pages(value)
    return value


Within: TypeAlias = Annotated[str, Field(max_length=1000)]
"""Words that select files: `parse_within` reads them."""


def quoted(text: str) -> str:
    """A part of a name as words of `within`, whatever blanks and quotation marks it holds."""
    return " ".join(f'"{part}"' for part in text.split('"') if part)


PageRange: TypeAlias = Annotated[str, Field(description='"7" or "3-5"'), AfterValidator(_check_pages)]
