"""Modes in which nothing is committed, and those of connections that end between two requests."""

from datetime import timedelta
from email.utils import format_datetime
from functools import partial

from tests.support.fault_server.api import behave
from tests.support.fault_server.catalog import Catalog, mode
from tests.support.fault_server.exchange import Exchange
from tests.support.fault_server.wire import HeaderPairs

__all__ = ["REFUSALS"]

REFUSALS: Catalog = {}
refusal_mode = partial(mode, REFUSALS)


@refusal_mode(early=True)
async def reset_mid_body(exchange: Exchange) -> None:
    """RST when half of the body has come."""
    await exchange.read_half()
    exchange.connection.reset()


@refusal_mode(early=True)
async def close_mid_body(exchange: Exchange) -> None:
    """FIN, without a reply, when half of the body has come."""
    await exchange.read_half()
    await exchange.connection.half_close()


@refusal_mode(early=True, times=None)
async def early_413(exchange: Exchange) -> None:
    """A gateway's HTML 413 at the head, then the end of the connection: a client that goes on writing meets an RST."""
    await exchange.html(413, "413 Request Entity Too Large")
    exchange.connection.close()


@refusal_mode(early=True, times=None)
async def early_413_json(exchange: Exchange) -> None:
    """The API's 413 at the head, then the end of the connection: a client that goes on writing meets an RST."""
    await exchange.error(413, "Request exceeds the maximum allowed number of bytes.")
    exchange.connection.close()


@refusal_mode(early=True, times=None)
async def early_413_then_drain(exchange: Exchange) -> None:
    """A gateway's HTML 413 at the head, then FIN; what still comes is taken and dropped."""
    await exchange.html(413, "413 Request Entity Too Large")
    await exchange.connection.half_close()


@refusal_mode(early=True, times=None)
async def early_401(exchange: Exchange) -> None:
    """401 at the head, then the end of the connection: a client that goes on writing meets an RST."""
    await exchange.error(401, "invalid x-api-key")
    exchange.connection.close()


@refusal_mode(times=None)
async def refuse_500(exchange: Exchange) -> None:
    """500 to each upload."""
    await exchange.error(500, "Internal server error")


@refusal_mode()
async def refuse_503_then_ok(exchange: Exchange) -> None:
    """503 to the first N uploads of a file."""
    await exchange.error(503, "Service unavailable")


@mode(REFUSALS, "529_then_ok")
async def overloaded_then_ok(exchange: Exchange) -> None:
    """529 to the first N uploads of a file."""
    await exchange.error(529, "Overloaded")


async def _too_many(exchange: Exchange, headers: HeaderPairs) -> None:
    await exchange.error(429, "Number of requests has exceeded your rate limit.", headers=headers)


@refusal_mode(takes=1)
async def retry_after(exchange: Exchange) -> None:
    """429 with that text as Retry-After. Words: none, empty, date (2 s ahead), past (a date an hour ago)."""
    words = {
        "empty": "",
        "date": format_datetime(exchange.state.now() + timedelta(seconds=2), usegmt=True),
        "past": format_datetime(exchange.state.now() - timedelta(hours=1), usegmt=True),
    }
    text = exchange.argument("1")
    await _too_many(exchange, [] if text == "none" else [("Retry-After", words.get(text, text))])


@refusal_mode(takes=1)
async def retry_after_ms(exchange: Exchange) -> None:
    """429 with that text as retry-after-ms."""
    await _too_many(exchange, [("retry-after-ms", exchange.argument("100"))])


@mode(REFUSALS, "429_always", times=None)
async def too_many_always(exchange: Exchange) -> None:
    """429 with Retry-After 1 to each upload."""
    await _too_many(exchange, [("Retry-After", "1")])


@refusal_mode(times=None)
async def spend_cap_429(exchange: Exchange) -> None:
    """429 of a spend limit to each upload: no Retry-After, waiting is in vain."""
    message = "You have reached your API usage limits: they reset on 2027-01-01 at 00:00 UTC."
    await exchange.error(429, message, code="enforced_spend_limit_reached")


@refusal_mode(times=None)
async def redirect_same(exchange: Exchange) -> None:
    """302 to another path of this server, where a GET is answered with the list."""
    await exchange.reply(302, b"", headers=[("Location", f"{exchange.own_url}/v1/files?redirected=1")])


@refusal_mode(times=None)
async def redirect_other(exchange: Exchange) -> None:
    """302 to the other listener."""
    await exchange.reply(302, b"", headers=[("Location", exchange.other_url + exchange.path)])


@refusal_mode(times=None)
async def redirect_307_other(exchange: Exchange) -> None:
    """307, which asks to send the body again, to the other listener."""
    await exchange.reply(307, b"", headers=[("Location", exchange.other_url + exchange.path)])


@refusal_mode(times=None, takes=1)
async def status(exchange: Exchange) -> None:
    """That status with the API's envelope, to each upload."""
    await exchange.error(int(exchange.argument("500")), "The request was refused.")


@refusal_mode(times=None, takes=3)
async def error_code(exchange: Exchange) -> None:
    """~STATUS~TYPE~CODE: an envelope with that type and error code, to each upload."""
    number, kind, code = exchange.arguments
    await exchange.error(int(number), "The request was refused.", kind=kind, code=code)


@refusal_mode(times=None, takes=1)
async def non_json_error(exchange: Exchange) -> None:
    """That status with an HTML page, to each upload."""
    await exchange.html(int(exchange.argument("502")), "Bad gateway")


@refusal_mode(times=None)
async def huge_error(exchange: Exchange) -> None:
    """500 whose message is 100 MB long, to each upload."""
    start, end = b'{"type":"error","error":{"type":"api_error","message":"', b'"}}'
    block = b"x" * 1_000_000
    length = len(start) + 100 * len(block) + len(end)
    await exchange.raw(500, [("Content-Type", "application/json"), ("Content-Length", str(length))], start)
    for _ in range(100):
        await exchange.connection.send(block)
    await exchange.connection.send(end)


@refusal_mode(times=None, everywhere=True)
async def idle_close(exchange: Exchange) -> None:
    """A right reply that promises to keep the connection, then FIN."""
    await behave(exchange)
    exchange.connection.close()


@refusal_mode(times=None, early=True, everywhere=True)
async def stale_reset(exchange: Exchange) -> None:
    """RST as soon as the head of a second request has come on a connection; the first is answered rightly."""
    if exchange.connection.answered:
        exchange.connection.reset()
        return
    await exchange.read_body()
    await behave(exchange)
