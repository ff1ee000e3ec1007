# /// script
# requires-python = ">=3.11"
# dependencies = ["openai-agents~=0.24.0"]
# ///
# pyright: basic, reportMissingImports=false
"""An agent of the OpenAI Agents SDK uploads a file, asks about it, and answers with the quote.

Run it in a clone of the repository:

    uv sync && uv run examples/openai_agents.py

uv installs the SDK in a separate environment. A script plays the model, so you need no key; leave out `model=` to use a
real one. Arguments replace the command that starts the server.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage
from agents.mcp import MCPServerStdio
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

CLONE = Path(__file__).resolve().parents[1]
DOCUMENT = CLONE / "examples" / "documents" / "meeting-notes.md"
SERVER = sys.argv[1:] or [str(CLONE / ".venv" / "bin" / "files-api-mcp")]
QUESTION = "When does the last sailing leave Lyse in winter?"


class ScriptedModel(Model):
    """Acts as a model would: upload the file, ask about it, answer with the best passage."""

    async def get_response(self, **request: Any) -> ModelResponse:
        assert {"upload_file", "ask_document"} <= {tool.name for tool in request["tools"]}
        results = [result_of(item) for item in request["input"] if item.get("type") == "function_call_output"]
        if not results:
            reply = tool_call("upload_file", path=str(DOCUMENT))
        elif len(results) == 1:
            ids = [file["file_id"] for file in results[0]["files"]]
            reply = tool_call("ask_document", question=QUESTION, file_ids=ids)
        else:
            text = ResponseOutputText(type="output_text", text=quote(results[1]), annotations=[])
            reply = ResponseOutputMessage(
                id="answer", type="message", role="assistant", status="completed", content=[text]
            )
        return ModelResponse(output=[reply], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise NotImplementedError("This example does not stream.")


def tool_call(tool: str, **arguments: Any) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        type="function_call", name=tool, arguments=json.dumps(arguments), call_id=f"call_{tool}"
    )


def result_of(item: dict[str, Any]) -> dict[str, Any]:
    output = item["output"]
    return json.loads(output if isinstance(output, str) else output[0]["text"])


def quote(answer: dict[str, Any]) -> str:
    """The line of the best passage that holds the answer. A model would find it; this script knows it."""
    lines = answer["passages"][0]["text"].splitlines()
    return next(line for line in lines if "last sailing from Lyse" in line)


async def main(data_dir: str) -> None:
    command, *args = [*SERVER, "serve", "--backend", "local", "--data-dir", data_dir, str(DOCUMENT.parent)]
    async with MCPServerStdio({"command": command, "args": args}, client_session_timeout_seconds=60) as server:
        agent = Agent("Archivist", mcp_servers=[server], model=ScriptedModel())
        # Tracing would send data to OpenAI.
        run = await Runner.run(agent, f"{QUESTION} See {DOCUMENT}.", run_config=RunConfig(tracing_disabled=True))
    for item in run.to_input_list():
        print(item.get("type", "message"), item.get("arguments") or item.get("output") or item.get("content"))
    assert "22:10" in run.final_output
    assert run.final_output in DOCUMENT.read_text()
    print("\nThe answer is a literal quote from the document.")


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(folder))
