"""Searches a library for phrases and regular expressions: `python -m benchmarks.find --data FOLDER [--pages 100000]`.

The library is made if the folder is new: files of 100 pages of made-up words with natural frequencies (Zipf), 300 words
a page; the same number of pages gives the same texts. Their bytes are never read, only their index. Phrases are parts
of random pages, some over a line's or a page's end, some within words. Each total is compared with a count over the
whole text. Regular expressions hold a word that is not one of the 200 most frequent ones, which are half of the text.
Printed are the time of a search in the server, and the pages that were read for it.
"""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import anyio
from anyio import to_thread

from benchmarks.speed.language import Language
from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.documents.extract import Document
from files_api_mcp.backends.documents.marks import MarkedText
from files_api_mcp.backends.local import files_table
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.row import new_row
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.local.store import open_store
from files_api_mcp.backends.models import NewFile, Snapshot
from files_api_mcp.backends.registry import LocalSettings
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.addition import Addition
from files_api_mcp.backends.search.index.extraction import document_info
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.search.index.received import ReceivedDocument
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.index.worker import build_index
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.storage.sqlite import connect, writing
from files_api_mcp.backends.text_finder import TextQuery
from files_api_mcp.server.dependencies import open_backend
from files_api_mcp.server.settings import Settings

_PAGES_A_FILE = 100
_PDF = "application/pdf"
_WARM_UP = 2
_MOST_WORDS = 8
_SAMPLE = 10
"""Files in which words are counted."""
_FREQUENT = 200


def texts(pages: int) -> Iterator[list[str]]:
    """The pages of each file."""
    language = Language(pages)
    for _ in range(pages // _PAGES_A_FILE):
        yield [language.page() for _ in range(_PAGES_A_FILE)]


def make_library(folder: Path, pages: int) -> None:
    """Make a data folder with the index of these pages."""
    place = StoreFolder(folder)
    with closing(connect(place.database, FILES, 10)) as table, closing(IndexWriter(index_path(folder))) as index:
        for number, texts_of_file in enumerate(texts(pages)):
            content = f"report {number}".encode()
            path = place.path / "unfinished"
            path.write_bytes(content)
            snapshot = Snapshot(path, sha256(content).hexdigest(), len(content), content, content, _PDF)
            with writing(table):
                new = NewFile(f"report-{number:05}.pdf", _PDF)
                row = files_table.add(table, new_row(snapshot, new, to_us(utc_now())))
                place.blobs.put(snapshot)
                place.sidecars.write(row, durable=False)
            received = ReceivedDocument(folder)
            document = Document(paginated=True, pages=len(texts_of_file), texts=map(MarkedText, texts_of_file))
            for part in build_index(document, _PDF):
                received.take(part)
            added = Addition(document_key(row.record), document_info(row.record, received), received)
            index.begin([added])
            index.add_postings([*rows.posting_rows(added.number, received)])
            index.commit()
            received.close()


def phrases(chance: random.Random, files: Sequence[list[str]], count: int) -> list[str]:
    """Parts of random pages: one to eight words, or a part of a word."""
    found: list[str] = []
    while len(found) < count:
        pages = chance.choice(files)
        at = chance.randrange(len(pages) - 1)
        words = f"{pages[at]}\n{pages[at + 1]}".split(" ")
        start = chance.randrange(len(words))
        phrase = " ".join(words[start : start + chance.randint(1, _MOST_WORDS)])
        if chance.random() < 0.1:
            phrase = phrase[1:-1]
        if len(phrase.strip()) > 3:
            found.append(phrase)
    return found


def expressions(chance: random.Random, files: Sequence[list[str]], count: int) -> list[str]:
    """Regular expressions with a word of the text that is not frequent."""
    sample = Counter(word for pages in files[:_SAMPLE] for page in pages for word in page.split())
    frequent = {word for word, _ in sample.most_common(_FREQUENT)}
    found: list[str] = []
    while len(found) < count:
        line = chance.choice(chance.choice(chance.choice(files)).split("\n")[:-1])
        before, one, _, after, *_ = line.split(" ")[chance.randrange(6) :]
        if one in frequent:
            continue
        made = (
            rf"{one} \w+ {after}",
            rf"\b{before} {one}\w*",
            rf"({one}|{one}s)\s+[a-m]\w+",
            rf"^.*\b{one}\b.*{after}",
            rf"{one}(ed|ing)? ",
        )
        found.append(chance.choice(made))
    return found


async def searched(backend: Backend, queries: Sequence[TextQuery], name: str) -> list[int]:
    """Search, print the times, and return the totals."""
    times: list[float] = []
    read: list[int] = []
    totals: list[int] = []
    for query in queries:
        began = time.perf_counter()
        found = await backend.finder.find_text(query, ())
        times.append((time.perf_counter() - began) * 1000)
        read.append(found.pages_read)
        totals.append(-1 if found.is_partial else found.total)
    ranked, pages = sorted(times[_WARM_UP:]), sorted(read)
    print(
        f"{name}: {len(queries)} searches, p50 {statistics.median(ranked):.1f} ms,"
        f" p95 {ranked[len(ranked) * 95 // 100]:.0f} ms, most {ranked[-1]:.0f} ms, first {times[0]:.0f} ms"
    )
    print(
        f"  pages read p50 {statistics.median(pages):.0f}, p95 {pages[len(pages) * 95 // 100]:,}, most {pages[-1]:,};"
        f" matches p50 {statistics.median(totals):.0f}"
    )
    return totals


def wrong_totals(files: Sequence[list[str]], found: Sequence[tuple[str, int]]) -> list[str]:
    """The phrases whose total is not the count in the whole text."""
    whole = "\0".join(" ".join("\n".join(pages).split()) for pages in files)
    wanted = [(phrase, " ".join(phrase.split()), total) for phrase, total in found]
    return [f"{phrase!r}: {total}" for phrase, joined, total in wanted if whole.count(joined) != total]


async def run(folder: Path, pages: int, count: int) -> int:
    """Make the library if it is missing, search it, and return the number of wrong totals."""
    files = await to_thread.run_sync(lambda: [*texts(pages)])
    if not await to_thread.run_sync(folder.exists):
        async with open_store(folder):
            pass
        began = time.perf_counter()
        await to_thread.run_sync(make_library, folder, pages)
        print(f"made in {time.perf_counter() - began:.0f} s", flush=True)
    chance = random.Random(1)
    wanted = phrases(chance, files, count)
    async with open_backend(Settings(roots=(), data_dir=folder, backend=LocalSettings())) as backend:
        totals = await searched(backend, [TextQuery(one) for one in wanted], "phrases")
        patterns = expressions(chance, files, max(3, count // 10))
        await searched(backend, [TextQuery(one, regex=True) for one in patterns], "regular expressions with a word")
    wrong = await to_thread.run_sync(wrong_totals, files, [*zip(wanted, totals, strict=True)])
    print(f"wrong totals: {len(wrong)} of {count}", *wrong[:10], sep="\n")
    return len(wrong)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a data folder, made if it is new")
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--phrases", type=int, default=500)
    options = parser.parse_args()
    sys.exit(1 if anyio.run(run, options.data, options.pages, options.phrases) else 0)


if __name__ == "__main__":
    main()
