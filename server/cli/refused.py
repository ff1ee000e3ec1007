"""A failure that is told in one line."""

__all__ = ["Refused"]


class Refused(Exception):
    """What was asked for cannot be done: `[code] Sentence. Next step.`"""

    @property
    def text(self) -> str:
        """The line."""
        return str(self)
