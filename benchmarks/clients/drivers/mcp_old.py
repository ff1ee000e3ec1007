# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""The MCP SDK before its second version."""

from bridge import drive, names, wire
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client


async def connect(told):
    if told.transport == "stdio":
        streams = stdio_client(StdioServerParameters(command=told.command, args=told.args))
    elif told.transport == "http":
        streams = streamablehttp_client(told.url, headers=told.headers)
    else:
        streams = sse_client(told.url, headers=told.headers)
    async with streams as (read, write, *_), ClientSession(read, write) as session:
        started = await session.initialize()

        async def call(tool, arguments):
            return wire(await session.call_tool(tool, arguments))

        yield names((await session.list_tools()).tools), call, started.protocolVersion


drive(connect)
