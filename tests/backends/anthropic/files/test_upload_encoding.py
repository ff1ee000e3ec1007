"""In which form a file is sent: what arrives can be asked, and its hash and size are of what arrives."""

import codecs
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files_api_mcp.backends.anthropic.api.multipart import UploadPart
from files_api_mcp.backends.anthropic.files.upload_encoding import UploadEncoder
from files_api_mcp.backends.anthropic.ledger.rows import Content
from files_api_mcp.backends.errors import EmptyFile
from files_api_mcp.backends.models import NewFile
from files_api_mcp.backends.staging.spool import open_spool
from files_api_mcp.backends.storage.shared_lane import SharedLane
from tests.support.snapshots import freeze_bytes

pytestmark = pytest.mark.anyio

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
WORDS = "Grüße aus Zürich, 10 Uhr – 北京 привет\r\nzweite Zeile\n"


async def sent(folder: Path, content: bytes, mime_type: str, name: str = "given") -> tuple[bytes, UploadPart, Content]:
    """What goes out for these bytes; nothing is left of it afterwards."""
    snapshot = await to_thread.run_sync(freeze_bytes, folder / "frozen", content)
    async with open_spool(folder / "spool") as spool:
        async with UploadEncoder(spool).encoded(snapshot, NewFile(name, mime_type)) as (part, described):
            body = (await to_thread.run_sync(part.path.read_bytes))[part.offset :]
        assert not part.path.exists() or part.path == snapshot.path
    assert (part.size_bytes, described.size_bytes) == (len(body), len(body))
    assert described.sent_sha256 == hashlib.sha256(body).hexdigest()
    assert described.source_sha256 == hashlib.sha256(content).hexdigest()
    assert (described.local_type, described.sent_type) == (mime_type, part.mime_type)
    return body, part, described


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-marked", "utf-32"])
@pytest.mark.parametrize("mime_type", ["text/plain", "text/markdown", "text/csv", "application/json", "text/x-python"])
async def test_text_goes_out_as_plain_text_in_utf8_without_a_mark(
    tmp_path: Path, encoding: str, mime_type: str
) -> None:
    content = (
        codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le") if encoding == "utf-16-le-marked" else WORDS.encode(encoding)
    )
    body, part, _ = await sent(tmp_path, content, mime_type)
    assert body == WORDS.encode()
    assert part.mime_type == "text/plain"


async def test_text_of_a_national_encoding_is_guessed(tmp_path: Path) -> None:
    words = "Die Größe der Häuser wächst über Jahre; schöne Grüße aus München. " * 20
    body, _, _ = await sent(tmp_path, words.encode("cp1252"), "text/plain")
    assert body.decode() == words


@pytest.mark.parametrize(("lines", "turns"), [(1000, 1), (5000, 0)])
async def test_a_text_whose_encoding_takes_long_to_guess_holds_up_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int, turns: int
) -> None:
    """The locks and slots of all other requests wait for a turn of the shared lane."""
    run, taken = SharedLane.run, list[object]()

    async def counted(self: SharedLane, work: Callable[[], Any]) -> Any:
        taken.append(work)
        return await run(self, work)

    monkeypatch.setattr(SharedLane, "run", counted)
    await sent(tmp_path, WORDS.encode() * lines, "text/plain")
    assert len(taken) == turns


async def test_a_mark_before_text_that_is_no_utf8_is_not_sent_as_letters(tmp_path: Path) -> None:
    body, _, _ = await sent(tmp_path, codecs.BOM_UTF8 + b"caf\xe9 and more\n" * 30, "text/plain")
    assert body.decode().startswith("caf")


async def test_utf8_text_is_sent_from_the_snapshot_itself(tmp_path: Path) -> None:
    _, part, _ = await sent(tmp_path, WORDS.encode(), "text/plain")
    assert part.path.parent.name == "frozen"


@pytest.mark.parametrize("junk", [b"", b"\x00\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000])
async def test_a_pdf_is_sent_from_where_it_begins(tmp_path: Path, junk: bytes) -> None:
    body, part, _ = await sent(tmp_path, junk + PDF, "application/pdf")
    assert (body, part.mime_type) == (PDF, "application/pdf")


@pytest.mark.parametrize("mime_type", ["application/octet-stream", "image/png", "application/zip"])
async def test_other_bytes_are_sent_as_they_are(tmp_path: Path, mime_type: str) -> None:
    content = codecs.BOM_UTF16_LE + bytes(range(256))
    body, part, _ = await sent(tmp_path, content, mime_type)
    assert (body, part.mime_type) == (content, mime_type)


@pytest.mark.parametrize(("content", "said"), [(b"", "is empty"), (codecs.BOM_UTF8, "byte order mark")])
async def test_nothing_is_not_sent(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(EmptyFile, match=said):
        await sent(tmp_path, content, "text/plain")


async def test_a_copy_is_gone_after_a_failure_too(tmp_path: Path) -> None:
    snapshot = await to_thread.run_sync(freeze_bytes, tmp_path / "frozen", WORDS.encode("utf-16"))
    seen: list[Path] = []
    async with open_spool(tmp_path / "spool") as spool:

        async def broken_off() -> None:
            async with UploadEncoder(spool).encoded(snapshot, NewFile("given", "text/plain")) as (part, _):
                assert part.path.exists()
                seen.append(part.path)
                raise ConnectionError

        with pytest.raises(ConnectionError):
            await broken_off()
        assert not seen[0].exists()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=300), mime_type=st.sampled_from(["text/plain", "application/pdf", "x/y"]))
async def test_whatever_the_bytes_what_is_recorded_is_what_is_sent(
    tmp_path: Path, content: bytes, mime_type: str
) -> None:
    try:
        body, _, _ = await sent(tmp_path, content, mime_type)
    except EmptyFile:
        assert content == codecs.BOM_UTF8
    else:
        assert mime_type != "text/plain" or body.decode()


async def test_damaged_utf8_text_goes_out_as_valid_utf8(tmp_path: Path) -> None:
    body, _, _ = await sent(tmp_path, WORDS.encode() + b"\xff", "text/plain")
    assert body.decode() == WORDS + "\ufffd"
