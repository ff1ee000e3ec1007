# /// script
# requires-python = ">=3.11"
# dependencies = ["anthropic~=2.11"]
# ///
# pyright: basic, reportMissingImports=false
"""The official Anthropic SDK uploads a file to the emulator, asks about it with citations, streams, and deletes it.

Run it in a clone of the repository:

    uv sync && uv run examples/anthropic_sdk.py

uv installs the SDK in a separate environment. With the API's address and key, the same program runs against the API.
Arguments replace the command that starts the emulator.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from anthropic import Anthropic, NotFoundError

CLONE = Path(__file__).resolve().parents[1]
DOCUMENT = CLONE / "examples" / "documents" / "meeting-notes.md"
SERVER = sys.argv[1:] or [str(CLONE / ".venv" / "bin" / "files-api-mcp")]


@contextmanager
def emulator(data_dir: str) -> Generator[str]:
    """Start an emulator on a free port; yields its URL."""
    command = [*SERVER, "emulator", "--port", "0", "--data-dir", data_dir]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            found = re.search(r"http://[\w.]+:\d+", line)
            assert found, line
            yield found[0]
        finally:
            process.terminate()


def main(url: str) -> None:
    client = Anthropic(api_key="any", base_url=url)
    file = client.files.upload(file=(DOCUMENT.name, DOCUMENT.read_bytes(), "text/plain"))
    print(f"uploaded: {file.filename}, {file.size_bytes} bytes, as {file.id}")
    assert file.size_bytes == DOCUMENT.stat().st_size
    assert [each.id for each in client.files.list()] == [file.id]

    document = {"type": "document", "source": {"type": "file", "file_id": file.id}, "citations": {"enabled": True}}
    question = {"type": "text", "text": "When does the last sailing leave Lyse in winter?"}
    request = {"model": "claude-sonnet-5-5", "max_tokens": 500}
    request["messages"] = [{"role": "user", "content": [document, question]}]
    message = client.messages.create(**request)
    citations = [each for block in message.content if block.type == "text" for each in block.citations or []]
    assert any("22:10" in citation.cited_text for citation in citations)
    text = DOCUMENT.read_text()
    for citation in citations:
        print(f"cited: characters {citation.start_char_index}-{citation.end_char_index}: {citation.cited_text!r}")
        assert text[citation.start_char_index : citation.end_char_index] == citation.cited_text

    with client.messages.stream(**request) as stream:
        assert "".join(stream.text_stream) == "".join(block.text for block in message.content if block.type == "text")
    print("streamed: the same answer")

    client.files.delete(file.id)
    try:
        client.files.retrieve_metadata(file.id)
    except NotFoundError as error:
        print(f"deleted: its metadata is gone too ({error.status_code})")
    else:
        raise AssertionError("A deleted file still has metadata.")


with tempfile.TemporaryDirectory() as folder, emulator(folder) as address:
    main(address)
