"""Cells of tables in PDFs: `uv run python -m benchmarks.pdf_tables [--peers PYTHON]`.

It makes PDFs with tables of many kinds, reads them as the server does, and counts the cells that are right, found and
there. A cell is right if its text, row and column are (blanks do not count). PYTHON is an interpreter that has
pdfplumber and PyMuPDF, whose tables are counted the same way: with rows of the header as they stand, and cells over
several rows or columns once.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.pdf_tables.content import Content
from benchmarks.pdf_tables.other_pages import OTHER_KINDS, make_other
from benchmarks.pdf_tables.pages import KINDS, Made, make
from benchmarks.pdf_tables.score import Score, score
from files_api_mcp.backends.documents.media_types import PDF
from files_api_mcp.backends.documents.tables.extract import document_tables

Grid = Sequence[Sequence[str]]
_PEERS = ("pdfplumber", "pymupdf")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--each", type=int, default=6, help="PDFs of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=[*KINDS, *OTHER_KINDS])
    parser.add_argument("--other", action="store_true", help="make the PDFs in other ways")
    parser.add_argument("--keep", type=Path, help="a folder for the PDFs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        kinds: Sequence[str] = options.kind or (OTHER_KINDS if options.other else [*KINDS])
        seeds = range(options.seed * 1000, options.seed * 1000 + options.each)
        made = [_make(folder, kind, seed) for kind in kinds for seed in seeds]
        results = {"ours": [_score(one, found_tables(one.path), Content.flat, joined=False) for one in made]}
        if options.peers:
            for peer in _PEERS:
                found = _peer(options.peers, peer, [one.path for one in made])
                results[peer] = [
                    _score(one, found[str(one.path)], lambda content: content.cells, joined=True) for one in made
                ]
        _report(made, results)


def _make(folder: Path, kind: str, seed: int) -> Made:
    if kind in KINDS:
        return make(folder, kind, seed)
    path, tables = make_other(folder, kind, seed)
    return Made(path, kind, tables)


def found_tables(path: Path) -> list[Grid]:
    """The tables of a PDF: one row of names, and the rows."""
    with path.open("rb") as file:
        return [
            [table.header, *(["" if cell is None else str(cell) for cell in cells] for _, cells in table.rows())]
            for table in document_tables(file, PDF)
        ]


def _peer(python: str, peer: str, paths: Sequence[Path]) -> dict[str, list[Grid]]:
    program = Path(__file__).with_name("peers.py")
    began = time.perf_counter()
    done = subprocess.run([python, str(program), peer, *map(str, paths)], capture_output=True, text=True, check=True)
    print(f"{peer}: {time.perf_counter() - began:.0f} s")
    lines = map(json.loads, done.stdout.splitlines())
    return {line["path"]: line["tables"] for line in lines}


def _score(made: Made, found: list[Grid], cells: Callable[[Content], Grid], *, joined: bool) -> Score:
    """The score of a PDF. If `joined`, the parts of a table on many pages are joined, without the repeated header."""
    there = [cells(table) for table in made.tables]
    if joined and made.kind == "many pages" and found:
        heads = {tuple(row) for row in found[0][:1]}
        found = [[*found[0], *(row for part in found[1:] for row in part if tuple(row) not in heads)]]
    return score(found, there)


def _report(made: Sequence[Made], results: dict[str, list[Score]]) -> None:
    print(f"{'':22}", *(f"{name:>24}" for name in results))
    for kind in dict.fromkeys(one.kind for one in made):
        _line(
            kind,
            [
                sum((s for s, one in zip(scores, made, strict=True) if one.kind == kind), Score())
                for scores in results.values()
            ],
        )
    _line("all", [sum(scores, Score()) for scores in results.values()])


def _line(name: str, scores: Sequence[Score]) -> None:
    print(f"{name:22}", *(f"{s.precision:8.1%} {s.recall:7.1%} {s.found:7,}" for s in scores))


if __name__ == "__main__":
    main()
