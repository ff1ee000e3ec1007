"""Asks questions through the tools of the version that runs this file, and writes the answers.

`python answering.py REQUESTS.jsonl ANSWERS.jsonl --data FOLDER --root FOLDER ...`. It imports nothing but the installed
package, so that the interpreter of another version can run it. A request has `id`, `question`, `documents` (absolute
paths) and `budget`; an answer has `id`, `budget`, `passages`, `notes`, `chars` (of the whole result as compact JSON)
and `cpu_ms`. A passage has `document`, `text`, and `page`, or `start` and `end` in code points of the file; both are -1
if the file does not have its text. The data folder is kept: a document that it holds is not uploaded again.
"""

import argparse
import hashlib
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from mcp import Client

from files_api_mcp.server.app import build_server
from files_api_mcp.server.settings import Settings

__all__ = ["literal_span", "main", "upload"]

_PAGE = re.compile(r"(?:page|slide) (\d+)(?: \(.*\))?")
_CHARS = re.compile(r"chars (\d+)-\d+")
_LINES = re.compile(r"(?:lines|rows) (\d+)-\d+")
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_UPLOADED = "uploaded.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer the requests of a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requests", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--root", type=Path, action="append", required=True)
    options = parser.parse_args(arguments)
    requests = [json.loads(line) for line in options.requests.read_text(encoding="utf-8").splitlines()]
    answers = anyio.run(_answers, requests, options.data, options.root)
    lines = (json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)
    options.answers.write_text("".join(lines), encoding="utf-8")


async def _answers(requests: Sequence[Mapping[str, Any]], data: Path, roots: Sequence[Path]) -> list[dict[str, Any]]:
    documents = dict.fromkeys(document for request in requests for document in request["documents"])
    settings = Settings(roots=tuple(root.resolve() for root in roots), data_dir=data, allow_sensitive=True)
    async with Client(await to_thread.run_sync(build_server, settings)) as client:
        file_ids = await upload(client, list(documents), data)
        return [await _answer(client, request, file_ids) for request in requests]


async def upload(client: Client, documents: Sequence[str], data: Path) -> dict[str, str]:
    """The file ids of documents, by path; those that the data folder does not hold are uploaded."""
    noted = data / _UPLOADED
    known: dict[str, list[str]] = json.loads(noted.read_text("utf-8")) if noted.exists() else {}
    for document in documents:
        content_hash = hashlib.sha256(Path(document).read_bytes()).hexdigest()
        if known.get(document, [""])[0] != content_hash:
            (file,) = (await _call(client, "upload_file", path=document))["files"]
            known[document] = [content_hash, file["file_id"]]
        # It is indexed now, if it is not: because the format is a new one, or because its reader was too slow before.
        described = await _call(client, "describe_file", file_id=known[document][1])
        if not described["askable"] and described.get("state") != "reading":  # a question waits for what is being read
            print(f"{document} cannot be asked: {described.get('next')}", file=sys.stderr)
    await to_thread.run_sync(noted.write_text, json.dumps(known), "utf-8")
    return {document: known[document][1] for document in documents}


async def _answer(client: Client, request: Mapping[str, Any], file_ids: Mapping[str, str]) -> dict[str, Any]:
    documents = {file_ids[document]: document for document in request["documents"]}
    began = time.process_time()
    result = await _call(
        client,
        "ask_document",
        question=request["question"],
        file_ids=list(documents),
        max_tokens=request["budget"],
    )
    cpu_ms = 1000 * (time.process_time() - began)
    return {
        "id": request["id"],
        "budget": request["budget"],
        "passages": [_cited(passage, documents[passage["file_id"]]) for passage in result["passages"]],
        "notes": result.get("notes") or [],
        "chars": len(json.dumps(result, ensure_ascii=False, separators=(",", ":"))),
        "cpu_ms": round(cpu_ms, 2),
    }


async def _call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    if result.is_error or result.structured_content is None:
        raise RuntimeError(f"{tool}({arguments}): {result.content}")
    return result.structured_content


def _cited(passage: Mapping[str, Any], document: str) -> dict[str, Any]:
    quote, where = passage["text"], passage["where"]
    if page := _PAGE.fullmatch(where):
        return {"document": document, "page": int(page[1]), "text": quote}
    start, end = literal_span(document, quote, _nearest(document, where))
    return {"document": document, "start": start, "end": end, "text": quote}


def _nearest(document: str, where: str) -> int:
    """An offset at or before the place."""
    if chars := _CHARS.match(where):
        return int(chars[1])
    lines = _LINES.match(where)
    return _line_starts(document)[int(lines[1]) - 1] if lines else 0


def literal_span(document: str, quote: str, nearest: int = 0) -> tuple[int, int]:
    """The start and end of a quote in a text file: the first from `nearest` on, else the first; -1 if there is none.

    Invisible characters of the file do not count.
    """
    text = _text(document)
    at = text.find(quote, nearest)
    at = at if at >= 0 else text.find(quote)
    return (at, at + len(quote)) if at >= 0 else _without_invisible(quote, text)


def _without_invisible(quote: str, text: str) -> tuple[int, int]:
    seen = [offset for offset, character in enumerate(text) if character not in _INVISIBLE]
    bare = "".join(character for character in quote if character not in _INVISIBLE)
    at = "".join(text[offset] for offset in seen).find(bare)
    return (seen[at], seen[at + len(bare) - 1] + 1) if at >= 0 and bare else (-1, -1)


@cache
def _text(document: str) -> str:
    return Path(document).read_bytes().decode()


@cache
def _line_starts(document: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", _text(document)))]


if __name__ == "__main__":
    main()
