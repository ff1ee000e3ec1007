# pyright: basic, reportMissingImports=false
"""MCP servers of the OpenAI Agents SDK."""

from agents.mcp import MCPServerSse, MCPServerStdio, MCPServerStreamableHttp
from bridge import drive, names, wire


def server_for(target):
    if target.transport == "stdio":
        return MCPServerStdio({"command": target.command, "args": target.args}, client_session_timeout_seconds=60)
    kind = MCPServerStreamableHttp if target.transport == "http" else MCPServerSse
    return kind({"url": target.url, "headers": target.headers}, client_session_timeout_seconds=60)


async def connect(target):
    async with server_for(target) as server:

        async def call(tool, arguments):
            return wire(await server.call_tool(tool, arguments))

        yield names(await server.list_tools()), call, server.session.protocol_version


drive(connect)
