"""Questions that are limited to some files, or to some pages."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.documents.media_types import sniff
from files_api_mcp.backends.errors import NotFound
from files_api_mcp.backends.file_filter import parse_within
from files_api_mcp.backends.models import NewFile
from files_api_mcp.server.dependencies import open_backend
from tests.support.agent import settings_for
from tests.support.documents import pdf
from tests.support.snapshots import freeze_bytes

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

QUESTION = "What is the fee for the mooring?"


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncGenerator[Backend]:
    async with open_backend(settings_for(tmp_path)) as backend:
        yield backend


async def store(opened: Backend, folder: Path, path: str, content: str | bytes, *tags: str) -> str:
    raw = content.encode() if isinstance(content, str) else content
    name = path.rpartition("/")[2]
    new = NewFile(name, sniff(raw, raw, name), source_path=path, source_root="/docs", tags=tags)
    record = (await opened.files.upload(freeze_bytes(folder / "frozen", raw), new)).record
    await opened.reader.prepare(record.id)
    return record.id


async def test_superseded_and_gone_files_cost_nothing_in_answers(opened: Backend, tmp_path: Path) -> None:
    old = await store(opened, tmp_path, "/docs/fees.txt", "The fee for the mooring is 10 crowns.")
    new = await store(opened, tmp_path, "/docs/fees.txt", "The fee for the mooring is 12 crowns.")
    answer = await opened.answerer.ask(QUESTION, [], max_tokens=1500)
    assert [one.file_id for one in answer.passages] == [new]
    answer = await opened.answerer.ask(QUESTION, [], within=parse_within("state:superseded"), max_tokens=1500)
    assert [one.file_id for one in answer.passages] == [old]
    # By its id it is read as before.
    answer = await opened.answerer.ask(QUESTION, [old], max_tokens=1500)
    assert [one.file_id for one in answer.passages] == [old]


async def test_within_limits_the_files_of_a_question(opened: Backend, tmp_path: Path) -> None:
    ids = [
        await store(opened, tmp_path, f"/docs/{folder}/fees.txt", f"The fee for the mooring is {n} crowns.", *tags)
        for n, (folder, tags) in enumerate([("north", ["acme"]), ("south", [])])
    ]
    for words in ("tag:acme", "north/"):
        within = parse_within(words)
        for named in ([], ids):
            answer = await opened.answerer.ask(QUESTION, named, within=within, max_tokens=1500)
            assert [one.file_id for one in answer.passages] == ids[:1]
            assert answer.notes == (["1 of the named files does not match within."] if named else [])
    answer = await opened.answerer.ask(QUESTION, ids, within=parse_within("type:pdf"), max_tokens=1500)
    assert (answer.passages, answer.notes) == ([], ["2 of the named files do not match within."])
    answer = await opened.answerer.ask(QUESTION, [], within=parse_within("type:pdf"), max_tokens=1500)
    assert (answer.passages, answer.notes) == ([], ["No file matches within."])
    with pytest.raises(NotFound):
        await opened.answerer.ask(QUESTION, ["file_unknown"], within=parse_within("tag:acme"), max_tokens=1500)


async def test_pages_limit_the_passages_and_what_is_around_them(opened: Backend, tmp_path: Path) -> None:
    texts = [f"The fee for the mooring is {number} crowns.\nThe harbour of page {number}." for number in range(1, 9)]
    file_id = await store(opened, tmp_path, "/docs/harbour.pdf", pdf(texts))
    note = await store(opened, tmp_path, "/docs/note.txt", "The fee for the mooring is due in May.")
    for named in ([], [file_id], [file_id, note]):
        answer = await opened.answerer.ask(QUESTION, named, pages=(3, 4), max_tokens=1500)
        assert {one.page for one in answer.passages} == {3, 4}, named
        assert {one.file_id for one in answer.passages} == {file_id}
    assert "note.txt: it has no pages." in answer.notes
    answer = await opened.answerer.ask("Which zebra?", [file_id], pages=(8, 9), max_tokens=1500)
    assert {one.page for one in answer.passages} <= {8}
    answer = await opened.answerer.ask(QUESTION, [file_id], pages=(20, 21), max_tokens=1500)
    assert (answer.passages, "harbour.pdf: its last page is 8." in answer.notes) == ([], True)
