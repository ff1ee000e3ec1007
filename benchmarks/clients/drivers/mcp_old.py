# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Version 1 of the MCP SDK."""

from bridge import drive, names, wire
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client


async def connect(target):
    if target.transport == "stdio":
        streams = stdio_client(StdioServerParameters(command=target.command, args=target.args))
    elif target.transport == "http":
        streams = streamablehttp_client(target.url, headers=target.headers)
    else:
        streams = sse_client(target.url, headers=target.headers)
    async with streams as (read, write, *_), ClientSession(read, write) as session:
        started = await session.initialize()

        async def call(tool, arguments):
            return wire(await session.call_tool(tool, arguments))

        yield names((await session.list_tools()).tools), call, started.protocolVersion


drive(connect)
