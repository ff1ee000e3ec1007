"""Hostile files. The same seed gives the same files, except for encrypted ones, whose keys are random."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from benchmarks.hostile.damage import damages
from benchmarks.hostile.packages import PACKAGES
from benchmarks.hostile.pdfs import PDFS
from benchmarks.hostile.pictures import PICTURES
from benchmarks.hostile.plain import PLAIN
from benchmarks.hostile.samples import FORMATS

__all__ = ["Hostile", "hostile_files"]

_MADE = {"pdf": PDFS, **PACKAGES, **PLAIN, **PICTURES}


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, and its kind of damage."""

    name: str
    format: str
    attack: str
    content: bytes


def hostile_files(count: int, seed: int) -> Iterator[Hostile]:
    """Generate `count` files: the formats in turn, and the attacks on each in turn, in an order given by the seed."""
    attacks = {ending: _shuffled([*damages(ending), *_MADE[ending]], f"{seed} {ending}") for ending in FORMATS}
    for number in range(count):
        ending = FORMATS[number % len(FORMATS)]
        turn = number // len(FORMATS)
        attack = attacks[ending][turn % len(attacks[ending])]
        chance = Random(f"{seed} {number}")
        made = _MADE[ending].get(attack)
        content = made(chance) if made else damages(ending)[attack](ending, chance)
        yield Hostile(f"{number:05d}.{ending}", ending, attack, content)


def _shuffled(names: list[str], seed: str) -> list[str]:
    Random(seed).shuffle(names)
    return names
