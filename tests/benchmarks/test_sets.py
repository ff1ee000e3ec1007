"""The generated question sets are the same each time, and their evidence is in the documents."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.ask.questions import Question, read_set
from benchmarks.ask.sets.policies import write_policies
from benchmarks.ask.sets.tables import write_tables


def evidence_of(question: Question) -> list[str]:
    """The texts of a question's evidence."""
    return [
        Path(part.document).read_bytes().decode()[start:end] for part in question.evidence for start, end in part.spans
    ]


def asked(questions: list[Question], words: str) -> Question:
    return next(question for question in questions if words in question.text)


def test_policies_ask_for_the_clause_of_the_right_group(tmp_path: Path) -> None:
    questions = read_set(write_policies(tmp_path))
    assert len(questions) >= 100
    loss = asked(questions, "Within how many hours is loss or theft")
    assert evidence_of(loss) == [
        "Loss or theft is reported to the service desk within 12 hours, so that the device can be locked."
    ]
    board = asked(questions, "For members of the board: I drove")
    (clause,) = evidence_of(board)
    assert clause.startswith("The use of a private car is refunded with 35 cents")
    text = Path(board.documents[0]).read_text()
    assert clause.replace("35", "30") in text


def test_tables_ask_for_rows(tmp_path: Path) -> None:
    questions = read_set(write_tables(tmp_path))
    assert len(questions) >= 100
    for question in questions:
        assert all(row.count(",") == 7 for row in evidence_of(question)), question
    first, second = evidence_of(asked(questions, "Which plant comes after"))
    assert f"{first}\n{second}\n" in Path(asked(questions, "Which plant comes after").documents[0]).read_text()


@pytest.mark.parametrize("write", [write_policies, write_tables])
def test_sets_are_the_same_each_time(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    one, other = (sorted(write(tmp_path / name).rglob("*.*")) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
