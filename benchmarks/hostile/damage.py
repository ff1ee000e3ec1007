"""Damage for files of any format."""

import codecs
import re
import struct
from collections.abc import Callable
from random import Random

from benchmarks.hostile.samples import FORMATS, TEXTS, sample
from tests.support.hostile import damaged, with_damaged_member

__all__ = ["damages"]

Damage = Callable[[str, Random], bytes]
_WRONG_NUMBERS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_DIGITS = re.compile(rb"\d+")
_WRONG_DIGITS = (b"0", b"-1", b"99999999999999999999", b"2147483648", b"65536")
_MOST_REPEATED = 2_000_000


def damages(ending: str) -> dict[str, Damage]:
    """The kinds of damage for a format."""
    found = dict(_ANY)
    if sample(ending).startswith(b"PK"):
        found["damaged member"] = lambda ending, chance: with_damaged_member(sample(ending), chance)
    if ending in TEXTS:
        found |= _TEXT
    return found


def _cut(ending: str, chance: Random) -> bytes:
    whole = sample(ending)
    return whole[: chance.randrange(1, len(whole))]


def _flipped(ending: str, chance: Random) -> bytes:
    changed = bytearray(sample(ending))
    for _ in range(chance.choice((1, 5, 50, 500))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _wrong_lengths(ending: str, chance: Random) -> bytes:
    """Changes numbers of four bytes or of digits; some of them are lengths."""
    whole = bytearray(sample(ending))
    for _ in range(chance.choice((1, 3, 10))):
        if numbers := list(_DIGITS.finditer(whole)):
            found = chance.choice(numbers)
            whole[found.start() : found.end()] = chance.choice(_WRONG_DIGITS)
        at = chance.randrange(len(whole) - 4)
        if ending not in TEXTS:
            whole[at : at + 4] = struct.pack(chance.choice("<>") + "I", chance.choice(_WRONG_NUMBERS))
    return bytes(whole)


def _blanked(ending: str, chance: Random) -> bytes:
    """Replaces a range with zeros, like a damaged disk."""
    whole = bytearray(sample(ending))
    start = chance.randrange(len(whole))
    end = min(len(whole), start + chance.choice((16, 512, 4096)))
    whole[start:end] = bytes(end - start)
    return bytes(whole)


def _spliced(ending: str, chance: Random) -> bytes:
    """The start of one file, and the end of a file of another format."""
    first, last = sample(ending), sample(chance.choice(FORMATS))
    return first[: chance.randrange(8, len(first))] + last[chance.randrange(len(last)) :]


def _repeated(ending: str, chance: Random) -> bytes:
    whole = sample(ending)
    return whole * chance.randrange(2, max(3, min(400, _MOST_REPEATED // len(whole))))


def _other_content(ending: str, chance: Random) -> bytes:
    """Another format under the name of this one."""
    return sample(chance.choice([other for other in FORMATS if other != ending]))


def _noise_inside(ending: str, chance: Random) -> bytes:
    whole = sample(ending)
    at = chance.randrange(8, len(whole))
    return whole[:at] + chance.randbytes(chance.choice((1, 100, 10_000))) + whole[at:]


_ANY: dict[str, Damage] = {
    "cut off": _cut,
    "bits flipped": _flipped,
    "wrong lengths": _wrong_lengths,
    "bytes changed": lambda ending, chance: damaged(sample(ending), chance),
    "blanked": _blanked,
    "spliced": _spliced,
    "noise inside": _noise_inside,
    "repeated": _repeated,
    "wrong name": _other_content,
    "empty": lambda _, __: b"",
    "first bytes alone": lambda ending, chance: sample(ending)[: chance.randrange(1, 32)],
}


def _in_another_encoding(ending: str, chance: Random) -> bytes:
    text = sample(ending).decode("latin-1")
    name = chance.choice(("utf-16-le", "utf-16-be", "utf-32-le", "utf-7", "cp500", "shift_jis", "utf-8-sig"))
    return text.encode(name, "replace")


def _under_a_wrong_mark(ending: str, chance: Random) -> bytes:
    """A wrong byte order mark."""
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF8)
    return chance.choice(marks) + sample(ending) + chance.choice((b"", b"\xd8", b"\x00\xd8", b"\xff\xff\xff"))


def _ill_formed(ending: str, chance: Random) -> bytes:
    """Invalid UTF-8: surrogates, overlong forms, single bytes."""
    bad = (b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80", b"\x80", b"\xff", b"\xf4\x90\x80\x80")
    parts = sample(ending).split(b"words")
    return b"".join(part + chance.choice(bad) for part in parts)


def _marked_characters(ending: str, chance: Random) -> bytes:
    """Many combining marks on one letter, and text in both directions."""
    marks = "".join(chance.choices("\u0301\u0323\u202e\u200d\u2066\ufeff\u0000", k=chance.randrange(1000, 50_000)))
    return sample(ending).replace(b"words", f"w{marks}".encode(), 1)


_TEXT: dict[str, Damage] = {
    "other encoding": _in_another_encoding,
    "wrong mark": _under_a_wrong_mark,
    "ill-formed": _ill_formed,
    "marked": _marked_characters,
}
