"""Reading the one file of a multipart form as it comes."""

from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["FileForm"]

_FIELD = "file"
_MOST_PARTS = 20
_MOST_OTHER_BYTES = 64 * 1024


class FileForm:
    """A form whose field `file` is one file; what else it holds is passed over."""

    def __init__(self, content_type: str, stream: AsyncIterator[bytes]) -> None:
        """
        Raises:
            InvalidArgument: The body is no multipart form.
        """
        kind, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise InvalidArgument("The body is no multipart form.", "Send a form with a field named file, or use PUT.")
        self._stream = stream
        self._pending: list[bytes] = []
        self._filename: str | None = None
        self._header = (b"", b"")
        self._disposition = b""
        self._in_file = self._complete = False
        self._parts = self._other_bytes = 0
        callbacks = {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_end": self._on_end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]
        except FormParserError as exc:
            raise _malformed() from exc

    async def filename(self) -> str:
        """The file's name, which may be empty; reads as far as that.

        Raises:
            InvalidArgument: The form is malformed, or has no file.
        """
        while self._filename is None:
            if self._complete:
                raise InvalidArgument("The form has no field named file.")
            await self._feed()
        return self._filename

    async def content(self) -> AsyncIterator[bytes]:
        """The file's bytes, to the end of the form.

        Raises:
            InvalidArgument: The form is malformed, ends too early, or has a second file.
        """
        while True:
            pending, self._pending = self._pending, []
            for piece in pending:
                yield piece
            if self._complete:
                return
            await self._feed()

    async def _feed(self) -> None:
        try:
            block = await anext(self._stream)
        except StopAsyncIteration:
            raise _malformed() from None
        try:
            self._parser.write(block)
        except FormParserError as exc:
            raise _malformed() from exc

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _malformed()
        self._in_file, self._disposition = False, b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _on_header_end(self) -> None:
        name, value = self._header
        if name.strip().lower() == b"content-disposition":
            self._disposition = value
        self._header = (b"", b"")

    def _on_headers_finished(self) -> None:
        _, parameters = parse_options_header(self._disposition)
        if parameters.get(b"name") != _FIELD.encode():
            return
        if self._filename is not None:
            raise InvalidArgument("The form holds several files.", "Hand over one file with each link.")
        self._in_file = True
        self._filename = parameters.get(b"filename", b"").decode("utf-8", "replace")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._pending.append(bytes(data[start:end]))
            return
        self._other_bytes += end - start
        if self._other_bytes > _MOST_OTHER_BYTES:
            raise _malformed()

    def _on_end(self) -> None:
        self._complete = True


def _malformed() -> InvalidArgument:
    return InvalidArgument("The form is malformed.", "Send it again.")
