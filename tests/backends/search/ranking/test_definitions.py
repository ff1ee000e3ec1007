"""Passages that say what a word means come first for a question that asks it."""

import pytest

from files_api_mcp.backends.search.ranking.definitions import definition_held

DEFINED = 'To "propagate" a work means to do anything with it that would need permission.'


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("What does it mean to propagate a work?", DEFINED, 1.0),
        ("What is meant by propagate?", DEFINED, 1.0),
        ("definition of propagate", "Here propagate means to copy.", 0.5),
        ("What does propagate mean?", "They propagate the work every year.", 0.0),
        ("Who may propagate the work?", DEFINED, 0.0),
        ('Who is the "publisher"?', 'The "publisher" means any person that distributes copies.', 1.0),
        ("I hand it on to a friend; what is that called?", DEFINED, 0.5),
        ("How is a work called that others made?", DEFINED, 0.5),
        ("What do you call it when I copy a work?", "Nobody may propagate the work.", 0.0),
        ("What does the licensee have to do before they may sell and convey all of the works?", DEFINED, 0.0),
    ],
)
def test_a_definition_is_found(question: str, text: str, expected: float) -> None:
    assert definition_held(question)(text) == expected
