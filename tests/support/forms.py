"""Upload forms, and whether their files are open."""

import os
from collections.abc import Callable
from pathlib import Path

from anyio import to_thread

from files_api_mcp.backends.anthropic.api.multipart import MultipartBody, UploadPart

__all__ = ["MIB", "body", "is_open", "joined", "opened"]

MIB = 1024 * 1024


def body(
    path: Path, size_bytes: int, *, offset: int = 0, progress: Callable[[int], None] | None = None, **fields: str
) -> MultipartBody:
    part = UploadPart(path, offset, size_bytes, "Ünïcode 文件 📄.pdf", "application/pdf")
    return MultipartBody(part, fields, progress=progress)


async def joined(form: MultipartBody) -> bytes:
    return b"".join([chunk async for chunk in form])


def opened(path: Path) -> bool:
    """Whether this process has the file open."""
    found: list[str] = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(os.readlink(entry))
        except FileNotFoundError:
            continue
    return str(path) in found


async def is_open(path: Path) -> bool:
    return await to_thread.run_sync(opened, path)
