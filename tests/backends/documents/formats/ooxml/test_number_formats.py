"""Numbers of lists in the formats of Office Open XML."""

import pytest

from files_api_mcp.backends.documents.formats.ooxml.number_formats import formatted


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        (28, "lowerLetter", "bb"),
        (2, "upperLetter", "B"),
        (3, "russianLower", "в"),
        (3, "russianUpper", "В"),
        (2, "thaiLetters", "ข"),
        (4, "lowerRoman", "iv"),
        (9, "upperRoman", "IX"),
    ],
)
def test_letters_and_roman_numbers(number: int, kind: str, expected: str) -> None:
    assert formatted(number, kind) == expected
