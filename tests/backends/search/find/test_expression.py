"""Regular expressions: found by the index as by a scan of all pages, and harmless."""

import random
import re

import pytest

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.find.expression import Expression
from files_api_mcp.backends.text_finder import TextQuery
from tests.backends.search.find.searching import Shelf
from tests.backends.search.find.test_candidates import documents


def found(pattern: str, text: str, *, exact: bool = False) -> list[str]:
    expression = Expression(pattern, exact=exact)
    return [text[start:end] for start, end in expression.spans(expression.fold(text))]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"^\d+$", "12\nab 3\n45", ["12", "45"]),
        (r"con\w+", "Contract Ã confirm", ["Contract", "confirm"]),
        (r"caf.", "café CAFE\u0301 cafe", ["café", "CAFE\u0301", "cafe"]),
        (r"cafe", "café", []),
        (r"ﬁn|„x“", 'fin „x“ "x"', ["fin", "„x“", '"x"']),
        (r"（a）", "(a) （a）", ["(a)", "（a）"]),
        (r"1990–95", "1990—95", ["1990—95"]),
        (r"x*", "axxb", ["xx"]),
        (r"(?s)a.b", "a\nb", ["a\nb"]),
        (r"a\x00b", "a\x00b", ["a\x00b"]),
    ],
)
def test_an_expression_is_found(pattern: str, text: str, matches: list[str]) -> None:
    assert found(pattern, text) == matches


def test_case_counts_if_exact() -> None:
    assert found("[A-Z]+", "Contract OF", exact=True) == ["C", "OF"]


@pytest.mark.parametrize(
    "pattern",
    ["(", "a{1001}", r"(?<=a)b", r"(a)\1", "(((a{100}){100}){100}){100}", "(" * 400, "[b-a]", "*", r"\p{Nope}"],
)
def test_a_pattern_that_re2_does_not_take_is_an_error_with_its_reason(pattern: str) -> None:
    with pytest.raises(InvalidArgument, match="pattern is not a regular expression of RE2: "):
        Expression(pattern, exact=False)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+$", "(.*)(.*)(.*)(.*)(.*)x", "(a?){200}a{200}b", r"\w{1000}x"])
def test_no_pattern_is_slow(pattern: str) -> None:
    expression = Expression(pattern, exact=False)
    assert len([*expression.spans(expression.fold("a" * 20_000))]) <= 1


def expressions(chance: random.Random, text: str) -> str:
    """An expression around a part of the text."""
    start = chance.randrange(len(text))
    part = text[start : start + chance.choice((3, 6, 12, 25))]
    middle = chance.randrange(len(part) or 1)
    one, other = re.escape(part[:middle]), re.escape(part[middle + 1 :])
    made = (
        rf"{one}.{other}",
        rf"{one}(?:.|\n)+?{other}",
        rf"(?:{one}|{other})",
        rf"{one}(?:zzz)?.{{0,3}}{other}",
        rf"(?:{one}){{1,2}}.",
        rf"\b{other}",
        rf"^{one}",
        rf"(?:zzz|{one})[^q]{other}",
    )
    return chance.choice(made)


@pytest.mark.parametrize("seed", range(2))
def test_expressions_are_found_by_the_index_as_by_reading_all_pages(seed: int) -> None:
    chance = random.Random(seed)
    made = [*documents(chance)]
    shelf = Shelf(made)
    tried = 0
    while tried < 25:
        pattern = expressions(chance, chance.choice(chance.choice(made)[0]) or " ")
        query = TextQuery(pattern, regex=True, exact=chance.random() < 0.5, limit=500)
        try:
            total, matches, _ = shelf.find(query)
        except InvalidArgument:
            continue
        tried += 1
        expected, all_matches, _ = shelf.find(query, by_index=False)
        assert (total, matches) == (expected, all_matches), ascii(pattern)
