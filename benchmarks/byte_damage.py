"""Ways to damage a file of pages, such as a database."""

import random
from collections.abc import Callable, Sequence

__all__ = ["DAMAGES", "cut", "flip_bit", "flip_bits", "overwrite", "repeat_page", "swap_pages", "zero"]

_PAGE = 4096


def flip_bit(content: bytearray, chance: random.Random) -> None:
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def flip_bits(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(2, 200)):
        flip_bit(content, chance)


def overwrite(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content))
    length = min(chance.choice((1, 8, 100, 5000)), len(content) - start)
    content[start : start + length] = chance.randbytes(length)


def zero(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content) // _PAGE) * _PAGE
    content[start : start + _PAGE * chance.choice((1, 1, 4))] = bytes(len(content[start : start + _PAGE]))


def cut(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def swap_pages(content: bytearray, chance: random.Random) -> None:
    one, other = (chance.randrange(len(content) // _PAGE) * _PAGE for _ in range(2))
    first, second = content[one : one + _PAGE], content[other : other + _PAGE]
    content[one : one + _PAGE], content[other : other + _PAGE] = second, first


def repeat_page(content: bytearray, chance: random.Random) -> None:
    one, other = (chance.randrange(len(content) // _PAGE) * _PAGE for _ in range(2))
    content[one : one + _PAGE] = content[other : other + _PAGE]


DAMAGES: Sequence[Callable[[bytearray, random.Random], None]] = (
    flip_bit,
    flip_bits,
    overwrite,
    zero,
    cut,
    swap_pages,
    repeat_page,
)
