"""Modes in which an upload is committed and its reply goes wrong."""

import json
import time
import zlib
from functools import partial

from tests.support.fault_server.api import behave
from tests.support.fault_server.catalog import Catalog, mode
from tests.support.fault_server.exchange import Exchange
from tests.support.fault_server.state import ModeState
from tests.support.fault_server.wire import chunk, head

__all__ = ["UPLOADS"]

UPLOADS: Catalog = {}
upload_mode = partial(mode, UPLOADS)

_MEBIBYTE = 1024 * 1024
_CRC_OF_A_GIBIBYTE_OF_SPACES = 0x9AC47FA6


def _committed(exchange: Exchange, **changed: object) -> bytes:
    return json.dumps({**exchange.commit().metadata(), **changed}).encode()


def _json_headers(length: int | str) -> list[tuple[str, str]]:
    return [("Content-Type", "application/json"), ("Content-Length", str(length))]


@mode(UPLOADS, "ok", "no_date", times=0)
async def ok(exchange: Exchange) -> None:
    """Nothing goes wrong; `no_date`: but no reply carries a Date header."""
    await behave(exchange)


def _then_status(status: int) -> None:
    async def commit_then_status(exchange: Exchange) -> None:
        """Commits, then answers with that status and the API's envelope."""
        exchange.commit()
        await exchange.error(status, "Internal server error")

    mode(UPLOADS, f"commit_then_{status}")(commit_then_status)


for _status in (408, 409, 500, 502, 503, 504, 529):
    _then_status(_status)


@upload_mode()
async def commit_then_reset(exchange: Exchange) -> None:
    """Commits, then RST without a byte of a reply."""
    exchange.commit()
    exchange.connection.reset()


@upload_mode()
async def commit_then_close(exchange: Exchange) -> None:
    """Commits, then FIN without a byte of a reply."""
    exchange.commit()
    exchange.connection.close()


@upload_mode()
async def commit_then_hang(exchange: Exchange) -> None:
    """Commits, then never answers."""
    exchange.commit()
    await exchange.connection.hang()


@upload_mode()
async def commit_then_half_headers(exchange: Exchange) -> None:
    """Commits, then RST amid the headers of the reply."""
    exchange.commit()
    await exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: appli")
    exchange.connection.reset()


@upload_mode(takes=1)
async def late_commit(exchange: Exchange) -> None:
    """RST without a reply; the file is listed and found only so many seconds later."""
    exchange.commit().listed_from = time.monotonic() + float(exchange.argument("1"))
    exchange.connection.reset()


@upload_mode()
async def truncated_json(exchange: Exchange) -> None:
    """Half of the reply that Content-Length promises, then FIN."""
    body = _committed(exchange)
    await exchange.raw(200, _json_headers(len(body)), body[: len(body) // 2])
    exchange.connection.close()


@upload_mode()
async def cut_json(exchange: Exchange) -> None:
    """A whole reply whose JSON ends midway."""
    body = _committed(exchange)
    await exchange.reply(200, body[: len(body) // 2])


@upload_mode()
async def html_200(exchange: Exchange) -> None:
    """Status 200 and an HTML page."""
    exchange.commit()
    await exchange.html(200, "Welcome")


@upload_mode()
async def empty_object(exchange: Exchange) -> None:
    """Status 200 and {}."""
    exchange.commit()
    await exchange.json(200, {})


@upload_mode()
async def empty_body(exchange: Exchange) -> None:
    """Status 200 and no body."""
    exchange.commit()
    await exchange.reply(200, b"")


@upload_mode()
async def wrong_size(exchange: Exchange) -> None:
    """The reply's size is one byte off."""
    file = exchange.commit()
    await exchange.json(200, {**file.metadata(), "size_bytes": file.size_bytes - 1})


@upload_mode()
async def wrong_name(exchange: Exchange) -> None:
    """The reply names another file name."""
    await exchange.reply(200, _committed(exchange, filename="something-else.pdf"))


@upload_mode(takes=1)
async def wrong_id(exchange: Exchange) -> None:
    """The reply's id is none: number (the default), null, empty, traversal, words, long, list."""
    kinds: dict[str, object] = {
        "number": 12345,
        "null": None,
        "empty": "",
        "traversal": "file_/../../v1/messages",
        "words": "this is no id",
        "long": "file_" + "a" * 100_000,
        "list": ["file_011CNha8iCJcU1wXNR6q4V8w"],
    }
    await exchange.reply(200, _committed(exchange, id=kinds[exchange.argument("number")]))


@upload_mode()
async def foreign_id(exchange: Exchange) -> None:
    """The reply's id is that of the file committed before (of a seeded one, if there is none)."""
    if not exchange.state.files:
        exchange.state.seed(1)
    earlier = next(reversed(exchange.state.files))
    await exchange.reply(200, _committed(exchange, id=earlier))


@upload_mode()
async def list_instead(exchange: Exchange) -> None:
    """The reply is a page of the list, with the file in it."""
    file = exchange.commit()
    await exchange.json(200, {"data": [file.metadata()], "next_page": None})


@upload_mode()
async def json_array(exchange: Exchange) -> None:
    """The reply is an array with the metadata in it."""
    await exchange.reply(200, b"[" + _committed(exchange) + b"]")


@upload_mode()
async def latin1_body(exchange: Exchange) -> None:
    """The reply holds a name in Latin-1, which is no UTF-8."""
    body = _committed(exchange, filename="@").replace(b"@", "grün.pdf".encode("latin-1"))
    await exchange.reply(200, body)


@upload_mode()
async def huge_body(exchange: Exchange) -> None:
    """A right reply followed by spaces: 1 GiB in all, for as long as the client reads."""
    body = _committed(exchange)
    await exchange.raw(200, _json_headers(1024 * _MEBIBYTE), body)
    await exchange.connection.send(b" " * (_MEBIBYTE - len(body)))
    for _ in range(1023):
        await exchange.connection.send(b" " * _MEBIBYTE)


@upload_mode()
async def gzip_bomb(exchange: Exchange) -> None:
    """A right reply after 1 GiB of spaces, gzipped to about 1 MiB; valid all through."""
    body = _committed(exchange)
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # Ends with a full flush, so the same bytes can stand any number of times.
    block = squeezer.compress(b" " * _MEBIBYTE) + squeezer.flush(zlib.Z_FULL_FLUSH)
    closing = zlib.compressobj(9, zlib.DEFLATED, -15)
    crc = zlib.crc32(body, _CRC_OF_A_GIBIBYTE_OF_SPACES)
    size = (1024 * _MEBIBYTE + len(body)) % 2**32
    trailer = crc.to_bytes(4, "little") + size.to_bytes(4, "little")
    start = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
    bomb = start + block * 1024 + closing.compress(body) + closing.flush() + trailer
    await exchange.raw(200, [*_json_headers(len(bomb)), ("Content-Encoding", "gzip")], bomb)


@upload_mode()
async def slow_loris(exchange: Exchange) -> None:
    """Commits and sends the body of the reply byte by byte, one a second (option wait)."""
    body = _committed(exchange)
    await exchange.raw(200, _json_headers(len(body)))
    await exchange.connection.trickle(body, exchange.seconds())


@upload_mode()
async def slow_headers(exchange: Exchange) -> None:
    """Commits and sends the whole reply byte by byte, one a second (option wait)."""
    body = _committed(exchange)
    reply = head(200, [*exchange.common_headers(), *_json_headers(len(body))]) + body
    await exchange.connection.trickle(reply, exchange.seconds())


@upload_mode()
async def chunked_reply(exchange: Exchange) -> None:
    """A right reply in chunks of seven bytes, with a trailer."""
    body = _committed(exchange)
    await exchange.raw(200, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
    for at in range(0, len(body), 7):
        await exchange.connection.send(chunk(body[at : at + 7]))
    await exchange.connection.send(b"0\r\nX-Checked: yes\r\n\r\n")


@upload_mode()
async def http10_reply(exchange: Exchange) -> None:
    """A right reply of HTTP/1.0: no length, the end of the connection is its end."""
    body = _committed(exchange)
    headers = [*exchange.common_headers(), ("Content-Type", "application/json")]
    await exchange.connection.send(head(200, headers, version="HTTP/1.0") + body)
    exchange.connection.close()


@upload_mode()
async def bad_content_length(exchange: Exchange) -> None:
    """A right reply whose Content-Length is a word."""
    body = _committed(exchange)
    await exchange.raw(200, _json_headers("several"), body)
    exchange.connection.close()


@upload_mode()
async def extra_bytes_after(exchange: Exchange) -> None:
    """A right reply, and garbage after it on the connection, which stays open."""
    body = _committed(exchange)
    await exchange.raw(200, _json_headers(len(body)), body + b"\0garbage\r\n\r\n")


@upload_mode()
async def extra_reply_after(exchange: Exchange) -> None:
    """A right reply, and another that nobody asked for after it, about another file."""
    body = _committed(exchange)
    other = json.dumps(ModeState.seeded(99, exchange.state.now()).metadata()).encode()
    unasked = head(200, _json_headers(len(other))) + other
    await exchange.raw(200, _json_headers(len(body)), body + unasked)


@upload_mode()
async def wrong_status_line(exchange: Exchange) -> None:
    """The status is a word."""
    body = _committed(exchange)
    await exchange.raw("fine OK", _json_headers(len(body)), body)
    exchange.connection.close()


@mode(UPLOADS, "100_continue", early=True, times=None)
async def continue_first(exchange: Exchange) -> None:
    """Two interim replies (100, 103) before the body is read, then the right one."""
    await exchange.connection.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    await exchange.read_body()
    await behave(exchange)
