"""What every backend does with versions and tags of files."""

import pytest

from files_api_mcp.backends.base import FilesBackend
from files_api_mcp.backends.errors import InvalidArgument, NotFound
from files_api_mcp.backends.file_filter import ANY_STATE, parse_within
from files_api_mcp.backends.models import NewFile, UploadedFile
from tests.contract.conftest import Freeze

pytestmark = pytest.mark.anyio

PATH = "/docs/rates.txt"


async def upload(files: FilesBackend, freeze: Freeze, content: bytes, path: str | None = PATH) -> UploadedFile:
    root, mark = ("/docs", "mark") if path else (None, None)
    new = NewFile("rates.txt", "text/plain", source_path=path, source_root=root, source_mark=mark)
    return await files.upload(freeze(content), new)


async def listed(files: FilesBackend, words: str = "") -> list[str]:
    return [file.id for file in (await files.list(within=parse_within(words))).files]


async def test_other_bytes_of_a_path_supersede_its_file_and_bring_it_back(files: FilesBackend, freeze: Freeze) -> None:
    first = await upload(files, freeze, b"first")
    second = await upload(files, freeze, b"second")
    assert (first.replaces, second.replaces) == (None, first.record.id)
    assert await listed(files) == [second.record.id]
    assert await listed(files, "state:superseded") == [first.record.id]
    assert len((await files.list(within=ANY_STATE)).files) == 2
    old = await files.describe(first.record.id)
    assert (old.state, old.superseded_by) == ("superseded", second.record.id)
    assert [one.id for one in (await files.find("rates", limit=5)).files] == [second.record.id]
    again = await upload(files, freeze, b"first")
    assert (again.record.id, again.reused, again.replaces) == (first.record.id, True, second.record.id)
    assert await listed(files) == [first.record.id]
    assert [one.file_id for one in await files.versions(first.record.id)] == [first.record.id, second.record.id]


async def test_a_deleted_version_does_not_bring_back_the_one_before(files: FilesBackend, freeze: Freeze) -> None:
    first = (await upload(files, freeze, b"first")).record.id
    second = (await upload(files, freeze, b"second")).record.id
    assert (await files.delete(second)).previous == first
    assert await listed(files) == []
    old = await files.describe(first)
    assert (old.state, old.superseded_by) == ("superseded", None)


async def test_a_file_is_current_while_one_of_its_paths_has_its_bytes(files: FilesBackend, freeze: Freeze) -> None:
    first = (await upload(files, freeze, b"first")).record.id
    assert (await upload(files, freeze, b"first", "/docs/copy/rates.txt")).record.id == first
    assert (await upload(files, freeze, b"second")).replaces is None
    assert (await files.describe(first)).state == "ready"
    assert (await upload(files, freeze, b"third", "/docs/copy/rates.txt")).replaces == first


async def test_files_without_a_path_are_no_versions(files: FilesBackend, freeze: Freeze) -> None:
    ids = [(await upload(files, freeze, content, None)).record.id for content in (b"first", b"second")]
    assert await listed(files) == ids[::-1]
    assert list(await files.versions(ids[0])) == []


async def test_tags_are_added_and_removed_for_all_files_or_none(files: FilesBackend, freeze: Freeze) -> None:
    ids = [(await upload(files, freeze, content, None)).record.id for content in (b"first", b"second")]
    tagged = await files.tag(ids, add=["ACME ", "draft"])
    assert [record.tags for record in tagged] == [("acme", "draft")] * 2
    await files.tag(ids[:1], remove=["Draft"])
    assert await listed(files, "tag:draft") == [ids[1]]
    with pytest.raises(NotFound):
        await files.tag([ids[0], "file_unknown"], add=["x"])
    with pytest.raises(InvalidArgument):
        await files.tag(ids, add=['a"b'])
    assert await listed(files, "tag:x") == []
