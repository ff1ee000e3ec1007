"""Files whose results are hard to keep small, calls about them, and the limits of a result."""

import base64
import io
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp.types import CallToolResult, ImageContent, PromptReference
from PIL import Image
from pydantic import BaseModel

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.backends.tokens import estimate_tokens
from tests.support.agent import Agent, Era, connected, settings_for, text_of, write
from tests.support.emulator import emulated, endpoint

MOST_BYTES, MOST_TOKENS = 1_000_000, 25_000
"""What hosts take: Claude Desktop refuses more bytes, Claude Code more tokens."""
WIDE = "\u6f22" * 80
LONG = "n" * 245
TAGS = ["\u6f22" * 90 + str(number) for number in range(30)]
EVERYWHERE: list[tuple[str, dict[str, Any]]] = [
    ("list_files", {"limit": 1000}),
    ("ask_document", {"question": "harbour", "max_tokens": 20_000}),
    ("find_text", {"pattern": "harbour", "limit": 500, "context": 20}),
    ("find_text", {"pattern": "harbour", "limit": 500, "within": "n" * 200}),
]
"""Calls about all files."""
ABOUT_ONE: list[tuple[str, dict[str, Any]]] = [
    ("describe_file", {}),
    ("read_document", {"max_chars": 20_000}),
    ("read_document", {"at": "outline", "max_chars": 20_000}),
    ("read_document", {"as_image": True}),
    ("query_table", {"sql": "SELECT * FROM data"}),
    ("find_text", {"pattern": "harbour", "limit": 500}),
    ("ask_document", {"question": "harbour", "max_tokens": 20_000}),
    ("download_file", {}),
]


@asynccontextmanager
async def agent_on(place: str, era: Era, folder: Path) -> AsyncGenerator[Agent]:
    """An agent whose server keeps its files in this place: `local`, or `anthropic` with an emulator."""
    if place == "local":
        async with connected(settings_for(folder), era) as agent:
            yield agent
        return
    async with emulated(folder / "api") as url:
        backend = AnthropicSettings(endpoint(url), rate_limit=1_000_000)
        async with connected(settings_for(folder, backend=backend), era) as agent:
            yield agent


def write_nasty_files(folder: Path, scale: int = 1) -> None:
    """Write long names, deep outlines, wide tables, and texts that grow when they are escaped. `scale` divides what is
    large."""
    for number in range(6 // scale):
        write(folder / f"{number:02}{LONG}.txt", f"harbour {number}\n" * 4)
        write(folder / f"{number:02}{WIDE}.txt", f"harbour {number} {WIDE}\n" * 40)
    chapters = range(1_500 // scale)
    write(folder / "outline.md", "".join(f"# Chapter {number} {LONG}\n\nharbour\n\n" for number in chapters))
    columns = 16_000 // scale
    write(folder / "wide.csv", ",".join(f"column {n}" for n in range(columns)) + "\n" + ",".join("1" * columns))
    write(folder / "cells.csv", "name,value\nharbour," + "x" * (1_000_000 // scale) + "\n" + "quay,2\n" * 25)
    write(folder / "control.txt", ("harbour \x01\x02\x7f\x1b" * 20 + "\n") * 100)
    write(folder / "emoji.txt", ("harbour " + "\U0001f600" * 60 + "\n") * 100)
    write(folder / "escaped.txt", ("harbour " + '"\\' * 120 + "\n") * 100)
    write(folder / "quotes.csv", "name,value\n" + 'harbour,"""""""""""""""""\n' * 400)
    side = 1_700 // scale
    noise = Image.frombytes("RGB", (side, side), random.Random(7).randbytes(side * side * 3))
    out = io.BytesIO()
    noise.save(out, "PNG", compress_level=0)
    write(folder / "noise.png", out.getvalue())


async def check_every_result(agent: Agent, most_each: int = 1_000) -> int:
    """Upload the folder `nasty` and pass its files to every tool; returns the number of results. Each must fit.

    `most_each` limits the files that are tried one by one.
    """
    stored = await agent.data("upload_file", path="nasty", tags=TAGS)
    files = await _listed(agent)
    assert len(files) == stored["counts"]["new"]
    ids = [one["file_id"] for one in files]
    special = [one["file_id"] for one in files if len(one["filename"]) < 60][:most_each]
    calls = [("upload_file", {"path": "nasty", **{f"argument {n} {LONG}": 1 for n in range(500)}}), *EVERYWHERE]
    for file_id in special:
        calls += [(tool, {**arguments, **_named(tool, file_id)}) for tool, arguments in ABOUT_ONE]
    calls.append(("delete_file", {"file_ids": ["file_" + "x" * 120 + str(n) for n in range(100)]}))
    for tool, arguments in calls:
        check(await agent.call(tool, **arguments))
    for file_id in special:
        check(await agent.client.read_resource(f"files-api:///{file_id}"))
    check(await agent.client.list_resources())
    await _check_prompts(agent, ids)
    check(await agent.call("delete_file", file_ids=ids[:100]))
    return len(calls) + len(special) + 6


def check(result: BaseModel) -> None:
    """A result keeps to the limits, as sent and as a model reads it."""
    sent = result.model_dump_json(by_alias=True, exclude_none=True)
    assert len(sent.encode()) < MOST_BYTES
    if isinstance(result, CallToolResult):
        pictures = sum(_tokens(block) for block in result.content if isinstance(block, ImageContent))
        assert estimate_tokens(text_of(result)) + pictures <= MOST_TOKENS
    else:
        assert estimate_tokens(sent) <= MOST_TOKENS


def _tokens(picture: ImageContent) -> int:
    width, height = Image.open(io.BytesIO(base64.b64decode(picture.data))).size
    return width * height // 750


def _named(tool: str, file_id: str) -> dict[str, Any]:
    return {"file_ids": [file_id]} if tool in ("ask_document", "find_text") else {"file_id": file_id}


async def _listed(agent: Agent) -> list[dict[str, Any]]:
    """All files, by pages that fit."""
    files: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await agent.data("list_files", limit=1000, cursor=cursor)
        files += page["files"]
        cursor = page.get("next_cursor")
        if cursor is None:
            return files


async def _check_prompts(agent: Agent, ids: Sequence[str]) -> None:
    check(await agent.client.get_prompt("summary", {"file_ids": ",".join(ids)}))
    summary = PromptReference(name="summary")
    for typed in ("", ",".join(ids[:50]) + ",", "x," * 1_000_000):
        check(await agent.client.complete(summary, {"name": "file_ids", "value": typed}))
