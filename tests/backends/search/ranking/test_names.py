"""Names in a question that the documents do not hold."""

import pytest

from files_api_mcp.backends.search.ranking.names import absent_names


def absent(question: str, *held: str, filename: str = "report.pdf") -> list[str]:
    return absent_names(question, held, [filename], [True])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the gross margin of Boeing?", ["Boeing"]),
        ("Boeing: what is the margin of the company?", []),
        ("Is it known? Boeing is the company.", []),
        ("What regulates the activity of IFITM3?", ["IFITM3"]),
        ("What was the total of loans in 2016, in USD millions, for FY2016?", ["2016", "FY2016"]),
        ("What is the EBITDA for the year?", []),
        ("What Is The Refund Policy Of The Company?", []),
        ("Seit wann haben die Menschen wieder begonnen?", []),
        ("What is the status of ticket T-99999?", []),
        ("Which page does the list ['Page 2'] name?", []),
    ],
)
def test_names_are_told_from_other_words(question: str, expected: list[str]) -> None:
    assert absent(question) == expected


def test_what_the_documents_or_their_filenames_hold_is_not_absent() -> None:
    assert absent("What is the margin of Corning in 2021?", "corn", "2021") == []
    assert absent("What is the margin of Corning in 2021?", filename="CORNING_2021_10K.pdf") == []
