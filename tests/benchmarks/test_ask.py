"""The evaluation of answers runs, scores and compares; people judge its figures."""

import json
from pathlib import Path

import pytest

from benchmarks.ask.__main__ import main
from benchmarks.ask.answers import Answer, read_answers
from benchmarks.ask.comparison import MACRO, differences
from benchmarks.ask.corpus import Corpus
from benchmarks.ask.questions import Evidence, Question, read_set, read_sets
from benchmarks.ask.report import flagged
from benchmarks.ask.scoring import Cited, Scores, score

LEAVE = "Employees have thirty days of paid leave in each year."
REFUND = "Customers get their money back within fourteen days of a return."


def write_set(folder: Path) -> Path:
    """A set of two documents: a question about each, one about both, and one that a document cannot answer."""
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "leave.txt").write_text(f"Leave\n\n{LEAVE}\n")
    (folder / "docs" / "refund.txt").write_text(f"Refunds\n\n{REFUND}\n")
    leave = {"doc": "docs/leave.txt", "gold_spans": [[7, 7 + len(LEAVE)]]}
    refund = {"doc": "docs/refund.txt", "gold_spans": [[9, 9 + len(REFUND)]]}
    rows = [
        {"id": "one", "set": "small", "question": "How many days of paid leave?", **leave},
        {"id": "both", "set": "small", "question": "How long is leave, and how long do returns take?"}
        | {"docs": ["docs/leave.txt", "docs/refund.txt"], "gold": [leave, refund]},
        {"id": "none", "set": "wrong", "question": "Who repairs bicycles?", "doc": "docs/leave.txt"},
        {"id": "typo", "set": "typos", "question": "How many days of paid leavw?", "twin": "one", **leave},
    ]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.mark.slow
def test_a_run_writes_answers_and_prints_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small, data, out = write_set(tmp_path / "set"), tmp_path / "data", tmp_path / "answers.jsonl"
    main([str(small), "--data", str(data), "--out", str(out), "--peer", "--budgets", "500"])
    main([str(small), "--data", str(data), "--answers", str(out), "--compare", str(out), "--budgets", "500"])
    shown = capsys.readouterr().out
    assert "100.00 % of 5 citations of texts are literal" in shown
    assert "FTS5, 500" in shown
    assert "+0.0 [+0.0, +0.0]" in shown
    assert "1 typos: coverage 100.0 -> 100.0" in shown
    answers = {answer.id: answer for answer in read_answers(out)}
    assert [Path(one.document).name for one in answers["both"].passages] == ["leave.txt", "refund.txt"]
    assert answers["one"].passages[0].text.endswith(LEAVE)
    assert answers["none"].notes == ("No passage contains a word of the question.",)
    questions = read_set(small)
    corpus = Corpus.of(questions, data)
    assert corpus.answers(questions, 500) == {name: [*answer.passages] for name, answer in answers.items()}
    corpus.close()


def test_each_part_of_the_evidence_counts_the_same() -> None:
    parts = (Evidence("a", ((0, 10),)), Evidence("b", pages=frozenset({3}), words="net profit"))
    question = Question("q", "s", "?", ("a", "b"), parts)
    found = [Cited("a", "0123456789", None, 0, 10), Cited("a", "net profit", 3), Cited("b", "net loss", 3)]
    scores = score(question, found, 100)
    assert (scores.r1, scores.r5, scores.coverage) == (0.5, 1.0, 0.75)
    assert scores.tokens == 8


def test_an_answer_is_flagged_by_its_notes_or_by_having_no_passage() -> None:
    passage = Cited("a", "text", 1)
    assert flagged(Answer("q", 500, ()))
    assert flagged(Answer("q", 500, (passage,), ('Not in the file: "bicycle".',)))
    assert not flagged(Answer("q", 500, (passage,), ("a.pdf: 3 invisible characters are left out of the text.",)))


def test_the_difference_of_sets_has_an_interval() -> None:
    evidence = (Evidence("a", ((0, 1),)),)
    questions = [Question(str(n), "big" if n < 40 else "small", "?", ("a",), evidence) for n in range(50)]
    before = {one.id: Scores(coverage=0.5) for one in questions}
    after = {one.id: Scores(coverage=(int(one.id) % 2) if one.set == "big" else 0.7) for one in questions}
    found = differences(questions, before, after)["coverage"]
    assert (found["small"].low, found["small"].high) == pytest.approx((0.2, 0.2))
    assert found["big"].mean == 0
    assert found["big"].low < -0.05 < 0.05 < found["big"].high
    assert found[MACRO].mean == pytest.approx(0.1)
    assert found[MACRO].low < 0.1 < found[MACRO].high


def test_a_fold_depends_on_the_name_of_the_document_only() -> None:
    one, other = (Question(name, "s", "?", (f"/{name}/report.pdf",), ()) for name in ("x", "y"))
    assert one.fold == other.fold
    assert {Question("q", "s", "?", (f"/{n}.txt",), ()).fold for n in range(100)} == {*range(5)}


def test_two_questions_with_one_id_are_refused(tmp_path: Path) -> None:
    small = write_set(tmp_path)
    with pytest.raises(ValueError, match="the same id"):
        read_sets([small, small])


@pytest.mark.slow
def test_a_document_that_cannot_be_read_has_no_passages(tmp_path: Path) -> None:
    document = tmp_path / "scan.pdf"
    document.write_bytes(b"%PDF-1.7 nothing else")
    question = Question("q", "s", "What is it?", (str(document),), ())
    corpus = Corpus.of([question], tmp_path / "data")
    assert corpus.answers([question], 500) == {"q": []}
    assert corpus.passages(str(document)) == []
    corpus.close()
