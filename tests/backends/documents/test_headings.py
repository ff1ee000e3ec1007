"""The number of a section is split from its title in the same way in every format."""

import pytest

from files_api_mcp.backends.documents.headings import split_number


@pytest.mark.parametrize(
    ("title", "number", "rest"),
    [
        ("3.2 Fees", "3.2", "Fees"),
        ("3. Fees", "3", "Fees"),
        ("3.2.1.  Late fees", "3.2.1", "Late fees"),
        ("3 Fees", "3", "Fees"),
        ("3.2 \u2013 Fees", "3.2", "Fees"),
        ("7: Term", "7", "Term"),
        ("4) Term", "4", "Term"),
        ("5a Notices", "5a", "Notices"),
        ("A.1 Scope", "A.1", "Scope"),
        ("B. Parties", "B", "Parties"),
        ("IV. Results", "IV", "Results"),
        ("(a) Notices", "(a)", "Notices"),
        ("(iv) Notices", "(iv)", "Notices"),
        ("§ 5 Kündigung", "5", "Kündigung"),
        ("Section 5.1 Fees", "5.1", "Fees"),
        ("3.3", "3.3", ""),
    ],
)
def test_a_number_is_split_from_its_title(title: str, number: str, rest: str) -> None:
    assert split_number(f" {title} ") == (number, rest)


@pytest.mark.parametrize(
    "title",
    [
        "Fees",
        "2024 results",
        "2024",
        "3.5% growth",
        "12.5.2024 minutes",
        "24/7 help",
        "3-day plan",
        "1st quarter",
        "3D models",
        "I think so",
        "A day at sea",
        "C++ style",
        "Section about fees",
        "",
    ],
)
def test_what_is_no_number_stays_in_the_title(title: str) -> None:
    assert split_number(title) == (None, title)
