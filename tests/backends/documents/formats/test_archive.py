"""A member that cannot be read is unsupported, whatever is wrong with it, so that the others can be read."""

import zipfile
from io import BytesIO

import pytest

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.errors import UnsupportedType


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", method) as target:
        target.writestr("a.xml", content)
    return made.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_bytes_in_any_compression(method: int) -> None:
    made = zipped(b"<a>" + bytes(range(32, 60)) * 100 + b"</a>", method)
    broken = Archive(BytesIO(made[:45] + b"\xff" * 15 + made[60:]))
    with pytest.raises(UnsupportedType):
        broken.read("a.xml")
    with pytest.raises(UnsupportedType):
        list(broken.chunks("a.xml"))


@pytest.mark.parametrize("encoding", ["no-such", "shift_jis", "base64", "idna"])
def test_an_encoding_that_the_parser_does_not_know(encoding: str) -> None:
    made = zipped(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode())
    with pytest.raises(UnsupportedType):
        Archive(BytesIO(made)).tree("a.xml")
