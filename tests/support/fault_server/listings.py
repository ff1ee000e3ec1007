"""Modes of the list, of metadata, deletion and content."""

from functools import partial
from typing import Any

from tests.support.fault_server.api import behave, beta_page, found
from tests.support.fault_server.catalog import Catalog, mode
from tests.support.fault_server.exchange import Exchange
from tests.support.fault_server.wire import chunk

__all__ = ["LISTINGS"]

LISTINGS: Catalog = {}
list_mode = partial(mode, LISTINGS, endpoint="list", times=None, seeds=3)
metadata_mode = partial(mode, LISTINGS, endpoint="metadata", times=None, seeds=3)
delete_mode = partial(mode, LISTINGS, endpoint="delete", times=1, seeds=3)
content_mode = partial(mode, LISTINGS, endpoint="content", times=None, seeds=3)


def _shown(exchange: Exchange, start: int = 0) -> list[dict[str, Any]]:
    limit = int(dict(exchange.query).get("limit", "20"))
    return [file.metadata() for file in exchange.state.newest_first()[start : start + limit]]


@list_mode()
async def beta_list(exchange: Exchange) -> None:
    """The shape of the beta whatever was asked: has_more, first_id, last_id; after_id is honoured, page ignored."""
    query = dict(exchange.query)
    await exchange.json(200, beta_page(exchange, int(query.get("limit", "20")), query.get("after_id")))


@list_mode()
async def endless_cursor(exchange: Exchange) -> None:
    """There is always a next page, with a new cursor, and it is the first page again."""
    exchange.state.list_calls += 1
    await exchange.json(200, {"data": _shown(exchange), "next_page": f"page_{exchange.state.list_calls:08d}"})


@list_mode()
async def endless_empty(exchange: Exchange) -> None:
    """There is always a next page, with a new cursor, and it is empty."""
    exchange.state.list_calls += 1
    await exchange.json(200, {"data": [], "next_page": f"page_{exchange.state.list_calls:08d}"})


@list_mode()
async def repeating_page(exchange: Exchange) -> None:
    """The same page and the same cursor to each request."""
    await exchange.json(200, {"data": _shown(exchange), "next_page": "page_again"})


@list_mode()
async def cursor_loop(exchange: Exchange) -> None:
    """Page A leads to page B, which leads to page A."""
    files = _shown(exchange)
    middle = (len(files) + 1) // 2
    if dict(exchange.query).get("page") == "page_b":
        await exchange.json(200, {"data": files[middle:], "next_page": "page_a"})
    else:
        await exchange.json(200, {"data": files[:middle], "next_page": "page_b"})


@list_mode()
async def page_changes(exchange: Exchange) -> None:
    """Cursors count files from the top; before each page but the first, two files appear and the oldest vanishes."""
    state, cursor = exchange.state, dict(exchange.query).get("page")
    if cursor is not None:
        del state.files[next(iter(state.files))]
        for _ in range(2):
            state.list_calls += 1
            state.add(state.seeded(1000 + state.list_calls, state.now()))
    start = int(cursor.removeprefix("page_")) if cursor else 0
    files = _shown(exchange, start)
    after = start + len(files)
    await exchange.json(200, {"data": files, "next_page": f"page_{after}" if after < len(state.files) else None})


@list_mode(times=1)
async def list_500_once(exchange: Exchange) -> None:
    """500 to the first request of each list (of each query)."""
    await exchange.error(500, "Internal server error")


@list_mode()
async def list_cut_json(exchange: Exchange) -> None:
    """A page whose JSON ends midway."""
    await exchange.reply(200, b'{"data": [{"id": "file_011CNha8iCJcU1wXNR6q4V8w", "type": "fi')


@list_mode()
async def list_html(exchange: Exchange) -> None:
    """Status 200 and an HTML page."""
    await exchange.html(200, "Welcome")


@list_mode()
async def list_hang(exchange: Exchange) -> None:
    """Never answers."""
    await exchange.connection.hang()


@list_mode(takes=1)
async def list_wrong_shape(exchange: Exchange) -> None:
    """~KIND: files (another key, the default), array, null, text (an item that is text), number (as the cursor)."""
    files = _shown(exchange)
    kinds: dict[str, object] = {
        "files": {"object": "list", "files": files},
        "array": files,
        "null": {"data": None, "next_page": None},
        "text": {"data": [*files, "file_011CNha8iCJcU1wXNR6q4V8w"], "next_page": None},
        "number": {"data": files, "next_page": 2},
    }
    await exchange.json(200, kinds[exchange.argument("files")])


def _other_file(exchange: Exchange) -> dict[str, Any]:
    others = [file for file in exchange.state.newest_first() if file.id != exchange.file_id]
    return (others[0] if others else exchange.state.seeded(99, exchange.state.now())).metadata()


@metadata_mode()
async def meta_wrong_id(exchange: Exchange) -> None:
    """The metadata of another file."""
    await exchange.json(200, _other_file(exchange))


@metadata_mode()
async def meta_404(exchange: Exchange) -> None:
    """404 for each file, though the list shows it."""
    await exchange.error(404, f"File `{exchange.file_id}` not found.")


@metadata_mode(times=1)
async def meta_500_once(exchange: Exchange) -> None:
    """500 to the first request for each file."""
    await exchange.error(500, "Internal server error")


@metadata_mode()
async def meta_hang(exchange: Exchange) -> None:
    """Never answers."""
    await exchange.connection.hang()


@metadata_mode()
async def expired_known(exchange: Exchange) -> None:
    """Every seeded file is listed and described, and expired an hour ago; its content is gone."""
    await behave(exchange)


@delete_mode()
async def delete_500_after(exchange: Exchange) -> None:
    """Deletes, then 500; a second try is answered with 404."""
    exchange.state.files.pop(exchange.file_id, None)
    await exchange.error(500, "Internal server error")


@delete_mode()
async def delete_hang(exchange: Exchange) -> None:
    """Deletes, then never answers; a second try is answered with 404."""
    exchange.state.files.pop(exchange.file_id, None)
    await exchange.connection.hang()


@delete_mode(times=None)
async def delete_wrong_id(exchange: Exchange) -> None:
    """Deletes the file, and says that it deleted another."""
    exchange.state.files.pop(exchange.file_id, None)
    await exchange.json(200, {"id": _other_file(exchange)["id"], "type": "file_deleted"})


@content_mode()
async def content_short(exchange: Exchange) -> None:
    """Half of the content that Content-Length promises, then FIN."""
    if (file := await found(exchange)) and file.content is not None:
        await exchange.raw(200, _content_headers(file.size_bytes), file.content[: file.size_bytes // 2])
        exchange.connection.close()


@content_mode()
async def content_cut_chunked(exchange: Exchange) -> None:
    """Half of the content as a chunk, then FIN without the chunk that ends it."""
    if (file := await found(exchange)) and file.content is not None:
        headers = [("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")]
        await exchange.raw(200, headers, chunk(file.content[: file.size_bytes // 2]))
        exchange.connection.close()


@content_mode()
async def content_slow(exchange: Exchange) -> None:
    """The content byte by byte, one a second (option wait)."""
    if (file := await found(exchange)) and file.content is not None:
        await exchange.raw(200, _content_headers(file.size_bytes))
        await exchange.connection.trickle(file.content, exchange.seconds())


@content_mode()
async def content_long(exchange: Exchange) -> None:
    """A well-formed reply with more bytes than the metadata says."""
    if (file := await found(exchange)) and file.content is not None:
        await exchange.reply(200, file.content + b"and more\n" * 100, file.mime_type)


@content_mode()
async def content_404_expired(exchange: Exchange) -> None:
    """404 file_expired."""
    await exchange.error(404, f"File `{exchange.file_id}` has expired.", code="file_expired")


@content_mode()
async def content_not_downloadable(exchange: Exchange) -> None:
    """400 file_not_downloadable, though the metadata says downloadable."""
    await exchange.error(400, f"File `{exchange.file_id}` is not downloadable.", code="file_not_downloadable")


def _content_headers(length: int) -> list[tuple[str, str]]:
    return [("Content-Type", "text/plain"), ("Content-Length", str(length))]
