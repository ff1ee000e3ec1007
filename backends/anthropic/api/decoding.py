"""Bodies of responses, decompressed in blocks of bounded size."""

import zlib
from collections.abc import AsyncIterator
from typing import cast

import httpx2

from files_api_mcp.backends.errors import UpstreamBadReply

__all__ = ["decoded"]

_BLOCK = 64 * 1024


async def decoded(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The decompressed body in blocks of bounded size.

    Raises:
        UpstreamBadReply: Its encoding was not requested, or it is damaged.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        async for block in _raw(response):
            yield block
        return
    if encoding not in ("gzip", "deflate", "x-gzip"):
        raise UpstreamBadReply("The reply has an encoding that was not requested.")
    inflater = zlib.decompressobj(wbits=47 if "gzip" in encoding else 15)
    async for block in _raw(response):
        left = block
        while left:
            try:
                yield inflater.decompress(left, _BLOCK)
            except zlib.error as exc:
                raise UpstreamBadReply("The reply is damaged.") from exc
            left = inflater.unconsumed_tail


def _raw(response: httpx2.Response) -> AsyncIterator[bytes]:
    # Without the layers of `aiter_raw`: whoever opened the response closes it.
    return aiter(cast(httpx2.AsyncByteStream, response.stream))
