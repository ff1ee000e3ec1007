"""Phrases are found whatever the spelling of the text, at their place in it."""

import pytest

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.find.phrase import Phrase


def found(pattern: str, text: str, *, exact: bool = False) -> list[str]:
    phrase = Phrase(pattern, exact=exact)
    return [text[start:end] for start, end in phrase.spans(phrase.fold(text))]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("contract", "Subcontracts and CONTRACT", ["contract", "CONTRACT"]),
        ("net  revenue", "the net\n   revenue", ["net\n   revenue"]),
        ("net revenue", "net\u00a0revenue, net\u3000revenue", ["net\u00a0revenue", "net\u3000revenue"]),
        ("agreement", "an agree-\nment, an agree-\n   ment", ["agree-\nment", "agree-\n   ment"]),
        ("agreement", "an agree\u00ad\nment, an agree\u2010\nment", ["agree\u00ad\nment", "agree\u2010\nment"]),
        ("agreement", "agree-ment", []),
        ("well-known", "well-\nknown and well-known", ["well-\nknown", "well-known"]),
        ("2024-0017", "INV-2024-\n0017", ["2024-\n0017"]),
        ("finance", "ﬁnance, ＦＩＮＡＮＣＥ", ["ﬁnance", "ＦＩＮＡＮＣＥ"]),
        ("inance", "the ﬁnance", ["ﬁnance"]),
        ("cafe", "Café, cafe\u0301", ["Café", "cafe\u0301"]),
        ("café", "cafe", ["cafe"]),
        ("STRASSE", "Straße", ["Straße"]),
        ('"don\'t"', "\u201cdon\u2019t\u201d", ["\u201cdon\u2019t\u201d"]),
        (
            "1990-1995",
            "1990\u20131995, 1990\u20141995, 1990\u22121995",
            ["1990\u20131995", "1990\u20141995", "1990\u22121995"],
        ),
        ("契約書", "契約\n書と契約書", ["契約\n書", "契約書"]),
        ("契約\n書", "契約書", ["契約書"]),
        ("か", "がか", ["か"]),
        ("ガス", "ｶﾞｽ", ["ｶﾞｽ"]),
        ("가", "각가", ["가"]),
        ("שלום", "שָׁלוֹם", ["שָׁלוֹם"]),
        ("x2", "x² and x2", ["x²", "x2"]),
        ("aa", "aaaa", ["aa", "aa"]),
        (".*", "a.*b", [".*"]),
        ("a b", "a\x00b", []),
        ("\x00", "a\x00b", ["\x00"]),
        ("b", "½b…b", ["b", "b"]),
    ],
)
def test_a_phrase_is_found(pattern: str, text: str, matches: list[str]) -> None:
    assert found(pattern, text) == matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("Café", "café Café Cafe\u0301 Cafe", ["Café", "Cafe\u0301"]),
        ("finance report", "ﬁnance\nreport Finance report", ["ﬁnance\nreport"]),
        ("agreement", "agree-\nment Agreement", ["agree-\nment"]),
    ],
)
def test_case_and_accents_count_if_exact(pattern: str, text: str, matches: list[str]) -> None:
    assert found(pattern, text, exact=True) == matches


@pytest.mark.parametrize("pattern", ["\u200d", "\u200b\ufeff"])
def test_a_pattern_that_nobody_sees_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidArgument):
        Phrase(pattern, exact=False)


def test_a_long_phrase_with_many_hyphens_takes_linear_time() -> None:
    assert found("-" * 500 + "x", "-" * 50_000) == []
    assert found(" - ".join("a" * 300), "- a\n" * 20_000)[:1] != []
    assert found("a b", "a" + " " * 100_000 + "c") == []
