# /// script
# requires-python = ">=3.11"
# dependencies = ["anthropic~=2.11"]
# ///
# pyright: basic, reportMissingImports=false
"""The official Anthropic SDK uploads a file to the emulator, asks it with citations, streams, deletes it.

    uv sync && uv run examples/anthropic_sdk.py

in a clone of the repository; uv installs the SDK by itself, apart from the emulator. The same program runs against
the API when its address and key are the API's. Arguments, if any, are the command that starts the emulator.
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
    """The URL of an emulator, on any free port."""
    command = [*SERVER, "emulator", "--port", "0", "--data-dir", data_dir]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            said = process.stderr.readline()
            found = re.search(r"http://[\w.]+:\d+", said)
            assert found, said
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
        print(f"deleted, so its metadata are gone: {error.status_code}")
    else:
        raise AssertionError("a deleted file has metadata")


with tempfile.TemporaryDirectory() as folder, emulator(folder) as address:
    main(address)
