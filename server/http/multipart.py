"""The parts of a multipart form, told of as its bytes come."""

from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

__all__ = ["FormParserError", "FormParts", "TooManyParts"]

_MOST_PARTS = 20


class TooManyParts(FormParserError):
    """More than anybody's form has: each costs time, however small."""


class FormParts:
    """Takes a form's bytes in any pieces. For each part `on_head` gets its headers, by names in lower case, `on_data`
    its content in pieces, and then `on_end` is called; what they raise goes to whoever feeds. `complete` says that the
    form has ended."""

    def __init__(
        self,
        boundary: bytes,
        on_head: Callable[[dict[str, bytes]], None],
        on_data: Callable[[bytes], None],
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Raises:
            FormParserError: No form can have this boundary.
        """
        self.complete = False
        self._on_head = on_head
        self._on_data = on_data
        self._headers: dict[str, bytes] = {}
        self._name = self._value = b""
        self._parts = 0
        callbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._add_to_name,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_head,
            "on_part_data": self._take,
            "on_part_end": on_end,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    def feed(self, block: bytes) -> None:
        """Take the next bytes.

        Raises:
            FormParserError: They are not a form's; TooManyParts: there are more than 20.
        """
        self._parser.write(block)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise TooManyParts
        self._headers = {}

    def _add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.decode("latin-1").strip().lower()] = self._value.strip()
        self._name = self._value = b""

    def _end_head(self) -> None:
        self._on_head(self._headers)

    def _take(self, data: bytes, start: int, end: int) -> None:
        self._on_data(bytes(data[start:end]))

    def _end(self) -> None:
        self.complete = True
