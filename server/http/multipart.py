"""FormParser: parses a multipart form while its bytes arrive."""

from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

__all__ = ["FormParser", "FormParserError", "TooManyParts"]

_MAX_PARTS = 20


class TooManyParts(FormParserError):
    """The form has more parts than any real form. Even a small part costs time."""


class FormParser:
    """Parses a form from pieces of any size, and calls back for each part.

    `on_head` gets the part's headers, with names in lower case; `on_data` gets its content in pieces; `on_end` is
    called at its end. `feed` raises what a callback raises. `complete` is true after the end of the form.
    """

    def __init__(
        self,
        boundary: bytes,
        on_head: Callable[[dict[str, bytes]], None],
        on_data: Callable[[bytes], None],
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Raises:
            FormParserError: The boundary is invalid.
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
            "on_part_data": self._add_data,
            "on_part_end": on_end,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    def feed(self, block: bytes) -> None:
        """Parses the next bytes.

        Raises:
            FormParserError: The form is malformed. TooManyParts: it has more than 20 parts.
        """
        self._parser.write(block)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
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

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._on_data(bytes(data[start:end]))

    def _end(self) -> None:
        self.complete = True
