"""Tries to reach another principal's files: `python -m benchmarks.foreign_ids [--tries 10000]`.

Runs a server with OAuth, on each backend and in each protocol version. One principal passes file ids of another one,
and ids that do not exist, to every tool that takes an id. Both must get the same sentence.
"""

import argparse
import logging
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import anyio

from tests.support.agent import Era
from tests.support.tenants import hand_over, resource, shared, signed_in, try_ids

CASES: list[tuple[str, Era]] = [("local", "auto"), ("local", "legacy"), ("anthropic", "auto"), ("anthropic", "legacy")]


async def tried(folder: Path, place: str, era: Era, tries: int) -> dict[str, Counter[str]]:
    """The texts of each tool, with their counts."""
    async with shared(folder, place) as (server, issuer), AsyncExitStack() as stack:
        ana, ben = [
            await stack.enter_async_context(signed_in(server, issuer.token(resource(server), name), era))
            for name in ("ana", "ben")
        ]
        await hand_over(ana, "ana")
        return await try_ids(ana, await hand_over(ben, "ben"), tries)


async def main(tries: int) -> int:
    """The number of leaks: tools whose answers distinguish another principal's id from an unknown one."""
    leaks = 0
    for place, era in CASES:
        with tempfile.TemporaryDirectory() as folder:
            said = await tried(Path(folder), place, era, tries // len(CASES))
        print(f"{place}, {era}: {sum(texts.total() for texts in said.values())} tries")
        for tool, texts in said.items():
            leaks += sum(count for text, count in texts.items() if not text.startswith("[not_found] "))
            leaks += len(texts) - 1
            print(f"  {tool}: {', '.join(f'{count} x {text}' for text, count in texts.items())}")
    print(f"leaks: {leaks}")
    return 1 if leaks else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=10_000)
    logging.disable(logging.WARNING)
    sys.exit(anyio.run(main, parser.parse_args().tries))
