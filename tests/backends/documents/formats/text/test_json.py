"""JSON text has its escaped letters as letters, and stays JSON with the same meaning."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_api_mcp.backends.documents.formats.text import decoding
from files_api_mcp.backends.documents.formats.text.json import json_lines

VALUES = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    max_leaves=6,
)


def read(text: str, encoding: str = "utf-8") -> str:
    return "".join(json_lines(io.BytesIO(text.encode(encoding))))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r'{"d\u00e9cision": "\u00e0 l\u2019unanimit\u00e9"}', '{"décision": "à l’unanimité"}'),
        (r'"\u6295\u8d44\u8ba1\u5212\u3002"', '"投资计划。"'),
        (r'"\uD83D\uDE42 \ud842\udfb7"', '"🙂 𠮷"'),
        (r'"caf\u0065\u0301"', r'"caf\u0065' + '\u0301"'),
        (r'"4\u00a0200\u202f\u20ac"', '"4\u00a0200\u202f€"'),
        (r'"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"', '"می\u200cخواهم"'),
        (r'"\\\u00e9\\\\\u00e9"', r'"\\é\\\\é"'),
    ],
)
def test_escaped_letters_become_letters(written: str, shown: str) -> None:
    assert read(written) == shown


@pytest.mark.parametrize(
    "kept",
    [
        r'"a\nb\"c\\d\/e"',
        r'"\u0022\u005c\u0041\u003c"',
        r'"\u0000\u001f\u007f\u0085\u009F"',
        r'"\u2028\u202e\ufffe\uE000\u0378"',
        r'"\ud83d single, \uDE42 single, \ude42\ud83d turned"',
        r'"\\u00e9 \\\\u00e9 \\\\\\u00e9"',
        r'"\u00g9 \u00 \U00e9"',
        '"\\u00e',
        '"\\',
        '"\\ud83d',
        '"\\ud83d\\ude',
        "",
    ],
)
def test_everything_else_stays_as_it_is(kept: str) -> None:
    assert read(kept) == kept


def test_nuls_at_the_end_are_left_out() -> None:
    assert read('{"name": "Caf\\u00e9"}\n' + "\0" * 50) == '{"name": "Café"}\n'


@given(value=VALUES)
def test_the_text_is_json_with_the_same_meaning(value: Any) -> None:
    assert json.loads(read(json.dumps(value))) == value


@pytest.mark.parametrize("length", range(1, 9))
def test_escapes_in_lines_too_long_to_be_read_at_once(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_LONGEST_LINE", length)
    written = r'"\\\\\u00e9\\u00e9\ud83d\ude42x\ud83d\u00e9\\\ud83d"'
    assert read(written) == r'"\\\\é\\u00e9🙂x\ud83dé\\\ud83d"'


def test_any_encoding_and_line_end() -> None:
    lines = '{"a": "\\u00e9"}\r\n{"b": "ü"}\r{"c": 1}\n'
    assert read(lines, "utf-16") == lines.replace("\\u00e9", "é")
