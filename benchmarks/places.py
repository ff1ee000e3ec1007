"""Checks places of passages: `python -m benchmarks.places FOLDER... [--count 500] [--seed 1]`.

Uploads every file of the folders to a local store, asks about random words of random files, and reads each drawn
passage again with read_document(at=where). The result must hold the passage, start at most 500 characters before it,
and be no longer than max_chars. Prints the number of places by kind, and each that fails.
"""

import argparse
import logging
import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from files_api_mcp.server.settings import Settings
from tests.support.agent import Agent, connected, text_of

MAX_CHARS = 6_000
MOST_BEFORE = 500
_WORD = re.compile(r"\w{2,}")
_NUMBERS = re.compile(r"\d+")


async def uploaded(agent: Agent, folders: list[Path]) -> list[dict[str, Any]]:
    """The askable files."""
    files: list[dict[str, Any]] = []
    for folder in folders:
        for path in await to_thread.run_sync(_files, folder):
            result = await agent.call("upload_file", path=str(path))
            found: dict[str, Any] = result.structured_content or {}
            files += [file for file in found.get("files", []) if file.get("askable")]
    return [*{file["file_id"]: file for file in files}.values()]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def drawn(agent: Agent, file: dict[str, Any], chance: random.Random) -> dict[str, Any] | None:
    """A random passage of the file."""
    result = await agent.call("read_document", file_id=file["file_id"])
    words = _WORD.findall(text_of(result).partition("\n")[2])
    if not words:
        return None
    question = " ".join(chance.choices(words, k=3))
    answer = await agent.call(
        "ask_document", question=question, file_ids=[file["file_id"]], max_tokens=chance.choice([300, 1500])
    )
    found: dict[str, Any] = answer.structured_content or {}
    passages: list[dict[str, Any]] = found.get("passages", [])
    return chance.choice(passages) if passages else None


async def fault(agent: Agent, passage: dict[str, Any]) -> str | None:
    """What is wrong with the place of a passage."""
    result = await agent.call("read_document", file_id=passage["file_id"], at=passage["where"], max_chars=MAX_CHARS)
    text = text_of(result)
    if result.is_error:
        return text
    body = text.partition(" ---\n")[2]
    at = body.find(passage["text"])
    if at < 0:
        return f"the passage of {len(passage['text'])} characters is not there"
    if at > MOST_BEFORE:
        return f"it starts {at} characters before"
    return f"{len(text)} characters" if len(text) > MAX_CHARS else None


async def main(folders: list[Path], count: int, seed: int) -> int:
    """The number of places that fail."""
    chance = random.Random(seed)
    kinds: Counter[str] = Counter()
    failed = checked = 0
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(roots=tuple(folder.resolve() for folder in folders), data_dir=Path(data))
        async with connected(settings) as agent:
            files = await uploaded(agent, [folder.resolve() for folder in folders])
            while files and checked < count:
                passage = await drawn(agent, chance.choice(files), chance)
                if passage is None:
                    continue
                checked += 1
                kinds[_NUMBERS.sub("N", passage["where"])[:40]] += 1
                wrong = await fault(agent, passage)
                if wrong:
                    failed += 1
                    print(f"{passage['filename']}, {passage['where']}: {wrong}")
    for kind, number in kinds.most_common(40):
        print(f"{number:6} {kind}")
    print(f"{checked} places in {len(files)} files, {failed} failed")
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    sys.exit(1 if anyio.run(main, given.folders, given.count, given.seed) else 0)
