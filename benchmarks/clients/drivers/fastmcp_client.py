# pyright: basic, reportMissingImports=false
"""FastMCP's client, which converts results to objects by the tools' output schemas."""

from bridge import drive, names, wire
from fastmcp import Client
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport


def transport_to(target):
    if target.transport == "stdio":
        return StdioTransport(target.command, target.args)
    kind = StreamableHttpTransport if target.transport == "http" else SSETransport
    return kind(target.url, headers=target.headers)


def has(made, name):
    # Without an output schema, the result is a dictionary.
    return name in made if isinstance(made, dict) else hasattr(made, name)


async def connect(target):
    async with Client(transport_to(target)) as client:

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
