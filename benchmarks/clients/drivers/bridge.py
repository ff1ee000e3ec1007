# pyright: basic
"""Shared code of the drivers of Python clients.

The one argument of a driver is a JSON object with the server to connect to. The driver connects and prints the tools
it sees. Then each line of stdin is a tool with its arguments, and each line of stdout is the result as MCP's JSON.
"""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from types import SimpleNamespace


def drive(connect):
    """Run a driver. `connect` takes the target, and yields tool names, a call function and the version."""
    asyncio.run(_drive(asynccontextmanager(connect)))


async def _drive(connect):
    # Anything else that is printed goes to stderr.
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        async with connect(SimpleNamespace(**json.loads(sys.argv[1]))) as (tools, call, protocol):
            print(json.dumps({"tools": tools, "protocol": protocol}), file=out, flush=True)
            while line := await asyncio.to_thread(sys.stdin.readline):
                print(json.dumps(await call(*json.loads(line))), file=out, flush=True)


def names(tools):
    return [tool.name for tool in tools]


def wire(result):
    """A result of any MCP SDK for Python, as JSON."""
    return result.model_dump(by_alias=True, mode="json", exclude_none=True)
