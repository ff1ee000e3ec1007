# pyright: basic, reportMissingImports=false
"""Every operation on files."""

import io
import re
import tempfile
from datetime import timedelta
from pathlib import Path

from anthropic import BadRequestError, NotFoundError
from api import HAS_GA_NAMES, OLD_BETA, PLAIN_KEYS, TIME, VERSION, everything, refusal, settled

UNKNOWN = "file_011CNha8iCJcU1wXNR6q4V8w"
OCTETS = "application/octet-stream"
SENDS_NO_NAME = VERSION >= (1, 9)


class Pipe(io.RawIOBase):
    """Bytes that can be read once, of unknown length."""

    def __init__(self, content):
        self._rest = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._rest.readinto(buffer)


async def every_form_of_a_named_file_arrives(api):
    content = b"some bytes\n" * 50
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes é.txt"
        path.write_bytes(content)
        with path.open("rb") as opened:
            forms = [
                (("data.csv", content), "data.csv", "text/csv"),
                (("x.md", content), "x.md", "text/markdown"),
                (("LICENSE", content), "LICENSE", OCTETS),
                (("document.pdf", content, "application/pdf"), "document.pdf", "application/pdf"),
                (("own.txt", content, "application/x-own"), "own.txt", "application/x-own"),
                (("a/b/report.txt", content), "report.txt", "text/plain"),
                (("стол 机 🛳.txt", content), "стол 机 🛳.txt", "text/plain"),
                (("held.txt", io.BytesIO(content)), "held.txt", "text/plain"),
                (("once.txt", Pipe(content)), "once.txt", "text/plain"),
                (path, "notes é.txt", "text/plain"),
                (opened, "notes é.txt", "text/plain"),
            ]
            if HAS_GA_NAMES:  # Older ones fail on a path in a tuple before they send it.
                forms.append((("other.txt", path), "other.txt", "text/plain"))
            for form, filename, mime_type in forms:
                file = await settled(api.files.upload(file=form))
                got = (file.filename, file.mime_type, file.size_bytes, file.type, file.downloadable)
                assert got == (filename, mime_type, len(content), "file", False), (form, got)


async def files_without_a_name_get_one(api):
    bare = "unnamed" if SENDS_NO_NAME else "upload"
    for form in (b"raw bytes", io.BytesIO(b"raw bytes"), Pipe(b"raw bytes")):
        file = await settled(api.files.upload(file=form))
        assert re.fullmatch(rf"{bare}(\.bin)?", file.filename), file.filename
        assert (file.mime_type, file.size_bytes) == (OCTETS, 9)
    named = await settled(api.files.upload(file=("", b"raw bytes", "text/plain")))
    assert named.filename == "unnamed.txt", named.filename


async def large_uploads_arrive_whole(api):
    content = bytes(range(256)) * 20_000
    for form in (("large.bin", content), ("large.bin", Pipe(content)), ("large.bin", io.BytesIO(content))):
        file = await settled(api.files.upload(file=form))
        assert file.size_bytes == len(content)


async def metadata_has_exactly_the_documented_keys(api):
    file = await api.upload("report.txt", "one two")
    for response in (
        await api.raw("upload", file=("report.txt", b"one two", "text/plain")),
        await api.raw("retrieve_metadata", file.id),
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("application/json")
        assert response.headers["request-id"].startswith("req_")
        body = response.json()
        assert set(body) == api.metadata_keys, body
        assert body["type"] == "file"
        assert re.fullmatch(r"file_\w+", body["id"]), body
        assert TIME.fullmatch(body["created_at"]), body
        assert body.get("expires_at") is None
    again = await settled(api.files.retrieve_metadata(file.id))
    assert again == file, (again, file)


async def the_old_header_selects_the_old_shape(api):
    await api.upload("report.txt", "one two")
    old = await api.raw("list", extra_headers={"anthropic-beta": OLD_BETA}, limit=1)
    assert set(old.json()) == {"data", "has_more", "first_id", "last_id"}, old.text
    assert set(old.json()["data"][0]) == PLAIN_KEYS, old.text
    among = await api.raw("list", extra_headers={"anthropic-beta": f"other-2025-01-01, {OLD_BETA}"}, limit=1)
    assert set(among.json()) == set(old.json()), among.text
    new = await api.raw("list", extra_headers={"anthropic-beta": "other-2025-01-01"}, extra_query={"beta": "true"})
    assert set(new.json()) == {"data", "next_page"}, new.text
    assert set(new.json()["data"][0]) == PLAIN_KEYS | {"expires_at"}, new.text


async def expiry_is_set_at_upload(api):
    if not HAS_GA_NAMES or api.sends_old_beta:
        return
    for seconds in (3600, 7_776_000):
        file = await api.upload("short.txt", "one two", expires_in_seconds=seconds)
        assert abs(file.expires_at - file.created_at - timedelta(seconds=seconds)) < timedelta(seconds=2), file
        raw = (await api.raw("retrieve_metadata", file.id)).json()
        assert TIME.fullmatch(raw["expires_at"]), raw
        assert (await settled(api.files.retrieve_metadata(file.id))).expires_at == file.expires_at
    for seconds in (3599, 7_776_001, 0, -1, 10**30, "soon", "3600.5"):
        await refusal(BadRequestError, lambda s=seconds: api.upload("x.txt", "one", expires_in_seconds=s))


async def names_follow_the_rules(api):
    longest = "é" * 251 + ".txt"
    assert (await api.upload(longest, "one")).filename == longest
    bad = [f"a{character}b.txt" for character in "<>:|?*"]
    for name in (*bad, "é" * 252 + ".txt"):
        await refusal(BadRequestError, lambda n=name: api.upload(n, "one"))


async def the_same_bytes_again_are_another_file(api):
    first, second = [await api.upload("same.txt", "one two") for _ in range(2)]
    assert first.id != second.id
    await settled(api.files.delete(first.id))
    assert (await settled(api.files.retrieve_metadata(second.id))).size_bytes == 7


async def a_deleted_file_is_gone(api):
    file = await api.upload("gone.txt", "one two")
    deleted = await settled(api.files.delete(file.id))
    assert deleted.to_dict() == {"id": file.id, "type": "file_deleted"}, deleted
    for operation in (api.files.delete, api.files.retrieve_metadata, api.files.download):
        await refusal(NotFoundError, lambda o=operation: o(file.id), f"File `{file.id}` not found.")
    assert file.id not in [each.id for each in await everything(api.files.list(limit=1000))]


async def unknown_ids_are_not_found(api):
    for operation in (api.files.delete, api.files.retrieve_metadata, api.files.download):
        await refusal(NotFoundError, lambda o=operation: o(UNKNOWN), f"File `{UNKNOWN}` not found.")
        for odd in ("file/../x y", "file_é", "file_" + "a" * 500, "%00", "file_a?x=1#y"):
            await refusal((NotFoundError, BadRequestError), lambda o=operation, i=odd: o(i))


async def uploads_cannot_be_downloaded(api):
    file = await api.upload("kept.txt", "one two")
    error = await refusal(BadRequestError, lambda: api.files.download(file.id))
    if VERSION >= (2, 5):
        from anthropic.types import FileNotDownloadableError

        assert isinstance(error, FileNotDownloadableError)
        assert error.error_code == "file_not_downloadable"


async def another_key_sees_nothing(api):
    file = await api.upload("private.txt", "one two")
    other = api.with_key("sk-someone-else")
    assert await everything(other.files.list()) == []
    for operation in (other.files.delete, other.files.retrieve_metadata, other.files.download):
        await refusal(NotFoundError, lambda o=operation: o(file.id), f"File `{file.id}` not found.")
    await other.close()
    assert (await settled(api.files.retrieve_metadata(file.id))).id == file.id


CHECKS = [
    every_form_of_a_named_file_arrives,
    files_without_a_name_get_one,
    large_uploads_arrive_whole,
    metadata_has_exactly_the_documented_keys,
    the_old_header_selects_the_old_shape,
    expiry_is_set_at_upload,
    names_follow_the_rules,
    the_same_bytes_again_are_another_file,
    a_deleted_file_is_gone,
    unknown_ids_are_not_found,
    uploads_cannot_be_downloaded,
    another_key_sees_nothing,
]
