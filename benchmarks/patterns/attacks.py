"""Generates texts that cost one pattern as much as possible, from its parse tree."""

import importlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Any

__all__ = ["Attack", "attacks"]

# Private, but the only access to the tree; `sre_parse`, its old name, is deprecated.
_parser: Any = importlib.import_module("re._parser")
_TAILS = ("", "\x00", "!", "\n", "a", "x\x00")
_MOST = 160
_MOST_SAMPLES = 4
_LONGEST_RUN = 3_000
_CATEGORIES = {
    "CATEGORY_DIGIT": "0",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_WORD": "-",
}


class Attack:
    """A text of any length: `before`, repeated `pump`, then `tail`."""

    def __init__(self, before: str, pump: str, tail: str) -> None:
        self.before, self.pump, self.tail = before, pump, tail

    def text(self, length: int, kind: type) -> Any:
        text = self.before + self.pump * (length // len(self.pump)) + self.tail
        return text.encode("latin-1", "replace") if kind is bytes else text

    def __repr__(self) -> str:
        return f"{self.before[:20]!r} + {self.pump[:30]!r} * n + {self.tail!r}"


def attacks(pattern: re.Pattern[Any]) -> list[Attack]:
    """Repeated single characters and samples of matches and their parts, with endings that fail."""
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else 0)
    wholes = _samples(tree)
    atoms = list(dict.fromkeys(_atoms(tree)))[:24]
    pumped = list(dict.fromkeys(_pumps(tree, "")))
    texts = [*((before, pump) for before, pump in pumped), *(("", atom) for atom in atoms)]
    texts += [("", whole) for whole in wholes] + [(whole, atom) for whole in wholes[:2] for atom in atoms[:8]]
    texts += [("", whole[:cut]) for whole in wholes[:2] for cut in range(1, min(len(whole), 40))]
    texts += [("", one + other) for one, other in islice(product(atoms, atoms), 64) if one != other]
    made = [Attack(before, pump, tail) for before, pump in dict.fromkeys(texts) if pump for tail in _TAILS[:2]]
    made += [Attack(before, pump, tail) for before, pump in pumped[:6] if pump for tail in _TAILS[2:]]
    return made[: _MOST * 2]


def _samples(tree: Iterable[Any]) -> list[str]:
    """A few texts that nearly match."""
    found = [""]
    for op, arg in tree:
        choices = _choices(str(op), arg)
        found = [one + other for one in found for other in choices][:_MOST_SAMPLES]
    return found


def _choices(op: str, arg: Any) -> list[str]:
    if op == "LITERAL":
        return [chr(arg)]
    if op in ("NOT_LITERAL", "ANY"):
        return ["a"]
    if op == "IN":
        return list(_members(arg))[:2] or ["a"]
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, body = arg
        return [one * max(least, min(int(most), 1)) for one in _samples(body)]
    if op == "SUBPATTERN":
        return _samples(arg[3])
    if op == "ATOMIC_GROUP":
        return _samples(arg)
    if op == "BRANCH":
        return [sample for branch in arg[1] for sample in _samples(branch)[:1]][:_MOST_SAMPLES]
    if op == "ASSERT" and arg[0] > 0:
        return [""]
    return [""]


def _members(items: Sequence[Any]) -> Iterator[str]:
    """Characters of a set, or one outside a negated set."""
    if items and str(items[0][0]) == "NEGATE":
        taken = {one for item in items[1:] for one in _members([item])}
        yield from (one for one in "a0 -\x00<" if one not in taken)
        return
    for op, arg in items:
        if str(op) == "LITERAL":
            yield chr(arg)
        elif str(op) == "RANGE":
            yield chr(arg[0])
            yield chr(arg[1])
        elif str(op) == "CATEGORY":
            yield _CATEGORIES.get(str(arg), "a")


def _parts(op: str, arg: Any) -> list[Any]:
    """The child trees of a node."""
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return [arg[2]]
    if op == "SUBPATTERN":
        return [arg[3]]
    if op == "ATOMIC_GROUP":
        return [arg]
    if op == "BRANCH":
        return list(arg[1])
    return [arg[1]] if op in ("ASSERT", "ASSERT_NOT") else []


def _atoms(tree: Iterable[Any]) -> Iterator[str]:
    """One character of each class and literal."""
    for op, arg in tree:
        if str(op) in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            yield from _choices(str(op), arg)
        for part in _parts(str(op), arg):
            yield from _atoms(part)


def _pumps(tree: Iterable[Any], before: str) -> Iterator[tuple[str, str]]:
    """The text before each repeat, and a text of its body."""
    for op, arg in tree:
        if "REPEAT" in str(op):
            for sample in _samples(arg[2]):
                yield before, sample
                # One too few: every start reads up to the limit, and fails.
                yield "", before + sample * (min(arg[0], _LONGEST_RUN) - 1) + "\x00"
                yield "", before + sample
        for part in _parts(str(op), arg):
            yield from _pumps(part, before)
        before += _choices(str(op), arg)[0]
