"""Names of files keep the Files API's rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_api_mcp.backends.errors import BadFilename
from files_api_mcp.backends.validation import check_filename, safe_filename


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_a_safe_name_keeps_the_rule_whatever_it_was(name: str) -> None:
    try:
        safe = safe_filename(name)
    except BadFilename:
        assert all(character == "." or character.isspace() for character in name)
        return
    check_filename(safe)
    safe.encode("utf-8")


@pytest.mark.parametrize(
    "name", ["", "x" * 256, "a/b", "a\\b", "a:b", 'a"b', "a|b", "a?b", "a*b", "<", ">", "a\nb", "\0"]
)
def test_names_that_the_files_api_refuses_are_refused(name: str) -> None:
    with pytest.raises(BadFilename):
        check_filename(name)


@pytest.mark.parametrize("name", ["a", "x" * 255, "é.txt", "文書.pdf", "no extension", "a.tar.gz", "~x", "100%.txt"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    check_filename(name)
    assert safe_filename(name) == name


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_filename("x" * 400 + ".pdf") == "x" * 251 + ".pdf"
    assert safe_filename("x" * 600 + "/" + "y" * 300 + ".pdf") == "x" * 251 + ".pdf"
