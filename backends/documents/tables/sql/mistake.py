"""The error for a query that cannot be run as it is."""

__all__ = ["Mistake"]


class Mistake(Exception):
    """A query that is wrong or takes too much: one sentence, and what to do."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step
