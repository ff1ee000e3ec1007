# /// script
# requires-python = ">=3.11"
# dependencies = ["langchain~=1.4", "langchain-mcp-adapters~=0.3.2"]
# ///
# pyright: basic, reportMissingImports=false
"""A LangChain agent uploads a file, asks about it, and answers with the quote.

Run it in a clone of the repository:

    uv sync && uv run examples/langchain_agent.py

uv installs LangChain in a separate environment, because it needs an older MCP SDK than the server. A script plays the
model, so you need no key; put the name of your model in its place. Arguments replace the command that starts the
server.
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
    """Acts as a model would: upload the file, ask about it, answer with the best passage."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> "ScriptedModel":
        assert {"upload_file", "ask_document"} <= {tool.name for tool in tools}
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        results = [json.loads(message.content[0]["text"]) for message in messages if isinstance(message, ToolMessage)]
        if not results:
            reply = tool_call("upload_file", path=str(DOCUMENT))
        elif len(results) == 1:
            ids = [file["file_id"] for file in results[0]["files"]]
            reply = tool_call("ask_document", question=QUESTION, file_ids=ids)
        else:
            reply = AIMessage(quote(results[1]))
        return ChatResult(generations=[ChatGeneration(message=reply)])


def tool_call(tool: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[ToolCall(name=tool, args=arguments, id=f"call_{tool}")])


def quote(answer: dict[str, Any]) -> str:
    """The line of the best passage that holds the answer. A model would find it; this script knows it."""
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
    print("\nThe answer is a literal quote from the document.")


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(folder))
