# /// script
# requires-python = ">=3.11"
# dependencies = ["langchain~=1.4", "langchain-mcp-adapters~=0.3.2"]
# ///
# pyright: basic, reportMissingImports=false
"""A LangChain agent hands over a file, asks it and answers with the quote.

    uv sync && uv run examples/langchain_agent.py

in a clone of the repository; uv installs LangChain by itself, apart from the server (it needs an older MCP SDK). No
key is needed, as a script plays the model; put the name of yours in its place. Arguments, if any, are the command that
starts the server.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

CLONE = Path(__file__).resolve().parents[1]
DOCUMENT = CLONE / "examples" / "documents" / "meeting-notes.md"
SERVER = sys.argv[1:] or [str(CLONE / ".venv" / "bin" / "files-api-mcp")]
QUESTION = "When does the last sailing leave Lyse in winter?"


class ScriptedModel(BaseChatModel):
    """Does what a model would: upload the file, ask it, answer with the best passage."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> "ScriptedModel":
        assert {"upload_file", "ask_document"} <= {tool.name for tool in tools}
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        results = [json.loads(said.content[0]["text"]) for said in messages if isinstance(said, ToolMessage)]
        if not results:
            reply = calling("upload_file", path=str(DOCUMENT))
        elif len(results) == 1:
            ids = [file["file_id"] for file in results[0]["files"]]
            reply = calling("ask_document", question=QUESTION, file_ids=ids)
        else:
            reply = AIMessage(quote(results[1]))
        return ChatResult(generations=[ChatGeneration(message=reply)])


def calling(tool: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[ToolCall(name=tool, args=arguments, id=f"call_{tool}")])


def quote(answer: dict[str, Any]) -> str:
    """The line of the best passage that says it, which here a script must know."""
    lines = answer["passages"][0]["text"].splitlines()
    return next(line for line in lines if "last sailing from Lyse" in line)


async def main(data_dir: str) -> None:
    command, *args = [*SERVER, "serve", "--backend", "local", "--data-dir", data_dir, str(DOCUMENT.parent)]
    servers = MultiServerMCPClient({"files": {"transport": "stdio", "command": command, "args": args}})
    async with servers.session("files") as session:
        agent = create_agent(ScriptedModel(), await load_mcp_tools(session))
        conversation = await agent.ainvoke({"messages": [("user", f"{QUESTION} See {DOCUMENT}.")]})
    for message in conversation["messages"]:
        message.pretty_print()
    answer = conversation["messages"][-1].content
    assert "22:10" in answer
    assert answer in DOCUMENT.read_text()
    print("\nThe answer stands literally in the document.")


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(folder))
