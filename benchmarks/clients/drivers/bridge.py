# pyright: basic
"""What the drivers of Python clients share.

A driver connects as its one argument tells it, in JSON, and says which tools it sees. Then each line that it reads is
a tool and its arguments, and each line that it writes is the result, in the shape that MCP gives it on the wire.
"""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from types import SimpleNamespace


def drive(connect):
    """Run a driver. `connect` takes what it was told, and yields tools' names, a call and the protocol's version."""
    asyncio.run(_drive(asynccontextmanager(connect)))


async def _drive(connect):
    # Whatever else is printed goes where it does no harm.
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        async with connect(SimpleNamespace(**json.loads(sys.argv[1]))) as (tools, call, protocol):
            print(json.dumps({"tools": tools, "protocol": protocol}), file=out, flush=True)
            while line := await asyncio.to_thread(sys.stdin.readline):
                print(json.dumps(await call(*json.loads(line))), file=out, flush=True)


def names(tools):
    return [tool.name for tool in tools]


def wire(result):
    """A result of any MCP SDK for Python."""
    return result.model_dump(by_alias=True, mode="json", exclude_none=True)
