"""Pages that questions name."""

import pytest

from files_api_mcp.backends.search.ranking.page_references import labels_named, pages_named


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        ("What does page 12 say?", {12}),
        ("Summarize pages 3-5.", {3, 4, 5}),
        ("Compare pages 3 and 7, please", {3, 7}),
        ("slides two to four", {2, 3, 4}),
        ("What date is on the second page?", {2}),
        ("the Email address on the second cover page", {2}),
        ("the 3rd slide and the last page", {3, 40}),
        ("the rectangle on top of the page two", {2}),
        ("Was steht auf Seite 9?", {9}),
        ("\u7b2c 6 \u9875\u8bf4\u4e86\u4ec0\u4e48", {6}),
        ("see p. 14", {14}),
        ("page 41 and page 0", set[int]()),
        ("How many pages are there?", set[int]()),
        ("What were sales in 2020?", set[int]()),
        ("a two page letter; one paragraph", set[int]()),
        ("pages 1-99999", set(range(1, 41))),
    ],
)
def test_pages_are_told_from_other_numbers(question: str, pages: set[int]) -> None:
    assert pages_named(question, 40) == pages


def test_a_document_without_pages_has_none() -> None:
    assert pages_named("page 1", None) == frozenset()


LABELS = {"iv": 4, "A-3": 33, "2-17": 20, "6983": 3, "12": 17, "B.1": 9}


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        ("What does page iv say?", {4}),
        ("the table on page IV.", {4}),
        ('see "page A-3", please', {33}),
        ("Was steht auf Seite A-3?", {33}),
        ("page 2-17", {20}),
        ("pages 2-17", set(range(2, 18))),
        ("page 2-18", set(range(2, 19))),
        ("page no. 6983", {3}),
        ("page 12", {12}),
        ("page iv and page 7", {4, 7}),
        ("page B.1.", {9}),
        ("On which page I saw it, a page a day", set[int]()),
        ("the page about ivy", set[int]()),
    ],
)
def test_a_page_is_named_by_the_documents_own_number_too(question: str, pages: set[int]) -> None:
    folded = {label.casefold(): page for label, page in LABELS.items()}
    # As the index finds them: in any case, under the spelling asked for.
    labelled = {name: folded[name.casefold()] for name in labels_named(question) if name.casefold() in folded}
    assert pages_named(question, 40, labelled) == pages


def test_a_label_that_is_digits_of_no_number_breaks_nothing() -> None:
    assert pages_named("page \u00b2", 40, {"\u00b2": 2}) == {2}
