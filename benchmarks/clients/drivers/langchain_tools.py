# pyright: basic, reportMissingImports=false
"""LangChain's tools, created by its MCP adapters, called like an agent's model calls them."""

from bridge import drive, names
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

TRANSPORTS = {"http": "streamable_http", "sse": "sse"}


def connection_to(target):
    if target.transport == "stdio":
        return {"transport": "stdio", "command": target.command, "args": target.args}
    return {"transport": TRANSPORTS[target.transport], "url": target.url, "headers": target.headers}


def wired(block):
    if block["type"] == "text":
        return block
    if block["type"] == "image":
        return {"type": "image", "data": block["base64"]}
    return {"type": "resource", "resource": {"blob": block["base64"]}}


async def connect(target):
    client = MultiServerMCPClient({"files": connection_to(target)})
    async with client.session("files") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}

        async def call(tool, arguments):
            message = await tools[tool].ainvoke({"type": "tool_call", "id": "1", "name": tool, "args": arguments})
            return {
                "content": [wired(block) for block in message.content],
                "structuredContent": (message.artifact or {}).get("structured_content"),
                "isError": message.status == "error",
            }

        yield names(tools.values()), call, None


drive(connect)
