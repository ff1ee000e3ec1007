"""Hostile files, the same for the same seed, but for what is encrypted: its keys are of chance."""

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
    """A file, and what was done to it."""

    name: str
    format: str
    attack: str
    content: bytes


def hostile_files(count: int, seed: int) -> Iterator[Hostile]:
    """So many files: the formats in turn, and each one's attacks in turn, in an order of the seed's."""
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
