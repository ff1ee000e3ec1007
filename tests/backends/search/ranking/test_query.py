"""Questions in the words that documents use."""

from collections.abc import Mapping

from files_api_mcp.backends.search.ranking.query import expand_query
from files_api_mcp.backends.search.tokenizer import terms


def wanted(question: str, *, english: bool = True) -> Mapping[str, float]:
    return expand_query(question, english=english)


def stem(word: str) -> str:
    (found,) = terms(word, english=True)
    return found


def test_the_questions_own_words_count_most() -> None:
    weights = wanted("Who may terminate the lease?")
    assert weights[stem("terminate")] == weights[stem("lease")] == 1.0
    assert 0 < weights[stem("cancellation")] < 1.0


def test_a_phrase_is_looked_for_in_other_words_whatever_its_grammar() -> None:
    for question in ("capital expenditure in 2018", "Capital Expenditures?", "How much capex was there?"):
        assert {stem("purchases"), stem("property"), stem("equipment")} <= set(wanted(question))


def test_a_ratio_is_looked_for_in_its_parts_and_not_the_other_way_round() -> None:
    assert stem("liabilities") in wanted("What was the working capital?")
    assert stem("working") not in wanted("What were total current liabilities?")


def test_words_that_only_phrase_the_request_count_little() -> None:
    weights = wanted("Answer in USD millions, rounded to two decimal places: what was the dividend?")
    assert weights[stem("dividend")] == 1.0
    assert all(weights[stem(word)] < 0.5 for word in ("answer", "millions", "rounded", "decimal", "places"))


def test_a_question_of_small_words_alone_is_looked_for_by_them() -> None:
    assert set(wanted("Who are you?")) == {"who", "are", "you"}


def test_other_languages_keep_their_own_words_alone() -> None:
    assert set(wanted("\u7b54\u6848", english=False).values()) == {1.0}
    assert len(wanted("Wie hoch war der Umsatz?", english=False)) == 5


def test_a_question_without_end_is_bounded() -> None:
    assert len(wanted(" ".join(f"word{number}x" for number in range(5000)))) <= 200
