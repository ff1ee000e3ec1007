"""Rules for arguments: file ids, filenames, lifetimes and questions."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from files_api_mcp.backends.errors import BadFilename, InvalidArgument, NotFound

if TYPE_CHECKING:
    from files_api_mcp.backends.models import NewFile

__all__ = [
    "FILE_ID",
    "LIFETIME_S",
    "MAX_FILES_PER_QUESTION",
    "MAX_FILE_SIZE",
    "MAX_QUESTION_CHARS",
    "MAX_TAGS",
    "check_file_id",
    "check_filename",
    "check_new",
    "check_question",
    "checked_tags",
    "distinct_ids",
    "fold_filename",
    "fold_tag",
    "is_placeholder",
    "is_unexpanded",
    "new_file_id",
    "safe_filename",
]

FILE_ID = re.compile(r"file_[A-Za-z0-9_-]{1,120}")
"""A file id of any Files API; use `fullmatch`."""

LIFETIME_S = range(3600, 7_776_000 + 1)
"""Lifetimes of a file in seconds: an hour to 90 days."""

MAX_FILE_SIZE = 500_000_000
"""Bytes. The Files API takes 500 MB per file, and leaves open whether MB or MiB: the smaller reading is safe."""

MAX_FILES_PER_QUESTION = 100

MAX_QUESTION_CHARS = 10_000

MAX_TAGS = 50
"""Tags of one file."""

_VARIABLE = re.compile(r"\$[A-Za-z_]\w{0,100}|%\w{1,100}%")
_EXAMPLE = re.compile(
    r"^<.*>$|^\[.*\]$|\.\.\.|\u2026|\*\*\*|x{8}|^x+$|-x{3,}$|your[-_ ]?(?:\w{1,20}[-_ ])?(?:api[-_ ]?)?(?:key|token)"
    r"|(?:key|token)[-_ ]here"
    r"|^(?:change[-_ ]?me|replace[-_ ]?me|placeholder|todo|none|null|undefined|secret|(?:anthropic[-_ ])?(?:api[-_ ])?"
    r"(?:key|token))$",
    re.IGNORECASE | re.DOTALL,
)
"""Values in place of a key in examples of documentation."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ID_LENGTH = 24  # 24 digits of base 58 hold 140 random bits
_IDS = 58**_ID_LENGTH
_PAIRS = 58**2
_LONGEST = 255
_LONGEST_TAG = 100
_LONGEST_ENDING = 20
_FORBIDDEN = frozenset('<>:"|?*\\/')


def new_file_id() -> str:
    """Create a random id that cannot be guessed."""
    import secrets  # imported here, because commands that create no id start faster without it

    # One draw for all digits: each draw is a call of the system.
    drawn, pairs = secrets.randbelow(_IDS), _base58_pairs()
    digits = ["file_"]
    while len(digits) <= _ID_LENGTH // 2:
        drawn, pair = divmod(drawn, _PAIRS)
        digits.append(pairs[pair])
    return "".join(digits)


@cache
def _base58_pairs() -> list[str]:
    """All pairs of digits: half as many divisions of a long number."""
    return [first + second for first in _BASE58 for second in _BASE58]


def check_file_id(file_id: str) -> None:
    """Check that this has the form of a file id, so that error texts may repeat it.

    Raises:
        NotFound: It does not.
    """
    if not FILE_ID.fullmatch(file_id):
        raise NotFound("This is not a file id: ids look like file_ followed by letters and digits.")


def check_filename(name: str) -> None:
    """Check a filename by the rule of the Files API: 1 to 255 characters, none of `< > : " | ? * \\ /`, none below
    U+0020, and nothing that UTF-8 cannot encode.

    Raises:
        BadFilename: The name breaks the rule.
    """
    if 1 <= len(name) <= _LONGEST and _is_plain(name):
        return
    if not 1 <= len(name) <= _LONGEST or any(c in _FORBIDDEN or c < " " or "\ud800" <= c <= "\udfff" for c in name):
        raise BadFilename("The Files API does not allow this filename.")


def safe_filename(name: str) -> str:
    """Make a name that keeps the rule and cannot mislead a reader: `_` replaces forbidden, control, format (U+202E
    reverses the reading direction) and undecodable characters, and a long name is cut.

    Raises:
        BadFilename: The name has only dots and spaces.
    """
    if len(name) > 2 * _LONGEST:
        # A name in a request may have megabytes; only its ends are kept.
        name = name[:_LONGEST] + name[-_LONGEST:]
    clean = name if _is_plain(name) else "".join(map(_allowed, name))
    if all(c == "." or c.isspace() for c in clean):
        raise BadFilename("The filename has only dots and spaces.", "Rename the file and upload it again.")
    if len(clean) <= _LONGEST:
        return clean
    ending = PurePosixPath(clean).suffix
    if len(ending) > _LONGEST_ENDING:
        ending = ""
    return clean[: _LONGEST - len(ending)] + ending


def _is_plain(name: str) -> bool:
    """A quick look that finds most names harmless: to look at each character is much of the work on a small file."""
    return name.isascii() and name.isprintable() and _FORBIDDEN.isdisjoint(name)


def _allowed(c: str) -> str:
    return "_" if c in _FORBIDDEN or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c


def fold_filename(name: str) -> str:
    """The form in which filenames are compared: case and the encoding of accents make no difference."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def fold_tag(tag: str) -> str:
    """The form in which tags are stored and compared."""
    return unicodedata.normalize("NFC", tag.strip().casefold())


def checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """The tags folded, each once, in alphabetical order.

    Raises:
        InvalidArgument: One is empty, too long, or has characters that `within` cannot name; or there are too many.
    """
    if not tags:
        return ()
    folded = sorted({fold_tag(tag) for tag in tags})
    if any(not tag or len(tag) > _LONGEST_TAG or '"' in tag or not tag.isprintable() for tag in folded):
        raise InvalidArgument(
            "A tag is empty, too long or has a forbidden character.",
            f"Use 1 to {_LONGEST_TAG} printable characters without quotation marks.",
        )
    if len(folded) > MAX_TAGS:
        raise InvalidArgument(f"There are more than {MAX_TAGS} tags.", "Use fewer.")
    return tuple(folded)


def check_new(new: "NewFile") -> None:
    """Check the name, the lifetime and the tags of a new file.

    Raises:
        BadFilename: The name breaks the rule.
        InvalidArgument: The lifetime is out of range, or a tag is not allowed.
    """
    check_filename(new.filename)
    checked_tags(new.tags)
    if new.expires_in_seconds is not None and new.expires_in_seconds not in LIFETIME_S:
        raise InvalidArgument("expires_in_seconds must be between 3600 (an hour) and 7776000 (90 days).")


def is_unexpanded(value: str) -> bool:
    """Whether a setting holds a reference that the host should have replaced: `${NAME}`, `{{name}}`, or as a whole
    `$NAME` or `%NAME%`."""
    return "${" in value or "{{" in value or _VARIABLE.fullmatch(value.strip()) is not None


def is_placeholder(key: str) -> bool:
    """Whether this stands in place of a key: an unexpanded variable, or the word of an example."""
    key = key.strip()[:1000]
    return is_unexpanded(key) or bool(_EXAMPLE.search(key))


def check_question(question: str, file_ids: Sequence[str]) -> tuple[str, list[str]]:
    """The question cut to its first 10,000 characters, and the ids without duplicates.

    Raises:
        InvalidArgument: The question is empty, or there are more than 100 ids.
    """
    if not question.strip():
        raise InvalidArgument("question is empty.", "Ask a question in words.")
    return question[:MAX_QUESTION_CHARS], distinct_ids(file_ids)


def distinct_ids(file_ids: Sequence[str]) -> list[str]:
    """The ids without duplicates.

    Raises:
        InvalidArgument: There are more than 100.
    """
    ids = list(dict.fromkeys(file_ids))
    if len(ids) > MAX_FILES_PER_QUESTION:
        raise InvalidArgument(
            f"file_ids contains more than {MAX_FILES_PER_QUESTION} ids.", "Ask in several calls, or omit file_ids."
        )
    return ids
