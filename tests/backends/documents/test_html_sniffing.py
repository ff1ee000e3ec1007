"""A page is recognised by its first tag, whatever comments come before it."""

import pytest

from files_api_mcp.backends.documents.media_types import sniff


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<html>", "text/html"),
        (" \n<!DOCTYPE html>", "text/html"),
        ("<!-- one --> <!-- two -->\n<body>", "text/html"),
        ("<!-- -- > - --><head>", "text/html"),
        ("<!-- one --> x <!-- two --><html>", "text/plain"),
        ("<!-- open <html>", "text/plain"),
        ("<htmlx>", "text/plain"),
    ],
)
def test_a_page_may_begin_with_comments(text: str, expected: str) -> None:
    assert sniff(text.encode(), b"", "page") == expected
