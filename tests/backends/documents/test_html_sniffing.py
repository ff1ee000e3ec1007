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


def test_xhtml_is_a_web_page() -> None:
    page = b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html>'
    assert sniff(page, page, "a.xhtml") == sniff(page, page, "a") == "text/html"


def test_a_table_that_a_program_exports_for_office_is_a_web_page() -> None:
    table = b"<table><tr><td>Rent &amp; utilities<td>-1.150,00</table>"
    assert sniff(table, table, "bank.xls") == "text/html"
    assert sniff(table, table, "bank.txt") == "text/plain"
