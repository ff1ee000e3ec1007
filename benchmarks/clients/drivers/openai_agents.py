# pyright: basic, reportMissingImports=false
"""The servers of the OpenAI Agents SDK."""

from agents.mcp import MCPServerSse, MCPServerStdio, MCPServerStreamableHttp
from bridge import drive, names, wire


def server_for(told):
    if told.transport == "stdio":
        return MCPServerStdio({"command": told.command, "args": told.args}, client_session_timeout_seconds=60)
    kind = MCPServerStreamableHttp if told.transport == "http" else MCPServerSse
    return kind({"url": told.url, "headers": told.headers}, client_session_timeout_seconds=60)


async def connect(told):
    async with server_for(told) as server:

        async def call(tool, arguments):
            return wire(await server.call_tool(tool, arguments))

        yield names(await server.list_tools()), call, server.session.protocol_version


drive(connect)
