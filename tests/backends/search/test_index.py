"""The index below the library: whole documents or none, shared by processes, and never worth an error."""

import shutil
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.documents.marks import Heading, MarkedText
from files_api_mcp.backends.models import Answer
from files_api_mcp.backends.search.index import ingestion
from files_api_mcp.backends.search.index.damage import DocumentsDamaged
from files_api_mcp.backends.search.index.layered_index import LayeredIndex
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX
from files_api_mcp.backends.search.index.term_table import BLOCK
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.server.dependencies import open_backend
from tests.backends.search.test_engine import Desk
from tests.support.agent import settings_for
from tests.support.indexing import begin_document, received_document


def begin(index: IndexWriter, key: str, text: str, *, label: str | None = None, paginated: bool = False) -> int:
    page = MarkedText(text, ((0, Heading(1, "Whales")),))
    return begin_document(index, key, received_document([page], paginated=paginated, labels=[label]))


def add(index: IndexWriter, key: str, text: str) -> int:
    number = begin(index, key, text)
    index.commit()
    return number


def shut(*indexes: IndexWriter) -> None:
    for index in indexes:
        index.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.db"


@pytest.fixture
def index(path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(path, busy_timeout=0.1)
    yield index
    index.close()


def test_a_document_is_seen_whole_or_not_at_all(index: IndexWriter) -> None:
    begin(index, "a", "The whale dived.")
    assert index.document("a") is None
    index.commit()
    assert index.document("a") is not None
    begin(index, "b", "The heron flew.")
    index.roll_back()
    assert index.document("b") is None
    assert index.keys() == ["a"]


def test_forgetting_one_document_while_another_is_added_keeps_the_rest(index: IndexWriter) -> None:
    for key in ("kept", "dropped"):
        add(index, key, "The whale dived.")
    begin(index, "new", "The heron flew.")
    index.forget("dropped")
    index.commit()
    assert sorted(index.keys()) == ["kept", "new"]


def test_what_is_forgotten_meanwhile_is_forgotten_when_the_adding_fails(index: IndexWriter) -> None:
    add(index, "dropped", "The whale dived.")
    begin(index, "new", "The heron flew.")
    index.forget("dropped")
    index.roll_back()
    assert index.keys() == []


def test_a_document_forgotten_while_it_is_added_leaves_nothing(index: IndexWriter, path: Path) -> None:
    begin(index, "a", "heliotrope")
    index.forget("a")
    index.commit()
    assert index.keys() == []
    assert b"heliotrop" not in path.read_bytes()


def test_an_id_never_names_another_document(index: IndexWriter) -> None:
    used = [add(index, "a", "The whale dived.")]
    first = index.document("a")
    assert first is not None
    index.forget("a")
    used.append(add(index, "b", "The heron flew."))
    index.start_over()
    used.append(add(index, "c", "The otter swam."))
    assert len(set(used)) == 3
    assert index.postings(first, ["whale", "heron"]) == {}
    with pytest.raises(DocumentsDamaged):
        index.page(first, 1)


def test_two_processes_do_not_throw_away_each_others_new_file(path: Path) -> None:
    one, other = IndexWriter(path), IndexWriter(path)
    add(one, "a", "The whale dived.")
    assert other.document("a") is not None
    one.start_over()
    add(one, "b", "The heron flew.")
    with pytest.raises(sqlite3.OperationalError):  # its file is not the one at that path any more
        begin(other, "c", "The otter swam.")
    other.roll_back()
    other.start_over()
    assert other.document("b") is not None
    add(other, "c", "The otter swam.")
    assert sorted(one.keys()) == ["b", "c"]
    shut(one, other)


def test_a_step_after_the_transaction_was_lost_adds_nothing(index: IndexWriter) -> None:
    begin(index, "a", "The whale dived.")
    index.start_over()
    with pytest.raises(DocumentsDamaged):
        index.add_postings([])
    assert index.keys() == []


def test_a_locked_file_is_not_taken_for_a_damaged_one(index: IndexWriter, path: Path) -> None:
    add(index, "a", "The whale dived.")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin exclusive")
    late = IndexWriter(path, busy_timeout=0.1)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        late.document("a")
    holder.execute("rollback")
    holder.close()
    assert late.document("a") is not None
    late.close()


VALUES = ["x'ff'", "''", "-1", "1e300", "9223372036854775807", "null"]
LOOKED_UP = {"document.id", "document.key", "page.document", "page.number", "label.document", "outline.document"} | {
    "posting.document",
    "posting.term",
    "term.block",
    "term.term",
}


def change(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def changes(path: Path, table: str) -> Iterator[str]:
    """Statements that change one column of a table, whose rows are found nevertheless."""
    with sqlite3.connect(path) as connection:
        columns = connection.execute(f"pragma table_info({table})").fetchall()
    connection.close()
    for _, name, _, is_required, *_ in columns:
        if f"{table}.{name}" not in LOOKED_UP:
            yield from (
                f"update {table} set {name} = {value}" for value in VALUES if value != "null" or not is_required
            )
            yield f"update {table} set {name} = {name} + 1 where typeof({name}) = 'integer'"


def rows_of(path: Path, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        connection.text_factory = bytes  # an empty text is read as an empty blob
        found = connection.execute(f"select * from {table}").fetchall()
    connection.close()
    return found


def read_all(index: IndexWriter) -> None:
    document = index.document("a")
    assert document is not None
    index.page(document, 1)
    index.labels(document)
    index.outline(document)
    index.holders([document.id // BLOCK], ["whale"])
    index.postings(document, ["whale", HEAD_PREFIX + "whale"])


@pytest.mark.parametrize("table", ["document", "page", "label", "outline", "posting", "term"])
def test_a_changed_value_is_damage_of_its_document(index: IndexWriter, path: Path, tmp_path: Path, table: str) -> None:
    number = begin(index, "a", "The whale dived.", label="iv", paginated=True)
    index.commit()
    read_all(index)
    index.close()
    lost = [f"delete from {table}"] if table in {"page", "label", "outline"} else []
    for statement in [*changes(path, table), *lost]:
        copy = tmp_path / "copy"
        change(Path(shutil.copy(path, copy)), statement)
        damaged = IndexWriter(copy)
        if rows_of(copy, table) != rows_of(path, table):
            with pytest.raises(DocumentsDamaged) as caught:
                read_all(damaged)
            assert caught.value.documents == {number: "a"}, statement
        damaged.close()


def test_rows_of_two_documents_that_were_swapped_are_damage_of_both(index: IndexWriter, path: Path) -> None:
    for key in ("a", "b"):
        add(index, key, f"The whale dived {key}.")
    change(
        path,
        "create table other as select * from page",
        "update page set text = (select o.text from other o where o.document != page.document)",
    )
    for key in ("a", "b"):
        document = index.document(key)
        assert document is not None
        with pytest.raises(DocumentsDamaged):
            index.page(document, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from sqlite_sequence",
        "update sqlite_sequence set seq = 4294967296",
        "update sqlite_sequence set seq = -5",
    ],
)
def test_damaged_ids_are_damage_of_the_file(index: IndexWriter, path: Path, statement: str) -> None:
    add(index, "a", "The whale dived.")
    change(path, statement)
    with pytest.raises(sqlite3.DatabaseError):
        begin(index, "b", "The heron flew.")


def test_what_is_damaged_is_removed_and_nothing_else(index: IndexWriter, path: Path) -> None:
    kept, damaged = add(index, "a", "The whale dived."), add(index, "b", "The heron flew.")
    change(path, "insert into page (document, number, marks, text, crc) values (7, 1, '', 'lost', 1)")
    change(path, "insert into posting (document, term, data, crc) values (9, 'lost', 'lost', 1)")
    assert index.drop_damaged([damaged, 5]) == [damaged]
    assert index.keys() == ["a"]
    with sqlite3.connect(path) as connection:
        for table in ("page", "posting"):
            assert connection.execute(f"select distinct document from {table}").fetchall() == [(kept,)]
    connection.close()


def test_what_is_damaged_is_removed_while_another_document_is_added(index: IndexWriter) -> None:
    damaged = add(index, "a", "The whale dived.")
    begin(index, "b", "The heron flew.")
    assert index.drop_damaged([damaged]) == [damaged]
    index.commit()
    assert index.keys() == ["b"]
    document = index.document("b")
    assert document is not None
    assert index.page(document, 1).text == "The heron flew."


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with open_backend(settings_for(tmp_path)) as opened:
        yield Desk(opened, tmp_path / "root")


@pytest.mark.anyio
async def test_who_asks_while_a_file_is_being_indexed_waits_for_all_of_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await desk.store("a.txt", "".join(f"word{n} " for n in range(10_000)) + "zenith")
    monkeypatch.setattr(ingestion, "_ROWS_AT_ONCE", 100)
    indexing = desk.library._indexer  # pyright: ignore[reportPrivateUsage]
    run = indexing.run
    written, go_on = anyio.Event(), anyio.Event()
    answers: list[Answer] = []

    async def held(work: Callable[[LayeredIndex], object]) -> object:
        done = await run(work)
        if getattr(work, "__name__", "") == "go_on" and done is None:
            written.set()
            await go_on.wait()
        return done

    async def ask() -> None:
        answers.append(await desk.ask("zenith", file_id))

    monkeypatch.setattr(indexing, "run", held)
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(desk.library.prepare, file_id)
            await written.wait()
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            go_on.set()
    assert answers[0].passages
