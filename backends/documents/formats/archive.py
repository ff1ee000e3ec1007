"""Reads members of office files and books within limits: a zip of a few bytes can contain gigabytes."""

import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BytesIO
from lzma import LZMAError
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import fromstring as plain_tree

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, parse

from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["Archive"]

_MOST_BYTES = 512 * 1024 * 1024
_MOST_RATIO = 200
_RATIO_FREE = 10 * 1024 * 1024
_MOST_MEMBERS = 10_000
_CHUNK = 256 * 1024
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([^\"']*)")
_NOT_UTF_8 = (b"\xfe\xff", b"\xff\xfe")


class Archive:
    """An office file's or book's zip. Some programs write names with backslashes or in another case.

    Raises (opening and every method):
        UnsupportedType: The zip is damaged, encrypted, a bomb, or its XML declares entities.
    """

    def __init__(self, content: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(content)
        except (zipfile.BadZipFile, ValueError, OSError):
            raise UnsupportedType("The file is damaged and cannot be opened.") from None
        members = self._zip.infolist()
        if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _MOST_BYTES:
            raise UnsupportedType("The unpacked file exceeds the size limit.")
        self._members = {member.filename.replace("\\", "/").lstrip("/"): member for member in members}
        self._folded = {name.casefold(): member for name, member in self._members.items()}
        self.names = frozenset(self._members)

    def __contains__(self, name: str) -> bool:
        return self._member(name) is not None

    def tree(self, name: str) -> Element | None:
        """A member's XML; None if the member does not exist."""
        data = self.read(name)
        if data is None:
            return None
        with _xml_errors():
            # The parser in C is several times faster. It may read only what cannot declare an entity.
            if _is_plain(data):
                return plain_tree(data)  # noqa: S314
            return parse(BytesIO(data), forbid_dtd=False).getroot()

    def read(self, name: str) -> bytes | None:
        """A member's bytes; None if the member does not exist."""
        member = self._member(name)
        if member is None:
            return None
        with self._open(member) as content, _member_errors():
            return content.read()

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's bytes in turn; none if the member does not exist."""
        member = self._member(name)
        if member is None:
            return
        with self._open(member) as content, _member_errors():
            while part := content.read(_CHUNK):
                yield part

    def _member(self, name: str) -> zipfile.ZipInfo | None:
        return self._members.get(name) or self._folded.get(name.casefold())

    def _open(self, member: zipfile.ZipInfo) -> IO[bytes]:
        if member.flag_bits & 1:
            raise UnsupportedType("The file needs a password.")
        if member.file_size > max(_RATIO_FREE, member.compress_size * _MOST_RATIO):
            raise UnsupportedType("The unpacked file exceeds the size limit.")
        try:
            return self._zip.open(member)
        except (zipfile.BadZipFile, NotImplementedError):
            raise UnsupportedType("The file is damaged and cannot be read.") from None


def _is_plain(data: bytes) -> bool:
    """Whether XML is in UTF-8 and has no document type, which in other encodings may be other bytes."""
    declared = _ENCODING.match(data)
    is_utf_8 = declared is None or declared[1].lower() == b"utf-8"
    return is_utf_8 and b"<!DOCTYPE" not in data and b"\0" not in data[:4] and not data.startswith(_NOT_UTF_8)


@contextmanager
def _member_errors() -> Generator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError):
        raise UnsupportedType("The file is damaged and cannot be read.") from None
    except OSError as exc:
        # Damaged bzip2 data. An error of the disk has a number.
        if exc.errno is not None:
            raise
        raise UnsupportedType("The file is damaged and cannot be read.") from None


@contextmanager
def _xml_errors() -> Generator[None]:
    try:
        yield
    except DefusedXmlException:
        raise UnsupportedType("The file declares XML entities, which are not supported.") from None
    except (ParseError, LookupError, ValueError):  # the last two: an encoding that the parser does not know
        raise UnsupportedType("The file is damaged and cannot be read.") from None
