"""Made-up words, pages and questions."""

import bisect
import itertools
import random

_WORDS = 40_000
_LINES, _WORDS_A_LINE = 30, 10


class Language:
    """Generates words with natural frequencies (Zipf), and pages of about 300; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._words = ["".join(self._chance.choices(letters, k=self._chance.randint(3, 10))) for _ in range(_WORDS)]
        self._sums = list(itertools.accumulate(1 / rank for rank in range(1, _WORDS + 1)))

    def word(self, above: float = 0.0) -> str:
        """A random word. `above` skips the frequent words that make up this share of the text."""
        share = above + (1 - above) * self._chance.random()
        return self._words[min(_WORDS - 1, bisect.bisect(self._sums, share * self._sums[-1]))]

    def page(self) -> str:
        figure = f"{self._chance.randint(1, 999)},{self._chance.randint(0, 999):03d}"
        lines = [" ".join(self.word() for _ in range(_WORDS_A_LINE)) for _ in range(_LINES)]
        return "\n".join([*lines, f"{self.word()} {figure}"])

    def question(self) -> str:
        """A realistic question: a few common words, and some rare ones."""
        return f"What is the {self.word(0.5)} of {self.word(0.6)} {self.word(0.7)} for {self.word(0.4)}?"
