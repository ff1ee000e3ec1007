"""The indexed documents of question sets: answers in this process, without tools, to try other rankings quickly."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

import anyio
from anyio import to_thread
from mcp import Client

from benchmarks.ask.answering import literal_span, upload
from benchmarks.ask.questions import Question
from benchmarks.ask.scoring import Cited
from files_api_mcp.backends.search.collection import Collection, Searched
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.passages import Found, answer
from files_api_mcp.server.app import build_server
from files_api_mcp.server.settings import Settings

__all__ = ["Corpus", "FindPassages"]

FindPassages = Callable[[Index, Searched, str, int], Found]
"""Finds the passages of a question: the index, the documents asked, the question, and the budget in tokens."""


class _Asked:
    """The documents that a question asks. Implements Searched; ids are as long as real ones."""

    def __init__(self, documents: Sequence[tuple[str, Document]]) -> None:
        self._documents = documents
        self.collection = Collection.of(document for _, document in documents)

    def file_id(self, position: int) -> str:
        return f"file_{position:024}"

    def filename(self, position: int) -> str:
        return Path(self._documents[position][0]).name

    def document_ids(self) -> Sequence[int]:
        return [document.id for _, document in self._documents]

    def documents(self, index: Index, positions: Sequence[int]) -> dict[int, Document]:  # noqa: ARG002  see Searched
        return {position: self._documents[position][1] for position in positions}


class Corpus:
    """The documents of question sets in a data folder; one that could not be read has no passages. For one thread."""

    def __init__(self, data: Path, documents: Iterable[str]) -> None:
        """Open the index of a data folder, to which these documents (paths) were uploaded."""
        self._index = Index(index_path(data))
        keys = {key.partition(" ")[0]: key for key in self._index.keys()}  # noqa: SIM118  it is no mapping
        wanted = {document: keys[name] for document in documents if (name := _content_hash(document)) in keys}
        known = self._index.documents(list(wanted.values()))
        self._documents: Mapping[str, Document] = {document: known[key] for document, key in wanted.items()}

    @classmethod
    def of(cls, questions: Sequence[Question], data: Path) -> Self:
        """The documents of these questions, indexed in the data folder if they are not."""
        documents = list(dict.fromkeys(document for question in questions for document in question.documents))
        anyio.run(_indexed, documents, data)
        return cls(data, documents)

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def answers(
        self, questions: Iterable[Question], budget: int, find: FindPassages = answer
    ) -> dict[str, list[Cited]]:
        """The passages of each question, best first, by its id."""
        return {question.id: self.ask(question, budget, find) for question in questions}

    def ask(self, question: Question, budget: int, find: FindPassages = answer) -> list[Cited]:
        """The passages of a question, best first."""
        readable = [one for one in question.documents if one in self._documents]
        asked = _Asked([(one, self._documents[one]) for one in readable])
        if not asked.collection.files:
            return []
        found = find(self._index, asked, question.text, budget)
        paths = {asked.file_id(position): path for position, path in enumerate(readable)}
        return [self._cited(paths[one.file_id], one.text, one.page, one.start_char) for one in found.passages]

    def passages(self, document: str) -> list[Cited]:
        """All passages of a document, in order, as they are indexed."""
        stored = self._documents.get(document)
        if stored is None:
            return []
        starts = [0]
        for size in stored.sizes:
            starts.append(starts[-1] + size)
        texts = {number: self._index.page(stored, number).text for number in range(1, len(stored.sizes) + 1)}
        cited: list[Cited] = []
        for place in range(len(stored.passages)):
            page, start, end = stored.span(place)
            number, base = (page, 0) if stored.paginated else (None, starts[page - 1])
            cited.append(self._cited(document, texts[page][start:end], number, base + start))
        return cited

    def _cited(self, document: str, text: str, page: int | None, start: int) -> Cited:
        if page is not None:
            return Cited(document, text, page)
        # The text of the index can lack characters of the file that nobody sees: offsets are at most the file's.
        return Cited(document, text, None, *literal_span(document, text, start))


def _content_hash(document: str) -> str:
    return hashlib.sha256(Path(document).read_bytes()).hexdigest()


async def _indexed(documents: Sequence[str], data: Path) -> None:
    roots = tuple(dict.fromkeys(Path(document).parent for document in documents))
    settings = Settings(roots=roots, data_dir=data, allow_sensitive=True)
    async with Client(await to_thread.run_sync(build_server, settings)) as client:
        await upload(client, documents, data)
