"""Reading JSON bodies, bounded as the API bounds them."""

import json
from typing import Any, cast

from starlette.requests import Request

from files_api_mcp.server.emulator.responses import ApiError

__all__ = ["BATCH_BYTES", "MESSAGE_BYTES", "json_body"]

MESSAGE_BYTES = 32 * 1024 * 1024
BATCH_BYTES = 256 * 1024 * 1024


async def json_body(request: Request, most: int) -> dict[str, Any]:
    """The JSON object that a request carries.

    Raises:
        ApiError: It is too large (413), not in UTF-8, not JSON, or no object.
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise _too_large()
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > most:
            raise _too_large()
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except UnicodeDecodeError as exc:
        raise ApiError(400, "The request body is not valid UTF-8", "request_body_encoding_invalid") from exc
    except (ValueError, RecursionError) as exc:
        raise ApiError(400, "The request body is not valid JSON") from exc
    if not isinstance(found, dict):
        raise ApiError(400, "The request body should be an object")
    return cast(dict[str, Any], found)


def _too_large() -> ApiError:
    return ApiError(413, "Request exceeds the maximum allowed number of bytes.", headers={"connection": "close"})


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
