"""What a question names literally."""

import pytest

from files_api_mcp.backends.search.ranking.literals import ids_named, is_held, literals, longest_number, same_kind


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ('What does "cost of sales" mean?', ["cost of sales"]),
        ("Wer sagte \u201eguten Tag\u201c?", ["guten Tag"]),
        ("Where is T-99999?", ["T-99999"]),
        ("Who paid 1,577.00 in 2018?", ["1,577.00"]),
        ("What was FY2018 revenue on 2020-03-31?", []),
        ("Order 4711220 and page 12", ["4711220"]),
        ("invoice INV-2026-99992", ["INV-2026-99992"]),
    ],
)
def test_quotations_ids_and_figures_are_literal(question: str, expected: list[str]) -> None:
    assert literals(question) == expected


@pytest.mark.parametrize(
    ("question", "ids"), [("1577", []), ("12345", ["12345"]), ("A1", []), ("C-99985/B", ["C-99985/B"])]
)
def test_ids_have_digits_in_a_row(question: str, ids: list[str]) -> None:
    assert ids_named(question) == ids


@pytest.mark.parametrize(
    ("literal", "text", "held"),
    [
        ("T-1234", "see t-1234.", True),
        ("T-1234", "see T-12345", False),
        ("T-1234", "XT-1234", False),
        ("1577", "It was 1,577 in all", True),
        ("1,577", "It was 11577", False),
        ("cost of sales", "Cost of Sales rose", True),
    ],
)
def test_a_literal_is_held_as_whole_words(literal: str, text: str, held: bool) -> None:
    assert is_held(literal, text) is held


def test_ids_of_one_kind_share_letters_and_marks() -> None:
    assert [*same_kind("T-99999")("T-1, t-22 and X-333, AT-4, T-5b")] == ["T-1", "t-22"]
    assert longest_number("INV-2026-99992") == "99992"


def test_an_id_ends_where_a_script_without_blanks_begins() -> None:
    assert is_held("AS-206", "有多少人参加了AS-206的试飞?")
    assert is_held("AS-206", "AS-206의 시험 비행")
    assert not is_held("AS-206", "AS-2061的试飞")
