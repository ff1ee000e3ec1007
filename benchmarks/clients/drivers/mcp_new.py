# pyright: basic, reportMissingImports=false
"""The MCP SDK's second version, in either era."""

from contextlib import AsyncExitStack

import httpx2
from bridge import drive, names, wire
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client


async def connect(told):
    async with AsyncExitStack() as stack:
        if told.transport == "stdio":
            server = StdioServerParameters(command=told.command, args=told.args)
        elif told.transport == "http":
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=told.headers, timeout=60))
            server = streamable_http_client(told.url, http_client=http)
        else:
            server = sse_client(told.url, headers=told.headers)
        client = await stack.enter_async_context(Client(server, mode=told.era))

        async def call(tool, arguments):
            return wire(await client.call_tool(tool, arguments))

        yield names((await client.list_tools()).tools), call, client.protocol_version


drive(connect)
