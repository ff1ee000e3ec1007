# pyright: basic, reportMissingImports=false
"""Version 2 of the MCP SDK, with either protocol version."""

from contextlib import AsyncExitStack

import httpx2
from bridge import drive, names, wire
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client


async def connect(target):
    async with AsyncExitStack() as stack:
        if target.transport == "stdio":
            server = StdioServerParameters(command=target.command, args=target.args)
        elif target.transport == "http":
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=target.headers, timeout=60))
            server = streamable_http_client(target.url, http_client=http)
        else:
            server = sse_client(target.url, headers=target.headers)
        client = await stack.enter_async_context(Client(server, mode=target.era))

        async def call(tool, arguments):
            return wire(await client.call_tool(tool, arguments))

        yield names((await client.list_tools()).tools), call, client.protocol_version


drive(connect)
