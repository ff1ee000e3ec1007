# pyright: basic, reportMissingImports=false
"""FastMCP's client, which makes objects of results by the tools' output schemas."""

from bridge import drive, names, wire
from fastmcp import Client
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport


def transport_to(told):
    if told.transport == "stdio":
        return StdioTransport(told.command, told.args)
    kind = StreamableHttpTransport if told.transport == "http" else SSETransport
    return kind(told.url, headers=told.headers)


def has(made, name):
    # Without an output schema it is a dictionary.
    return name in made if isinstance(made, dict) else hasattr(made, name)


async def connect(told):
    async with Client(transport_to(told)) as client:

        async def call(tool, arguments):
            result = await client.call_tool(tool, arguments, raise_on_error=False)
            if result.structured_content and not result.is_error:
                made = result.data
                missing = [name for name in result.structured_content if not has(made, name)]
                assert not missing, (tool, made, missing)
            return {
                "content": [wire(block) for block in result.content],
                "structuredContent": result.structured_content,
                "isError": result.is_error,
            }

        yield names(await client.list_tools()), call, client.protocol_version


drive(connect)
