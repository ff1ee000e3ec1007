# /// script
# requires-python = ">=3.11"
# dependencies = ["mcp>=2.3,<3"]
# ///
"""A plain MCP client uploads a PDF, asks about it, finds the quote on the cited page, and downloads the file.

Run it in a clone of the repository:

    uv sync && uv run examples/plain_client.py

uv installs the client in a separate environment. Arguments replace the command that starts the server.
"""

import asyncio
import base64
import sys
import tempfile
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import BlobResourceContents, EmbeddedResource, TextContent

CLONE = Path(__file__).resolve().parents[1]
DOCUMENT = CLONE / "examples" / "documents" / "annual-report.pdf"
SERVER = sys.argv[1:] or [str(CLONE / ".venv" / "bin" / "files-api-mcp")]


async def main(data_dir: str) -> None:
    command, *args = [*SERVER, "serve", "--backend", "local", "--data-dir", data_dir, str(DOCUMENT.parent)]
    async with Client(StdioServerParameters(command=command, args=args)) as client:

        async def call(tool: str, **arguments: Any) -> list[Any]:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            return [result.structured_content, *result.content]

        print("tools:", ", ".join(tool.name for tool in (await client.list_tools()).tools))
        uploaded, *_ = await call("upload_file", path=str(DOCUMENT))
        (file,) = uploaded["files"]
        file_id = file["file_id"]
        print(f"uploaded: {file['filename']}, {file['pages']} pages, as {file_id}")

        answer, *_ = await call("ask_document", question="What dividend does the board propose?", file_ids=[file_id])
        passage = answer["passages"][0]
        print(f"cited: {passage['where']}: {passage['text']!r}")
        assert "0.42 crowns" in passage["text"]

        page = passage["where"].removeprefix("page ")
        _, *blocks = await call("read_document", file_id=file_id, pages=page)
        assert passage["text"] in "".join(block.text for block in blocks if isinstance(block, TextContent))
        print(f"page {page} contains the quote literally")

        _, *blocks = await call("download_file", file_id=file_id)
        (resource,) = [block.resource for block in blocks if isinstance(block, EmbeddedResource)]
        assert isinstance(resource, BlobResourceContents)
        assert base64.b64decode(resource.blob) == DOCUMENT.read_bytes()
        print(f"downloaded: the same {file['size_bytes']:,} bytes")

        deleted, *_ = await call("delete_file", file_ids=[file_id])
        assert deleted["files"][0]["deleted"]
        listed, *_ = await call("list_files")
        assert listed["files"] == []
        print("deleted: the store is empty")


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(folder))
