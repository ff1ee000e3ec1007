# pyright: basic, reportMissingImports=false
"""A Pydantic AI agent whose test model calls one tool in each run, with the given arguments."""

import base64
import json

from bridge import drive, names
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from pydantic_ai import Agent, BinaryContent, ToolReturnPart
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.test import TestModel


class TellingModel(TestModel):
    """Calls a tool with the given arguments instead of made-up ones."""

    def __init__(self, tool, arguments):
        super().__init__(call_tools=[tool])
        self._arguments = arguments

    def gen_tool_args(self, _):
        return self._arguments


def transport_to(target):
    if target.transport == "stdio":
        return StdioTransport(target.command, target.args)
    kind = StreamableHttpTransport if target.transport == "http" else SSETransport
    return kind(target.url, headers=target.headers)


def wired(part):
    if isinstance(part, BinaryContent):
        return {"type": "image", "data": base64.b64encode(part.data).decode()}
    # Pydantic AI parses any text that looks like JSON.
    return {"type": "text", "text": part if isinstance(part, str) else json.dumps(part)}


async def connect(target):
    toolset = MCPToolset(transport_to(target), tool_error_behavior="failed")
    async with Agent(toolsets=[toolset]) as agent:

        async def call(tool, arguments):
            run = await agent.run("", model=TellingModel(tool, arguments))
            (part,) = [
                part for message in run.all_messages() for part in message.parts if isinstance(part, ToolReturnPart)
            ]
            is_error = part.outcome != "success"
            if isinstance(part.content, dict):
                return {"content": [], "structuredContent": part.content, "isError": is_error}
            parts = part.content if isinstance(part.content, list) else [part.content]
            return {"content": [wired(each) for each in parts], "isError": is_error}

        yield names(await toolset.list_tools()), call, toolset.client.protocol_version


drive(connect)
