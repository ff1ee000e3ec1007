"""Tries to reach another principal's file: `python -m benchmarks.foreign_ids [--tries 10000]`.

A server that takes tokens of an authorization server, on each backend and in each protocol era. One principal names the
other's file, and ids that nobody has, in every tool that takes one. Each answer must be the same sentence for both.
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
    """What each tool said, and how often."""
    async with shared(folder, place) as (server, issuer), AsyncExitStack() as stack:
        ana, ben = [
            await stack.enter_async_context(signed_in(server, issuer.token(resource(server), name), era))
            for name in ("ana", "ben")
        ]
        await hand_over(ana, "ana")
        return await try_ids(ana, await hand_over(ben, "ben"), tries)


async def main(tries: int) -> int:
    """0: no answer told an id that is another's from one that nobody has."""
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
