"""Words that the documents do not hold are looked up as the documents write them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from files_api_mcp.backends.search.collection import NamedFiles
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.passages import answer
from files_api_mcp.backends.search.ranking.spelling import Vocabulary, absent_words, edits, in_spelling, respelled
from tests.backends.search.test_passages import record, stored

TEXT = "The annual cash flow of the harbour.\nInflation was 4 percent.\nThe database keeps every receipt.\n"
OTHER = ["The heron is a grey bird of the marsh, and the crane is not.\n"] * 200


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def corrected(index: IndexWriter, question: str, *names: str) -> Mapping[str, str]:
    files = NamedFiles([(record(name), stored(index, name, [TEXT])) for name in names or ("a",)])
    vocabulary = Vocabulary(index, files)
    return respelled(question, absent_words(question, {}, vocabulary.languages), vocabulary)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("infaltion", {"infaltion": "inflation"}),
        ("receit?", {"receit": "receipt"}),
        ("the inflattion", {"inflattion": "inflation"}),
        ("Inflazion", {"Inflazion": "inflation"}),
        ("cashflow", {"cashflow": "cash flow"}),
        ("zeppelin", {}),
        ("kash", {}),
    ],
)
def test_a_word_is_found_with_one_edit_or_in_two_parts(
    index: IndexWriter, question: str, expected: Mapping[str, str]
) -> None:
    assert corrected(index, question) == expected


def test_a_word_is_joined_with_its_neighbour(index: IndexWriter) -> None:
    assert corrected(index, "all of a databa se") == {"databa": "database"}


def test_a_word_with_synonyms_is_not_mistyped(index: IndexWriter) -> None:
    """`cashflow` has none, and `headcount` means employees."""
    files = NamedFiles([(record("a"), stored(index, "a", ["Each head counts, and cash flows."]))])
    absent = ["headcount", "cashflow"]
    assert respelled("headcount and cashflow", absent, Vocabulary(index, files)) == {"cashflow": "cash flow"}


def test_several_files_are_looked_into(index: IndexWriter) -> None:
    assert corrected(index, "recceipt", "a", "b", "c") == {"recceipt": "receipt"}


def test_a_mistyped_question_finds_its_passage(index: IndexWriter) -> None:
    files = NamedFiles([(record("a"), stored(index, "a", [*OTHER[:100], TEXT, *OTHER[100:]]))])
    found = answer(index, files, "How high was the bird's infaltion?", 600)
    assert "Inflation was 4 percent" in found.passages[0].text


def test_only_a_few_words_of_a_long_question_are_looked_up(index: IndexWriter) -> None:
    stored(index, "a", [TEXT])
    asked: list[int] = []

    class Counting(Vocabulary):
        def held(self, wanted: Sequence[str]) -> Mapping[str, int]:
            asked.append(len(wanted))
            return super().held(wanted)

    document = index.document("a")
    assert document is not None
    words = [
        f"zq{'abcdefghij'[n % 10]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n // 100 % 10]}xw" for n in range(1000)
    ]
    question = " ".join(words)
    respelled(question, words, Counting(index, NamedFiles([(record("a"), document)])))
    assert len(asked) == 1
    assert asked[0] < 6 * 700


def test_edits_are_all_words_at_distance_1() -> None:
    assert edits("ab", "xa") == {"a", "b", "ba", "xb", "ax", "aa", "xab", "axb", "abx", "aab", "aba"}
    assert in_spelling("No infaltion, no pain", {"infaltion": "inflation"}) == "No inflation, no pain"
