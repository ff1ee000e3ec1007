# /// script
# requires-python = ">=3.11"
# dependencies = ["fastmcp~=4.1"]
# ///
# pyright: basic, reportMissingImports=false
"""FastMCP's client uploads a folder, reads typed results, saves a file, and deletes it.

Run it in a clone of the repository:

    uv sync && uv run examples/fastmcp_client.py

uv installs FastMCP in a separate environment. Arguments replace the command that starts the server.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

CLONE = Path(__file__).resolve().parents[1]
DOCUMENTS = CLONE / "examples" / "documents"
SERVER = sys.argv[1:] or [str(CLONE / ".venv" / "bin" / "files-api-mcp")]


async def main(folder: Path) -> None:
    # The server saves into its ROOT, so it gets a copy of the documents.
    documents = shutil.copytree(DOCUMENTS, folder / "documents", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    command, *args = [*SERVER, "serve", "--backend", "local", "--data-dir", str(folder / "data"), str(documents)]
    async with Client(StdioTransport(command, args)) as client:
        uploaded = (await client.call_tool("upload_file", {"path": str(documents)})).data
        assert not uploaded.failed
        assert {file.filename for file in uploaded.files} == {path.name for path in DOCUMENTS.iterdir()}
        print(f"uploaded {len(uploaded.files)} files")

        question = "When does the last sailing leave Lyse in winter?"
        answer = (await client.call_tool("ask_document", {"question": question})).data
        passage = answer.passages[0]
        print(f"cited: {passage.filename}, {passage.where}: {passage.text!r}")
        assert "22:10" in passage.text
        assert passage.text in (DOCUMENTS / passage.filename).read_text()

        saved = documents / "copy.md"
        await client.call_tool("download_file", {"file_id": passage.file_id, "save_as": str(saved)})
        assert saved.read_bytes() == (DOCUMENTS / passage.filename).read_bytes()
        print("saved: the same bytes")

        await client.call_tool("delete_file", {"file_ids": [passage.file_id]})
        failed = await client.call_tool("describe_file", {"file_id": passage.file_id}, raise_on_error=False)
        assert failed.is_error
        print(f"deleted: describe_file now fails: {failed.content[0].text}")


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(Path(folder)))
