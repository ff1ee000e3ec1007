"""The peer: SQLite FTS5 with Porter stems and bm25(), over the same passages, with one table for each document."""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.ask.corpus import Corpus
from benchmarks.ask.questions import Question
from benchmarks.ask.scoring import Cited

__all__ = ["FullText", "peer_answers"]

_WORD = re.compile(r"\w+")
_MOST = 30


@dataclass(frozen=True, slots=True)
class FullText:
    """A full-text table of passages."""

    passages: Sequence[Cited]
    connection: sqlite3.Connection

    @classmethod
    def of(cls, passages: Sequence[Cited]) -> "FullText":
        """Index the passages."""
        connection = sqlite3.connect(":memory:")
        connection.execute("create virtual table passage using fts5(text, tokenize = 'porter unicode61')")
        connection.executemany("insert into passage values (?)", [(one.text,) for one in passages])
        return cls(passages, connection)

    def ask(self, question: str) -> list[Cited]:
        """The best passages for any word of the question."""
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(question)))
        if not words:
            return []
        query = "select rowid from passage where passage match ? order by bm25(passage) limit ?"
        return [self.passages[row - 1] for (row,) in self.connection.execute(query, (words, _MOST))]


def peer_answers(corpus: Corpus, questions: Iterable[Question]) -> dict[str, list[Cited]]:
    """The peer's passages of each question, best first, by its id."""
    tables: dict[tuple[str, ...], FullText] = {}
    answers: dict[str, list[Cited]] = {}
    for question in questions:
        documents = question.documents
        if documents not in tables:
            tables[documents] = FullText.of([one for document in documents for one in corpus.passages(document)])
        answers[question.id] = tables[documents].ask(question.text)
    return answers
