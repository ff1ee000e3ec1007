"""Files that are only read in memory are limited."""

import io

import pytest

from files_api_mcp.backends.documents.formats.whole_file import read_whole
from files_api_mcp.backends.errors import UnsupportedType


def test_a_file_of_the_limit_is_read_and_a_longer_one_refused() -> None:
    assert read_whole(io.BytesIO(b"12345"), 5) == b"12345"
    with pytest.raises(UnsupportedType, match="The page is too long to read"):
        read_whole(io.BytesIO(b"123456"), 5, "page")
