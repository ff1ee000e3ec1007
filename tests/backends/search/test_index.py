"""The index below the library: whole documents or none, shared by processes, and never worth an error."""

import sqlite3
import tempfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.models import Answer, DocumentInfo
from files_api_mcp.backends.search.index.builder import IndexBuilder
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.server.app import open_backend
from tests.backends.search.test_engine import Desk
from tests.support.agent import settings_for


def begin(index: Index, key: str, text: str) -> int:
    with IndexBuilder(Path(tempfile.gettempdir())) as built:
        built.add(1, text)
        info = DocumentInfo(askable=True, pages=None, chars=built.chars)
        number = index.begin(key, info, built)
        index.add_postings(number, built.postings.merged())
    return number


def add(index: Index, key: str, text: str) -> int:
    number = begin(index, key, text)
    index.commit()
    return number


def shut(*indexes: Index) -> None:
    for index in indexes:
        index.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.db"


@pytest.fixture
def index(path: Path) -> Iterator[Index]:
    index = Index(path, busy_timeout=0.1)
    yield index
    index.close()


def test_a_document_is_seen_whole_or_not_at_all(index: Index) -> None:
    begin(index, "a", "The whale dived.")
    assert index.document("a") is None
    index.commit()
    assert index.document("a") is not None
    begin(index, "b", "The heron flew.")
    index.roll_back()
    assert index.document("b") is None
    assert index.keys() == ["a"]


def test_forgetting_one_document_while_another_is_added_keeps_the_rest(index: Index) -> None:
    for key in ("kept", "dropped"):
        add(index, key, "The whale dived.")
    begin(index, "new", "The heron flew.")
    index.forget("dropped")
    index.commit()
    assert sorted(index.keys()) == ["kept", "new"]


def test_what_is_forgotten_meanwhile_is_forgotten_when_the_adding_fails(index: Index) -> None:
    add(index, "dropped", "The whale dived.")
    begin(index, "new", "The heron flew.")
    index.forget("dropped")
    index.roll_back()
    assert index.keys() == []


def test_a_document_forgotten_while_it_is_added_leaves_nothing(index: Index, path: Path) -> None:
    begin(index, "a", "heliotrope")
    index.forget("a")
    index.commit()
    assert index.keys() == []
    assert b"heliotrop" not in path.read_bytes()


def test_an_id_never_names_another_document(index: Index) -> None:
    used = [add(index, "a", "The whale dived.")]
    index.forget("a")
    used.append(add(index, "b", "The heron flew."))
    index.start_over()
    used.append(add(index, "c", "The otter swam."))
    assert len(set(used)) == 3
    assert index.page(used[0], 1) == ""
    assert index.postings(used[0], ["whale", "heron"]) == {}


def test_two_processes_do_not_throw_away_each_others_new_file(path: Path) -> None:
    one, other = Index(path), Index(path)
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


def test_a_step_after_the_transaction_was_lost_adds_nothing(index: Index) -> None:
    with IndexBuilder(Path(tempfile.gettempdir())) as built:
        built.add(1, "The whale dived.")
        info = DocumentInfo(askable=True, pages=None, chars=built.chars)
        number = index.begin("a", info, built)
        index.start_over()
        with pytest.raises(sqlite3.OperationalError):
            index.add_postings(number, built.postings.merged())
        assert index.keys() == []


def test_a_locked_file_is_not_taken_for_a_damaged_one(index: Index, path: Path) -> None:
    add(index, "a", "The whale dived.")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin exclusive")
    late = Index(path, busy_timeout=0.1)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        late.document("a")
    holder.execute("rollback")
    holder.close()
    assert late.document("a") is not None
    late.close()


@pytest.mark.parametrize("column", ["page.text", "document.passages", "document.empty", "posting.data"])
def test_values_that_are_not_what_was_stored_count_as_damage(index: Index, path: Path, column: str) -> None:
    number = add(index, "a", "The whale dived.")
    table, _, name = column.partition(".")
    with sqlite3.connect(path) as connection:
        connection.execute(f"update {table} set {name} = x'ff'")
    connection.close()
    with pytest.raises(sqlite3.DatabaseError):
        read_all(index, number)


def read_all(index: Index, number: int) -> None:
    index.document("a")
    index.page(number, 1)
    index.postings(number, ["whale"])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with open_backend(settings_for(tmp_path)) as opened:
        yield Desk(opened, tmp_path / "root")


@pytest.mark.anyio
async def test_who_asks_while_a_file_is_being_indexed_waits_for_all_of_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await desk.store("a.txt", "".join(f"word{n} " for n in range(10_000)) + "zenith")
    indexing = desk.library._indexer  # pyright: ignore[reportPrivateUsage]
    write = indexing._write_postings  # pyright: ignore[reportPrivateUsage]
    written, go_on = anyio.Event(), anyio.Event()
    answers: list[Answer] = []

    async def held(number: int, batch: object) -> None:
        await write(number, batch)  # type: ignore[arg-type]
        written.set()
        await go_on.wait()

    async def ask() -> None:
        answers.append(await desk.ask("zenith", file_id))

    monkeypatch.setattr(indexing, "_write_postings", held)
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(desk.library.prepare, file_id)
            await written.wait()
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            go_on.set()
    assert answers[0].passages
