"""Files that a question names."""

from files_api_mcp.backends.search.ranking.file_names import names_held

NAMES = {0: "report-2024-acme.pdf", 1: "report-2024-globex.pdf", 2: "report-2023.pdf", 3: "notes.txt"}


def test_a_file_is_named_by_the_words_that_other_names_lack() -> None:
    assert names_held("What did Globex earn in 2024 according to the report?", NAMES) == {0: 0.5, 1: 1.0}


def test_words_of_most_names_name_no_file() -> None:
    assert names_held("What does the report say?", NAMES) == {}


def test_a_part_of_a_long_name_does_not_name_the_file() -> None:
    names = {0: "terms of sale for resellers in Norway.pdf", 1: "b.pdf", 2: "c.pdf"}
    assert names_held("Which terms apply?", names) == {}
