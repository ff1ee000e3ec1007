"""What every backend promises, whatever stands behind it."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest

from files_api_mcp.backends.base import FilesBackend
from files_api_mcp.backends.errors import BadFilename, FilesError, InvalidArgument, NotDownloadable, NotFound
from files_api_mcp.backends.models import FileMetadata, FoundFiles, NewFile, UploadedFile
from tests.contract.conftest import Freeze, Place, read
from tests.support.snapshots import named, text_file

pytestmark = pytest.mark.anyio


async def names(files: FilesBackend, name_contains: str | None = None) -> list[str]:
    return [file.filename for file in (await files.list(limit=1000, within=named(name_contains))).files]


async def test_an_upload_is_described_listed_and_stored_whole(place: Place, freeze: Freeze) -> None:
    files = place.files
    content = bytes(range(256)) * 9
    new = NewFile("plan.bin", "application/octet-stream", title="The plan", source_path="/home/me/plan.bin")
    uploaded = await files.upload(freeze(content), new)
    record = uploaded.record
    assert uploaded.reused is False
    assert re.fullmatch(r"file_[A-Za-z0-9_-]{1,120}", record.id)
    assert (record.filename, record.mime_type, record.size_bytes) == ("plan.bin", "application/octet-stream", 2304)
    assert (record.title, record.source_path) == ("The plan", "/home/me/plan.bin")
    assert record.sha256 == hashlib.sha256(content).hexdigest()
    assert abs(datetime.now(UTC) - record.created_at) < timedelta(minutes=1)
    assert record.expires_at is None
    assert await files.describe(record.id) == record
    assert (await files.list()).files == [record]
    assert await place.bytes_of(record.id) == content


async def test_bytes_come_back_or_it_is_said_that_they_do_not(place: Place, freeze: Freeze) -> None:
    record = (await place.files.upload(freeze(b"content"), text_file("a.txt"))).record
    assert record.downloadable is place.gives_back
    if place.gives_back:
        assert await read(place.files, record.id) == b"content"
        return
    with pytest.raises(NotDownloadable) as caught:
        await read(place.files, record.id)
    assert caught.value.text.startswith("[not_downloadable] ")


async def test_the_wire_shape_is_the_files_apis(files: FilesBackend, freeze: Freeze) -> None:
    record = (await files.upload(freeze(b"a"), text_file("a.txt"))).record
    shape = FileMetadata.model_validate(record.model_dump()).model_dump(mode="json")
    assert set(shape) == {
        "id",
        "type",
        "filename",
        "mime_type",
        "size_bytes",
        "created_at",
        "downloadable",
        "expires_at",
    }
    assert shape["type"] == "file"
    assert shape["created_at"].endswith("Z")


async def test_the_same_bytes_under_the_same_name_are_the_same_file(files: FilesBackend, freeze: Freeze) -> None:
    first = await files.upload(freeze(b"same"), text_file("a.txt"))
    again = await files.upload(freeze(b"same"), text_file("a.txt"))
    assert (again.reused, again.record) == (True, first.record)
    assert await names(files) == ["a.txt"]


async def test_other_bytes_another_name_or_another_lifetime_are_another_file(
    files: FilesBackend, freeze: Freeze
) -> None:
    uploads = [
        await files.upload(freeze(b"same"), text_file("a.txt")),
        await files.upload(freeze(b"other"), text_file("a.txt")),
        await files.upload(freeze(b"same"), text_file("b.txt")),
        await files.upload(freeze(b"same"), text_file("a.txt", 86_400)),
    ]
    assert not any(upload.reused for upload in uploads)
    assert len({upload.record.id for upload in uploads}) == 4


async def test_many_files_are_stored_in_order_and_a_bad_one_fails_by_itself(place: Place, freeze: Freeze) -> None:
    before = (await place.files.upload(freeze(b"known"), text_file("known.txt"))).record
    items = [(freeze(b"%d" % number), text_file(f"{number}.txt")) for number in range(6)]
    items[2] = (freeze(b"bad"), text_file("a/b.txt"))
    items += [(freeze(b"known"), text_file("known.txt")), (freeze(b"0"), text_file("0.txt"))]
    heard: list[tuple[float, float | None]] = []

    async def hear(done: float, total: float | None, message: str) -> None:
        heard.append((done, total))

    outcomes = await place.files.upload_many(items, hear)
    assert heard[-1] == (8, 8)
    assert isinstance(outcomes[2], BadFilename)
    stored = {index: one for index, one in enumerate(outcomes) if isinstance(one, UploadedFile)}
    assert [(index, one.record.filename, one.reused) for index, one in stored.items()] == [
        *((number, f"{number}.txt", False) for number in (0, 1, 3, 4, 5)),
        (6, "known.txt", True),
        (7, "0.txt", True),
    ]
    assert stored[6].record.id == before.id
    assert stored[7].record.id == stored[0].record.id
    assert sorted(await names(place.files)) == ["0.txt", "1.txt", "3.txt", "4.txt", "5.txt", "known.txt"]
    for number in (0, 1, 3, 4, 5):
        assert await place.bytes_of(stored[number].record.id) == b"%d" % number


async def test_no_files_are_no_work(files: FilesBackend) -> None:
    assert await files.upload_many([]) == []


async def test_paging_newest_first_visits_every_file_once(files: FilesBackend, freeze: Freeze) -> None:
    for number in range(7):
        await files.upload(freeze(b"%d" % number), text_file(f"{number}.txt"))
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = await files.list(limit=3, cursor=cursor)
        seen += [file.filename for file in page.files]
        cursor = page.next_cursor
    assert cursor is None
    assert seen == ["6.txt", "5.txt", "4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]


async def test_a_full_last_page_has_no_next_cursor(files: FilesBackend, freeze: Freeze) -> None:
    for number in range(2):
        await files.upload(freeze(b"%d" % number), text_file(f"{number}.txt"))
    assert (await files.list(limit=2)).next_cursor is None
    assert (await files.list(limit=1)).next_cursor is not None


async def test_pages_do_not_shift_while_files_come_and_go(files: FilesBackend, freeze: Freeze) -> None:
    records = [(await files.upload(freeze(b"%d" % n), text_file(f"{n}.txt"))).record for n in range(4)]
    first = await files.list(limit=2)
    await files.upload(freeze(b"new"), text_file("new.txt"))
    await files.delete(records[2].id)
    rest = await files.list(limit=2, cursor=first.next_cursor)
    assert [file.filename for file in first.files + rest.files] == ["3.txt", "2.txt", "1.txt", "0.txt"]


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("STRASSE", ["Straße.txt"]),
        ("ΟΔΌΣ", ["οδός.md"]),
        ("ОТЧЁТ", ["отчёт 100%.txt"]),
        ("100%", ["отчёт 100%.txt"]),
        ("_", ["a_b.txt"]),
        ("%", ["отчёт 100%.txt"]),
        ("B.T", ["a_b.txt"]),
        ("", ["οδός.md", "отчёт 100%.txt", "Straße.txt", "a_b.txt"]),
        ("none", []),
        ("\udcff", []),
    ],
)
async def test_a_part_of_the_name_finds_files_in_any_case_and_script(
    files: FilesBackend, freeze: Freeze, part: str, found: list[str]
) -> None:
    for name in ("a_b.txt", "Straße.txt", "отчёт 100%.txt", "οδός.md"):
        await files.upload(freeze(name.encode()), text_file(name))
    assert await names(files, part) == found
    assert [file.filename for file in (await files.find(part, limit=10)).files] == found


async def test_files_are_found_by_the_beginning_of_their_id_and_counted(files: FilesBackend, freeze: Freeze) -> None:
    ids = [(await files.upload(freeze(b"%d" % n), text_file(f"n{n}.txt"))).record.id for n in range(4)]
    found = await files.find("file_", limit=3)
    assert [file.id for file in found.files] == ids[:0:-1]
    assert (found.more, found.total) == (True, 4)
    for file_id in ids:
        assert [file.id for file in (await files.find(file_id, limit=10)).files] == [file_id]
        assert [file.id for file in (await files.find(file_id[5:], limit=10)).files] == []
    await files.delete(ids[0])
    assert await files.find(ids[0], limit=10) == FoundFiles([], more=False, total=0)


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_a_limit_out_of_range_is_refused(files: FilesBackend, limit: int) -> None:
    with pytest.raises(InvalidArgument):
        await files.list(limit=limit)


@pytest.mark.parametrize(
    "cursor", ["", "page_", "page_zzz", "page_AAAA", "x" * 5000, "page_\u00e9", "page_" + "A" * 18]
)
async def test_a_made_up_cursor_is_refused(files: FilesBackend, cursor: str) -> None:
    with pytest.raises(InvalidArgument):
        await files.list(cursor=cursor)


@pytest.mark.parametrize("seconds", [3599, 0, -1, 7_776_001])
async def test_a_lifetime_out_of_range_is_refused(files: FilesBackend, freeze: Freeze, seconds: int) -> None:
    with pytest.raises(InvalidArgument):
        await files.upload(freeze(b"a"), text_file("a.txt", seconds))
    assert await names(files) == []


@pytest.mark.parametrize("seconds", [3600, 7_776_000])
async def test_a_lifetime_is_kept_to_the_second(files: FilesBackend, freeze: Freeze, seconds: int) -> None:
    record = (await files.upload(freeze(b"a"), text_file("a.txt", seconds))).record
    assert record.expires_at == record.created_at + timedelta(seconds=seconds)


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a\nb", "a\0b", "a?b", "x" * 256, "a\udcffb"])
async def test_a_name_that_breaks_the_rule_is_refused(files: FilesBackend, freeze: Freeze, name: str) -> None:
    with pytest.raises(BadFilename):
        await files.upload(freeze(b"a"), text_file(name))
    assert await names(files) == []


@pytest.mark.parametrize("name", ["x" * 255, "日本語 レポート.pdf", "it's 100% “fine”; DROP TABLE files--", "🚢.md"])
async def test_a_name_within_the_rule_is_kept_as_it_is(files: FilesBackend, freeze: Freeze, name: str) -> None:
    record = (await files.upload(freeze(b"a"), text_file(name))).record
    assert (await files.describe(record.id)).filename == name


@pytest.mark.parametrize("file_id", ["file_nothing", "", "../etc/passwd", "file_" + "a" * 5000, "file_\udcff"])
async def test_an_unknown_id_is_not_found_whatever_is_asked_of_it(files: FilesBackend, file_id: str) -> None:
    async def download() -> None:
        async with files.download(file_id):
            pytest.fail("there is nothing to download")

    for call in (lambda: files.describe(file_id), lambda: files.delete(file_id), download):
        with pytest.raises(NotFound) as caught:
            await call()
        assert len(str(caught.value)) < 300
        assert "etc" not in str(caught.value)


async def test_a_deleted_file_is_gone_and_deleting_it_again_says_so(files: FilesBackend, freeze: Freeze) -> None:
    record = (await files.upload(freeze(b"a"), text_file("a.txt"))).record
    first = await files.delete(record.id)
    second = await files.delete(record.id)
    assert (first.id, first.filename, first.already_deleted) == (record.id, "a.txt", False)
    assert (second.id, second.filename, second.already_deleted) == (record.id, "a.txt", True)
    assert await names(files) == []
    with pytest.raises(NotFound, match="deleted"):
        await files.describe(record.id)
    with pytest.raises(NotFound, match="deleted"):
        await read(files, record.id)


async def test_a_deleted_file_can_be_uploaded_again_as_a_new_one(place: Place, freeze: Freeze) -> None:
    files = place.files
    first = (await files.upload(freeze(b"a"), text_file("a.txt"))).record
    await files.delete(first.id)
    second = await files.upload(freeze(b"a"), text_file("a.txt"))
    assert second.reused is False
    assert second.record.id != first.id
    assert await place.bytes_of(second.record.id) == b"a"


async def test_files_that_share_bytes_are_deleted_one_by_one(place: Place, freeze: Freeze) -> None:
    files = place.files
    first = (await files.upload(freeze(b"shared"), text_file("a.txt"))).record
    second = (await files.upload(freeze(b"shared"), text_file("b.txt"))).record
    await files.delete(first.id)
    assert await place.bytes_of(second.id) == b"shared"


async def test_a_reader_finishes_although_the_file_is_deleted_meanwhile(place: Place, freeze: Freeze) -> None:
    if not place.gives_back:
        return
    files = place.files
    content = bytes(3 * 1024 * 1024) + b"end"
    record = (await files.upload(freeze(content), text_file("big.bin"))).record
    async with files.download(record.id) as (described, chunks):
        assert described == record
        received = await anext(chunks)
        await files.delete(record.id)
        received += b"".join([chunk async for chunk in chunks])
    assert received == content


async def test_every_error_names_a_code_and_a_next_step(files: FilesBackend) -> None:
    with pytest.raises(FilesError) as caught:
        await files.describe("file_nothing")
    assert caught.value.text.startswith("[not_found] No file has the id file_nothing. ")
    assert caught.value.next_step
