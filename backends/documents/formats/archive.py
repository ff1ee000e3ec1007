"""Reads members of office files and books within limits: a zip of a few bytes can contain gigabytes."""

import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError, parse

from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["Archive"]

_MOST_BYTES = 512 * 1024 * 1024
_MOST_RATIO = 200
_RATIO_FREE = 10 * 1024 * 1024
_MOST_MEMBERS = 10_000
_PART = 64 * 1024


class Archive:
    """An office file's or book's zip.

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
        self.names = frozenset(member.filename for member in members)

    def tree(self, name: str) -> Element | None:
        """A member's XML; None if the member does not exist."""
        if name not in self.names:
            return None
        with self._open(name) as member, _xml_errors():
            return parse(member, forbid_dtd=True).getroot()

    def check(self, name: str) -> None:
        """Check that a member, if it exists, is well-formed XML; nothing of it is kept."""
        if name not in self.names:
            return
        parser = DefusedXMLParser(target=_Nothing(), forbid_dtd=True)
        with self._open(name) as member, _xml_errors():
            while part := member.read(_PART):
                parser.feed(part)
            parser.close()

    def read(self, name: str) -> bytes | None:
        """A member's bytes; None if the member does not exist."""
        if name not in self.names:
            return None
        with self._open(name) as member:
            try:
                return member.read()
            except (zipfile.BadZipFile, zlib.error, EOFError):
                raise UnsupportedType("The file is damaged and cannot be read.") from None

    def _open(self, name: str) -> IO[bytes]:
        member = self._zip.getinfo(name)
        if member.flag_bits & 1:
            raise UnsupportedType("The file needs a password.")
        if member.file_size > max(_RATIO_FREE, member.compress_size * _MOST_RATIO):
            raise UnsupportedType("The unpacked file exceeds the size limit.")
        return self._zip.open(member)


class _Nothing:
    """A parser target that discards everything."""

    def close(self) -> None:
        pass


@contextmanager
def _xml_errors() -> Generator[None]:
    try:
        yield
    except DefusedXmlException:
        raise UnsupportedType("The file declares XML entities, which are not supported.") from None
    except (ParseError, zipfile.BadZipFile, zlib.error, EOFError):
        raise UnsupportedType("The file is damaged and cannot be read.") from None
