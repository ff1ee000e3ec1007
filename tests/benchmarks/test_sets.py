"""The generated question sets are the same each time, and their evidence is in the documents."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.ask.questions import Question, read_set
from benchmarks.ask.sets.combined import write_many_files, write_two_files, write_two_parts
from benchmarks.ask.sets.manuals import find_entry, find_passage
from benchmarks.ask.sets.policies import write_policies
from benchmarks.ask.sets.tables import write_tables
from benchmarks.ask.sets.typos import with_typo, write_typos
from benchmarks.ask.sets.wrong_files import write_absent_ids, write_wrong_files


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
def test_sets_are_the_same_for_a_seed(tmp_path: Path, write: Callable[[Path, int], Path]) -> None:
    one, same, other = (write(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    files = [sorted(folder.rglob("*.*")) for folder in (one, same)]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]
    assert not {question.text for question in read_set(one)} >= {question.text for question in read_set(other)}


def test_a_manual_entry_ends_with_its_first_paragraph() -> None:
    text = "OPTIONS\n       -d, --dry-run\n           Changes nothing.\n           At all.\n\n           See below.\n"
    span = find_entry(text, "-d, --dry-run")
    assert span is not None
    assert text[slice(*span)] == "-d, --dry-run\n           Changes nothing.\n           At all."
    assert find_entry(text, "-d, --dry") is None
    assert find_entry("\n   -d   Changes nothing.\n\n", "-d") == (4, 25)


def test_a_passage_may_run_over_lines() -> None:
    text = 'A "work" means\n  anything that  is written. More.'
    span = find_passage(text, '"work" means ... is written.')
    assert span is not None
    assert text[slice(*span)] == '"work" means\n  anything that  is written.'
    assert find_passage(text, '"work" means ... is sung.') is None


def test_sets_made_from_others_keep_their_evidence(tmp_path: Path) -> None:
    made = [*read_set(write_policies(tmp_path)), *read_set(write_tables(tmp_path))]
    for write, files in ((write_two_parts, 1), (write_two_files, 2), (write_many_files, 16)):
        questions = read_set(write(tmp_path, made))
        assert {len(question.documents) for question in questions} == {files}
        assert all(set(evidence_of(question)) for question in questions)
    typos = read_set(write_typos(tmp_path, made))
    twins = {question.id: question for question in made}
    for question in typos:
        assert question.twin is not None
        twin = twins[question.twin]
        assert (question.evidence, question.text != twin.text) == (twin.evidence, True)


def test_wrong_files_cannot_answer(tmp_path: Path) -> None:
    made = [*read_set(write_policies(tmp_path)), *read_set(write_tables(tmp_path))]
    wrong = read_set(write_wrong_files(tmp_path, made))
    assert len(wrong) == 200
    asked_of = {question.text: {other.documents for other in made if other.text == question.text} for question in made}
    assert not [question for question in wrong if question.documents in asked_of[question.text]]
    absent = read_set(write_absent_ids(tmp_path, made))
    assert len({question.text for question in absent}) == 50
    assert not [question for question in [*wrong, *absent] if question.evidence]


def test_a_typo_is_one_edit_inside_the_longest_word() -> None:
    for seed in range(50):
        edited = with_typo("How are remarkable words edited?", random.Random(seed)).split()
        assert (edited[:2], edited[3:]) == (["How", "are"], ["words", "edited?"])
        assert edited[2] != "remarkable"
        assert abs(len(edited[2]) - len("remarkable")) <= 1
