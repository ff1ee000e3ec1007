"""The passages of a document: their pages, offsets and lengths."""

from array import array

__all__ = ["PassageTable"]

_COLUMNS = 4
_PAGE, _START, _END, _TERMS = range(_COLUMNS)


class PassageTable:
    """Passages in order: page, start and end on the page in characters, and number of terms. Flat numbers, as an index
    holds many documents in memory."""

    def __init__(self, data: bytes = b"") -> None:
        """Load the bytes of `to_bytes`.

        Raises:
            ValueError: They are not such a table.
        """
        self._numbers = array("I", data)
        if len(self._numbers) % _COLUMNS:
            raise ValueError("the table ends in the middle of a row")

    def __len__(self) -> int:
        return len(self._numbers) // _COLUMNS

    def append(self, page: int, start: int, end: int, terms: int) -> None:
        """Add a passage."""
        self._numbers.extend((page, start, end, terms))

    def span(self, passage: int) -> tuple[int, int, int]:
        """Page, start and end of a passage."""
        at = passage * _COLUMNS
        page, start, end = self._numbers[at : at + _TERMS]
        return page, start, end

    @property
    def pages(self) -> "array[int]":
        """The page of each passage."""
        return self._numbers[_PAGE::_COLUMNS]

    @property
    def term_counts(self) -> "array[int]":
        """The number of terms of each passage."""
        return self._numbers[_TERMS::_COLUMNS]

    def to_bytes(self) -> bytes:
        """The table as bytes, in this machine's byte order."""
        return self._numbers.tobytes()
