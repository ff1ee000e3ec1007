"""The API as it is when nothing goes wrong, and the way to its endpoints."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.fault_server.exchange import Endpoint, Exchange
from tests.support.fault_server.state import StoredFile
from tests.support.fault_server.stream import message_reply, send_message

__all__ = ["behave", "beta_page", "endpoint_of", "found"]


def endpoint_of(method: str, path: str) -> Endpoint:
    """Which endpoint a request below a mode is for."""
    parts = path.partition("?")[0].split("/")[1:]
    match method, parts:
        case "POST", ["v1", "files"]:
            return "upload"
        case "GET", ["v1", "files"]:
            return "list"
        case "GET", ["v1", "files", _]:
            return "metadata"
        case "DELETE", ["v1", "files", _]:
            return "delete"
        case "GET", ["v1", "files", _, "content"]:
            return "content"
        case "POST", ["v1", "messages"]:
            return "messages"
        case _:
            return "other"


async def behave(exchange: Exchange) -> None:
    """Answer as the API does; the body of the request is read."""
    await _RIGHT[exchange.endpoint](exchange)


async def _upload(exchange: Exchange) -> None:
    await exchange.json(200, exchange.commit().metadata(beta=exchange.is_beta))


async def _list(exchange: Exchange) -> None:
    query = exchange.query
    ids = list(dict.fromkeys(value for name, value in query if name == "ids[]"))
    single = dict(query)
    limit = single.get("limit", "20")
    refusal = _list_refusal(exchange, single, ids, limit)
    if refusal:
        await exchange.error(400, refusal)
    elif exchange.is_beta:
        await exchange.json(200, beta_page(exchange, int(limit), single.get("after_id")))
    elif ids:
        found = [file for file in exchange.state.newest_first() if file.id in ids]
        await exchange.json(200, {"data": [file.metadata() for file in found], "next_page": None})
    else:
        try:
            files, cursor = exchange.state.page(int(limit), single.get("page"))
        except ValueError:
            await exchange.error(400, "page: invalid cursor")
            return
        await exchange.json(200, {"data": [file.metadata() for file in files], "next_page": cursor})


def _list_refusal(exchange: Exchange, single: dict[str, str], ids: list[str], limit: str) -> str | None:
    unknown = ("page", "ids[]") if exchange.is_beta else ("after_id", "before_id")
    for name in unknown:
        if name in single:
            return f"{name}: Extra inputs are not permitted"
    if not (limit.isdecimal() and 1 <= int(limit) <= 1000):
        return "limit: Input should be between 1 and 1000"
    if ids and ("page" in single or "limit" in single):
        return "ids: cannot be combined with page or limit"
    return "ids: at most 100 ids are allowed" if len(ids) > 100 else None


def beta_page(exchange: Exchange, limit: int, after_id: str | None) -> dict[str, Any]:
    """A page of the list in the shape of the beta; an unknown `after_id` gives an empty one."""
    files = exchange.state.newest_first()
    if after_id:
        ids = [file.id for file in files]
        files = files[ids.index(after_id) + 1 :] if after_id in ids else []
    shown = files[:limit]
    return {
        "data": [file.metadata(beta=True) for file in shown],
        "has_more": len(files) > limit,
        "first_id": shown[0].id if shown else None,
        "last_id": shown[-1].id if shown else None,
    }


async def _metadata(exchange: Exchange) -> None:
    file = await found(exchange)
    if file:
        await exchange.json(200, file.metadata(beta=exchange.is_beta))


async def _delete(exchange: Exchange) -> None:
    file = await found(exchange)
    if file:
        del exchange.state.files[file.id]
        await exchange.json(200, {"id": file.id, "type": "file_deleted"})


async def _content(exchange: Exchange) -> None:
    file = await found(exchange)
    if file is None:
        return
    if file.is_expired:
        await exchange.error(404, f"File `{file.id}` has expired.", code="file_expired")
    elif file.content is None:
        await exchange.error(400, f"File `{file.id}` is not downloadable.", code="file_not_downloadable")
    else:
        await exchange.reply(200, file.content, file.mime_type)


async def found(exchange: Exchange) -> StoredFile | None:
    """The file that the request is about; where there is none, 404 is answered."""
    file = exchange.state.found(exchange.file_id)
    if file is None:
        await exchange.error(404, f"File `{exchange.file_id}` not found.")
    return file


async def _messages(exchange: Exchange) -> None:
    await send_message(exchange, message_reply(exchange))


async def _other(exchange: Exchange) -> None:
    exchange.connection.ends = True
    await exchange.error(404, "Not found")


_RIGHT: dict[Endpoint, Callable[[Exchange], Awaitable[None]]] = {
    "upload": _upload,
    "list": _list,
    "metadata": _metadata,
    "delete": _delete,
    "content": _content,
    "messages": _messages,
    "other": _other,
}
