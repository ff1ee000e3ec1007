"""FileForm: the one file of a multipart form, read while it arrives."""

from collections.abc import AsyncIterator

from python_multipart.multipart import parse_options_header

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.server.http.multipart import FormParser, FormParserError

__all__ = ["FileForm"]

_FIELD = "file"
_MAX_OTHER_BYTES = 64 * 1024


class FileForm:
    """A form whose field `file` contains one file. Other fields are ignored."""

    def __init__(self, content_type: str, stream: AsyncIterator[bytes]) -> None:
        """
        Raises:
            InvalidArgument: The body is not a multipart form.
        """
        kind, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise InvalidArgument(
                "The body is not a multipart form.", "Send a form with a field named file, or use PUT."
            )
        self._stream = stream
        self._pending: list[bytes] = []
        self._filename: str | None = None
        self._in_file = False
        self._other_bytes = 0
        try:
            self._parser = FormParser(boundary, self._on_head, self._on_data)
        except FormParserError as exc:
            raise _malformed() from exc

    async def filename(self) -> str:
        """The file's name, which may be empty. Reads the form only up to the name.

        Raises:
            InvalidArgument: The form is malformed or has no file.
        """
        while self._filename is None:
            if self._parser.complete:
                raise InvalidArgument("The form has no field named file.")
            await self._feed()
        return self._filename

    async def content(self) -> AsyncIterator[bytes]:
        """The file's bytes. Reads the form to its end.

        Raises:
            InvalidArgument: The form is malformed, ends too early, or has a second file.
        """
        while True:
            pending, self._pending = self._pending, []
            for piece in pending:
                yield piece
            if self._parser.complete:
                return
            await self._feed()

    async def _feed(self) -> None:
        try:
            block = await anext(self._stream)
        except StopAsyncIteration:
            raise _malformed() from None
        try:
            self._parser.feed(block)
        except FormParserError as exc:
            raise _malformed() from exc

    def _on_head(self, headers: dict[str, bytes]) -> None:
        _, parameters = parse_options_header(headers.get("content-disposition", b""))
        self._in_file = parameters.get(b"name") == _FIELD.encode()
        if not self._in_file:
            return
        if self._filename is not None:
            raise InvalidArgument("The form has several files.", "Upload one file per link.")
        self._filename = parameters.get(b"filename", b"").decode("utf-8", "replace")

    def _on_data(self, piece: bytes) -> None:
        if self._in_file:
            self._pending.append(piece)
            return
        self._other_bytes += len(piece)
        if self._other_bytes > _MAX_OTHER_BYTES:
            raise _malformed()


def _malformed() -> InvalidArgument:
    return InvalidArgument("The form is malformed.", "Send it again.")
