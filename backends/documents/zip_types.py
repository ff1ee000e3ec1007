"""Media types of ZIP files: what a file is follows from the parts that it contains, in any order."""

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

__all__ = ["DOCX", "EPUB", "ODP", "ODS", "ODT", "PPTX", "XLSX", "zip_type"]

_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OFFICE}.wordprocessingml.document"
PPTX = f"{_OFFICE}.presentationml.presentation"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
_OPEN = "application/vnd.oasis.opendocument"
ODT = f"{_OPEN}.text"
ODS = f"{_OPEN}.spreadsheet"
ODP = f"{_OPEN}.presentation"
EPUB = "application/epub+zip"

_LOCAL, _CENTRAL, _END, _END_64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"
_MOST_READ = 4 * 1024 * 1024
_MOST_STARTS = 20
_DESCRIPTOR = 24
"""The longest data descriptor, which may follow a member."""

_STATED = {
    **dict.fromkeys((f"{_OPEN}.text{kind}" for kind in ("", "-template", "-master", "-web")), ODT),
    **dict.fromkeys((f"{_OPEN}.spreadsheet{kind}" for kind in ("", "-template")), ODS),
    **dict.fromkeys((f"{_OPEN}.presentation{kind}" for kind in ("", "-template")), ODP),
    EPUB: EPUB,
}
_BODIES = {b"text": ODT, b"spreadsheet": ODS, b"presentation": ODP}
_BODY = re.compile(rb"<office:body[^>]{0,200}>\s{0,200}<office:(text|spreadsheet|presentation)\b")
_ROOT = re.compile(r"full-path=[\"']/[\"']")
_ROOT_TYPE = re.compile(r"media-type=[\"']([^\"']{1,200})[\"']")
_MAIN = re.compile(
    r"(wordprocessingml|ms-word|presentationml|ms-powerpoint|spreadsheetml|ms-excel)\.[a-z.]{0,80}\.main\b"
)
_FAMILIES = {
    "wordprocessingml": DOCX,
    "ms-word": DOCX,
    "presentationml": PPTX,
    "ms-powerpoint": PPTX,
    "spreadsheetml": XLSX,
    "ms-excel": XLSX,
}
_MAIN_PART = re.compile(r"(word)/document\d*\.xml|(ppt)/presentation\d*\.xml|(xl)/workbook\d*\.(?:xml|bin)")
_DOCUMENT = re.compile(r"/officedocument[\"']")
_TARGET = re.compile(r"target=[\"']/?(word|ppt|xl)/")
_FOLDERS = {"word": DOCX, "ppt": PPTX, "xl": XLSX}
_SUFFIXES = {
    ODT: ".odt .ott .odm .oth",
    ODS: ".ods .ots",
    ODP: ".odp .otp",
    DOCX: ".docx .docm .dotx .dotm",
    PPTX: ".pptx .pptm .potx .potm .ppsx .ppsm",
    XLSX: ".xlsx .xlsm .xltx .xltm .xlsb",
}


def zip_type(head: bytes, tail: bytes, filename: str) -> str:
    """The MIME type of a ZIP file, from its first and last 64 KiB.

    The name of the file decides only if the file is an office document whose kind is stated in between.
    """
    members = _Members(head, tail)
    suffix = PurePosixPath(filename).suffix.lower()
    return _stated(members) or _office_open(members, suffix) or _without_mimetype(members, suffix) or "application/zip"


class _Member(NamedTuple):
    """Where a member's header is: in the head or in the tail. A first one that is not compressed `is_magic`."""

    data: bytes
    offset: int
    is_magic: bool = False


class _Members:
    """The members whose names are in the head or in the directory at the end, by their names in lower case."""

    def __init__(self, head: bytes, tail: bytes) -> None:
        self._found: dict[str, _Member] = {}
        for name, offset, base in _directory(tail):
            at = offset - base
            place = _Member(head, offset) if offset < len(head) else _Member(tail, at if at > 0 else len(tail))
            self._found.setdefault(_plain(name), place)
        for name, place in _first_members(head):
            self._found[_plain(name)] = place
        self.names = self._found.keys()

    def text(self, name: str) -> str:
        """The beginning of a member in lower case; "" if it is out of reach."""
        return self.read(name).replace(b"\0", b"").decode("utf-8", "replace").lower()

    def value(self, name: str, of: re.Pattern[str], wanted: re.Pattern[str]) -> str | None:
        """What a pattern finds in the first tag of a member that another one finds something in."""
        tags = (tag for tag in self.text(name).split("<") if of.search(tag))
        found = wanted.search(next(tags, ""))
        return found[1] if found else None

    def read(self, name: str) -> bytes:
        place = self._found.get(name)
        header = _header(place.data, place.offset) if place else None
        return _content(place.data, header)[0] if place and header and _plain(header.name) == name else b""

    def is_magic(self, name: str) -> bool:
        """Whether this is the first member and not compressed, as a media type should be."""
        return name in self._found and self._found[name].is_magic


def _stated(members: _Members) -> str | None:
    """The type that a member with the name "mimetype" states."""
    kind = _STATED.get(members.text("mimetype").strip())
    needed = "meta-inf/container.xml" if kind == EPUB else "content.xml"
    return kind if members.is_magic("mimetype") or needed in members.names else None


def _office_open(members: _Members, suffix: str) -> str | None:
    """The type of an Office Open XML package: by its content types, its relationships, or the names of its parts."""
    main = _MAIN.search(members.text("[content_types].xml"))
    if main:
        return _FAMILIES[main[1]]
    target = members.value("_rels/.rels", _DOCUMENT, _TARGET)
    if target:
        return _FOLDERS[target]
    parts = (found for name in members.names if (found := _MAIN_PART.fullmatch(name)))
    named = next((_FOLDERS[part[part.lastindex or 0]] for part in parts), None)
    return named or (_by_suffix(suffix, DOCX, PPTX, XLSX) if "[content_types].xml" in members.names else None)


def _without_mimetype(members: _Members, suffix: str) -> str | None:
    """The type of a book or an OpenDocument file that does not state it where it should."""
    if "meta-inf/container.xml" in members.names and any(name.endswith(".opf") for name in members.names):
        return EPUB
    if not {"content.xml", "meta-inf/manifest.xml"} <= members.names:
        return None
    stated = members.value("meta-inf/manifest.xml", _ROOT, _ROOT_TYPE)
    if stated:
        return _STATED.get(stated)
    body = _BODY.search(members.read("content.xml"))
    return _BODIES[body[1]] if body else _by_suffix(suffix, ODT, ODS, ODP)


def _by_suffix(suffix: str, *kinds: str) -> str | None:
    return next((kind for kind in kinds if suffix and suffix in _SUFFIXES[kind].split()), None)


def _plain(name: bytes) -> str:
    return name.replace(b"\\", b"/").lstrip(b"/").decode("utf-8", "replace").lower()


class _Header(NamedTuple):
    name: bytes
    flags: int
    method: int
    size: int
    start: int


def _header(data: bytes, offset: int) -> _Header | None:
    """A member's own header."""
    if offset < 0 or data[offset : offset + 4] != _LOCAL or len(data) < offset + 30:
        return None
    flags, method, size, name, extra = struct.unpack_from("<2xHH8xI4xHH", data, offset + 4)
    start = offset + 30 + name
    return _Header(data[offset + 30 : start], flags, method, size, start + extra)


def _content(data: bytes, header: _Header) -> tuple[bytes, int | None]:
    """The beginning of a member, and where it ends; None if that is not known."""
    is_open = header.flags & 8 and not header.size
    if header.method == 0:
        end = None if is_open else header.start + header.size
        return data[header.start : end if end is not None else header.start], end
    if header.method != zlib.DEFLATED:
        return b"", None
    packed = data[header.start : header.start + header.size if header.size and not is_open else None]
    unpacker = zlib.decompressobj(-15)
    try:
        found = unpacker.decompress(packed, _MOST_READ)
    except zlib.error:
        return b"", None
    if not is_open:
        return found, header.start + header.size
    return found, header.start + len(packed) - len(unpacker.unused_data) if unpacker.eof else None


def _first_members(head: bytes) -> Iterator[tuple[bytes, _Member]]:
    """The members from the beginning on, as far as each says where the next one begins."""
    offset: int | None = 0
    while offset is not None and (header := _header(head, offset)):
        is_magic = offset == 0 and header.method == 0 and header.name == b"mimetype"
        yield header.name, _Member(head, offset, is_magic)
        end = header.start + header.size
        if header.flags & 8 and not header.size:
            end = _content(head, header)[1]
        following = head.find(_LOCAL, end, end + _DESCRIPTOR + len(_LOCAL)) if end is not None else -1
        offset = following if following >= 0 else None


def _directory(tail: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name and offset of the members in the directory at the end, and the offset of the tail in the file."""
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 22:
        return
    size, start = struct.unpack_from("<II", tail, end + 12)
    wide = tail.rfind(_END_64, 0, end)
    if wide >= 0 and len(tail) >= wide + 56:
        end, (size, start) = wide, struct.unpack_from("<QQ", tail, wide + 40)
    base = start - (end - size)
    at = max(0, end - size)
    for _ in range(_MOST_STARTS):
        at = tail.find(_CENTRAL, at, end)
        if at < 0:
            return
        # The tail may begin inside an entry, and bytes of it may look like the beginning of another.
        if (entries := [*_entries(tail, at, end)]) and entries[-1][2] == end:
            yield from ((name, offset, base) for name, offset, _ in entries)
            return
        at += 1


def _entries(tail: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name and offset of members, and where each entry ends."""
    while tail[at : at + 4] == _CENTRAL and at + 46 <= end:
        name, extra, comment, offset = struct.unpack_from("<HHH8xI", tail, at + 28)
        following = at + 46 + name + extra + comment
        yield tail[at + 46 : at + 46 + name], offset, following
        at = following
