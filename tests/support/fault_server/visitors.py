"""Clients with which the fault server itself is tested."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2

from tests.support.fault_server.server import FaultServer

__all__ = ["HEADERS", "IMPATIENT", "SHA", "TEXT", "connected", "opened_client", "upload", "upload_bytes"]

HEADERS = {"x-api-key": "canary-key", "anthropic-version": "2026-10-21"}
TEXT = b"some text\r\n--nearly a boundary\r\n" * 50
IMPATIENT = httpx2.Timeout(10, read=0.1)
SHA = hashlib.sha256(TEXT).hexdigest()


@asynccontextmanager
async def opened_client() -> AsyncGenerator[httpx2.AsyncClient]:
    """A client that waits for a reply."""
    async with httpx2.AsyncClient(headers=HEADERS, timeout=10, trust_env=False, verify=False) as client:
        yield client


async def upload(client: httpx2.AsyncClient, url: str, content: bytes = TEXT, **fields: str) -> httpx2.Response:
    """Upload a file named a.txt."""
    return await client.post(f"{url}/v1/files", files={"file": ("a.txt", content, "text/plain")}, data=fields)


@asynccontextmanager
async def connected(faults: FaultServer) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", faults.port)
    try:
        yield reader, writer
    finally:
        writer.close()


def upload_bytes(mode: str, *, length: int | None = None, chunked: bool = False) -> tuple[bytes, bytes]:
    """The head and the body of an upload; a `length` is told in place of the body's own."""
    head = f"POST /{mode}/v1/files HTTP/1.1\r\nx-api-key: k\r\nanthropic-version: 2026-10-21\r\n"
    disposition = b'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain'
    body = b"--B\r\n" + disposition + b"\r\n\r\n" + TEXT + b"\r\n--B--\r\n"
    if chunked:
        body = b"".join(b"1\r\n%b\r\n" % body[at : at + 1] for at in range(len(body))) + b"0\r\n\r\n"
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {length or len(body)}"
    return f"{head}Content-Type: multipart/form-data; boundary=B\r\n{size}\r\n\r\n".encode(), body
