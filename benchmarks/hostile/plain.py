"""Texts and markup that try to break their parser."""

import base64
from collections.abc import Callable
from random import Random

from tests.support.hostile import HEADERS

__all__ = ["PLAIN"]

Maker = Callable[[Random], bytes]


def _one_line(chance: Random) -> bytes:
    """Megabytes without a line break, of one word or of many."""
    return chance.choice((b"x", b"words ", "合同".encode(), "ǅ".encode(), b"1.", b"-")) * chance.randrange(
        10_000, 2_000_000
    )


def _many_lines(chance: Random) -> bytes:
    return chance.choice((b"\n", b"\r", b"\r\n", "\u2028".encode(), b"\f", b"a\n")) * chance.randrange(
        10_000, 2_000_000
    )


def _many_words(chance: Random) -> bytes:
    """Words that are all different: their index is larger than the text."""
    return b"\n".join(
        b" ".join(b"%x" % chance.getrandbits(48) for _ in range(10)) for _ in range(chance.randrange(1_000, 20_000))
    )


def _binary_after_text(chance: Random) -> bytes:
    """Bytes that look like text only in their first 64 KiB."""
    return b"words and words\n" * 5_000 + chance.randbytes(chance.randrange(1, 500_000))


def _wide_table(chance: Random) -> bytes:
    row = b",".join([b'"words, words"'] * chance.randrange(1_000, 100_000))
    return row + b"\n" + chance.choice((b'"', b",", b"'")) * chance.randrange(1, 100_000)


def _deep_json(chance: Random) -> bytes:
    return chance.choice((b"[", b'{"a":', b'[{"a":')) * chance.randrange(10_000, 700_000)


def _big_number(chance: Random) -> bytes:
    return b'{"cells": %s, "nbformat": 4}' % (b"9" * chance.randrange(5_000, 2_000_000))


def _deep_markup(chance: Random) -> bytes:
    tag = chance.choice(
        (b"<div>", b"<b>", b"<table><tr><td>", b"<a><p>", b"<select><option>", b"<svg>", b"<!--", b"<p")
    )
    return b"<!doctype html><html>" + tag * chance.randrange(1_000, 100_000) + b"words"


def _long_attribute(chance: Random) -> bytes:
    attributes = b" a='%s'" % (b"&amp;" * chance.randrange(1_000, 400_000))
    return b"<!doctype html><html><p%s>words</p>" % (attributes if chance.random() < 0.5 else b" a" * 200_000)


def _many_references(chance: Random) -> bytes:
    kind = chance.choice((b"&#x110000;", b"&#0;", b"&#xD800;", b"&lt", b"&nosuch;", b"&#99999999999999;"))
    return b"<!doctype html><p>words " + kind * chance.randrange(1_000, 300_000)


def _entities(_: Random) -> bytes:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">{laughs}]><a>&l9;</a>'.encode()


def _deep_rtf(chance: Random) -> bytes:
    return b"{\\rtf1" + chance.choice((b"{", b"{\\*", b"}", b"{\\b ")) * chance.randrange(1_000, 1_500_000)


def _rtf_fonts(chance: Random) -> bytes:
    return b"{\\rtf1{\\fonttbl" + b"\\f1 " * chance.randrange(1_000, 50_000)


def _rtf_numbers(chance: Random) -> bytes:
    parts = (b"\\bin9999999999 x", b"\\u99999999999999?", b"\\'zz", b"\\u-1?", b"\\uc2147483647 ", b"\\f99999", b"\\'")
    return b"{\\rtf1 words " + b"".join(chance.choices(parts, k=chance.randrange(10, 50_000))) + b"}"


def _rtf_links(chance: Random) -> bytes:
    return b"{\\rtf1" + b'{\\field{\\*\\fldinst{HYPERLINK "' * chance.randrange(1_000, 50_000)


def _deep_mail(chance: Random) -> bytes:
    depth = chance.randrange(50, 3_000)
    return HEADERS + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth)
    )


def _letters_in_letters(chance: Random) -> bytes:
    return HEADERS + (b"Content-Type: message/rfc822\n\n" + HEADERS) * chance.randrange(50, 3_000) + b"\nwords"


def _long_headers(chance: Random) -> bytes:
    part = chance.choice((b"(", b"<", b"a@b, ", b"=?utf-8?q?x?= ", b'"', b"@", b"a:;", b"\n "))
    return HEADERS + b"To: " + part * chance.randrange(1_000, 100_000) + b"\n\nwords"


def _many_parameters(chance: Random) -> bytes:
    part = chance.choice((b"; a*%d*=x", b"; a*0*=x", b'; charset="x"'))
    many = b"".join(part % n if b"%" in part else part for n in range(chance.randrange(1_000, 30_000)))
    return HEADERS + b"Content-Type: text/plain" + many + b"\n\nwords"


def _wrong_transfer(chance: Random) -> bytes:
    way = chance.choice((b"base64", b"quoted-printable", b"x-uuencode", b"8bit", b"none"))
    kind = chance.choice((b"utf-99", b"utf-16", b"utf-7", b"idna", b"punycode", b"zlib", b"rot13", b"unicode_escape"))
    head = b"Content-Type: text/%s; charset=%s\nContent-Transfer-Encoding: %s\n\n"
    return HEADERS + head % (chance.choice((b"plain", b"html")), kind, way) + b"words=\n=ZZ\\u99" * 1_000


def _many_boundaries(chance: Random) -> bytes:
    return HEADERS + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n" * chance.randrange(1_000, 100_000)


def _many_messages(chance: Random) -> bytes:
    """A mailbox of thousands of messages, or one of which each line begins like one."""
    end = chance.choice((b"", b"\n", b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nwords\n\n"))
    return (b"From a@example.org\n" + HEADERS + end) * chance.randrange(1_000, 10_000)


def _attached_in_attached(chance: Random) -> bytes:
    data = b"Subject: words\nFrom: a\n\nwords"
    for _ in range(chance.randrange(5, 40)):
        head = b'Content-Type: application/x\nContent-Disposition: attachment; filename="a.eml"\n'
        data = HEADERS + head + b"Content-Transfer-Encoding: base64\n\n" + base64.b64encode(data)
    return data


def _calendar(chance: Random) -> bytes:
    line = chance.choice((b"SUMMARY;" + b'CN="' * 5_000, b"BEGIN:VEVENT", b"SUMMARY:a\n " + b"b" * 9_000, b";" * 9_000))
    events = b"BEGIN:VEVENT\n" + line + b"\nEND:VEVENT\n"
    return HEADERS + b"Content-Type: text/calendar\n\n" + events * chance.randrange(10, 1_000)


def _wide_spans(chance: Random) -> bytes:
    cell = b"<td rowspan=%d colspan=%d>words" % (chance.choice((0, 9, 999_999)), chance.choice((0, 9, 999_999)))
    return b"<!doctype html><table>" + (b"<tr>" + cell * chance.randrange(1, 100)) * chance.randrange(1, 2_000)


def _inside_blocks(chance: Random) -> bytes:
    tag = chance.choice((b"<ol><li>", b"<pre>", b"<h1>", b"<a href=a.pdf>", b"<ruby><rt>", b"<iframe srcdoc='<p>x'>"))
    return b"<!doctype html><html>" + tag * chance.randrange(1_000, 50_000) + b"words"


def _many_cells(chance: Random) -> bytes:
    cell = chance.choice((b"{}", b'{"source": 7}', b'{"outputs": [{"data": []}]}', b'{"source": [["words"]]}', b"null"))
    cells = b",".join([cell] * chance.randrange(1_000, 200_000))
    return b'{"nbformat": 4, "cells": [' + cells + b"]}"


_TEXT: dict[str, Maker] = {
    "one line": _one_line,
    "many lines": _many_lines,
    "many words": _many_words,
    "binary after text": _binary_after_text,
}
PLAIN: dict[str, dict[str, Maker]] = {
    "txt": _TEXT,
    "md": {**_TEXT, "many headings": lambda chance: b"# words\n" * chance.randrange(1_000, 200_000)},
    "csv": {**_TEXT, "wide": _wide_table},
    "tsv": {**_TEXT, "wide": lambda chance: _wide_table(chance).replace(b",", b"\t")},
    "json": {**_TEXT, "deep nesting": _deep_json, "big number": _big_number},
    "jsonl": {**_TEXT, "deep nesting": lambda chance: b"\n".join([_deep_json(chance)[:10_000]] * 50)},
    "xml": {**_TEXT, "deep nesting": lambda chance: b"<a>" * chance.randrange(1_000, 500_000), "entities": _entities},
    "html": {
        "deep nesting": _deep_markup,
        "long attribute": _long_attribute,
        "many references": _many_references,
        "wide spans": _wide_spans,
        "inside blocks": _inside_blocks,
    },
    "rtf": {"deep nesting": _deep_rtf, "many fonts": _rtf_fonts, "wrong numbers": _rtf_numbers, "links": _rtf_links},
    "eml": {
        "deep nesting": _deep_mail,
        "letters in letters": _letters_in_letters,
        "long headers": _long_headers,
        "many parameters": _many_parameters,
        "wrong transfer": _wrong_transfer,
        "many boundaries": _many_boundaries,
        "many messages": _many_messages,
        "attached in attached": _attached_in_attached,
        "calendar": _calendar,
    },
    "ipynb": {"deep nesting": _deep_json, "many cells": _many_cells, "big number": _big_number},
}
