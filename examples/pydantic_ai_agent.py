# /// script
# requires-python = ">=3.11"
# dependencies = ["pydantic-ai-slim[mcp]~=2.68"]
# ///
# pyright: basic, reportMissingImports=false
"""A Pydantic AI agent uploads a file, asks about it, and answers with the quote.

Run it in a clone of the repository:

    uv sync && uv run examples/pydantic_ai_agent.py

uv installs Pydantic AI in a separate environment. A function plays the model, so you need no key; put the name of your
model in its place. Arguments replace the command that starts the server.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent, ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.function import AgentInfo, FunctionModel

CLONE = Path(__file__).resolve().parents[1]
DOCUMENT = CLONE / "examples" / "documents" / "meeting-notes.md"
SERVER = sys.argv[1:] or [str(CLONE / ".venv" / "bin" / "files-api-mcp")]
QUESTION = "When does the last sailing leave Lyse in winter?"


def scripted(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Act as a model would: upload the file, ask about it, answer with the best passage."""
    assert {"upload_file", "ask_document"} <= {tool.name for tool in info.function_tools}
    parts = [part for message in messages for part in message.parts]
    results = [part.model_response_object() for part in parts if isinstance(part, ToolReturnPart)]
    if not results:
        reply = ToolCallPart("upload_file", {"path": str(DOCUMENT)})
    elif len(results) == 1:
        ids = [file["file_id"] for file in results[0]["files"]]
        reply = ToolCallPart("ask_document", {"question": QUESTION, "file_ids": ids})
    else:
        reply = TextPart(quote(results[1]))
    return ModelResponse([reply])


def quote(answer: dict[str, Any]) -> str:
    """The line of the best passage that holds the answer. A model would find it; this script knows it."""
    lines = answer["passages"][0]["text"].splitlines()
    return next(line for line in lines if "last sailing from Lyse" in line)


async def main(data_dir: str) -> None:
    command, *args = [*SERVER, "serve", "--backend", "local", "--data-dir", data_dir, str(DOCUMENT.parent)]
    agent = Agent(FunctionModel(scripted), toolsets=[MCPToolset(StdioTransport(command, args))])
    async with agent:
        run = await agent.run(f"{QUESTION} See {DOCUMENT}.")
    for message in run.all_messages():
        for part in message.parts:
            print(part.part_kind, getattr(part, "args", None) or getattr(part, "content", ""))
    assert "22:10" in run.output
    assert run.output in DOCUMENT.read_text()
    print("\nThe answer is a literal quote from the document.")


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(folder))
