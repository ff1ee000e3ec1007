"""PDF pages whose text loses the break between two numbers: `uv run python -m benchmarks.pdf_breaks [FOLDER...]`.

A break is lost if one digit directly follows another in the text, but the two are on different lines of the page, or
further apart than their height. "bounded" is PDFium's text of the page's box, "read" is this project's text. Both are
timed on the same pages. Without a folder, it reads the PDFs of the installed packages.
"""

import argparse
import hashlib
import math
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.characters import mended, numbered, shown_characters

pdfium: Any = pypdfium2.raw

_SAME_TURN = 0.2
_WAYS = ("bounded", "read")

_MENDED = {0x02: "-\n", 0xFFFE: "-\n", 0: None, 0xFFFF: None}

Box = tuple[float, float, float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="*", type=Path, default=[Path(sysconfig.get_path("purelib"))])
    parser.add_argument("--verbose", action="store_true", help="print each page whose text changes")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    for path in _files(arguments.folder):
        try:
            document: Any = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError:
            counts["files not opened"] += 1
            continue
        counts["files"] += 1
        for number in range(len(document)):
            with suppress(pypdfium2.PdfiumError):
                _page(document, number, f"{path} page {number + 1}", counts, verbose=arguments.verbose)
        document.close()
    _report(counts)


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    """All distinct PDFs in the folders."""
    seen: set[bytes] = set()
    for folder in folders:
        for path in sorted(folder.rglob("*.[pP][dD][fF]")) if folder.is_dir() else [folder]:
            with suppress(OSError):
                digest = hashlib.sha256(path.read_bytes()).digest()
                if digest not in seen:
                    seen.add(digest)
                    yield path


def _page(document: Any, number: int, name: str, counts: Counter[str], *, verbose: bool) -> None:
    began = time.process_time_ns()
    page = document[number]
    textpage = page.get_textpage()
    loaded = time.process_time_ns()
    bounded = textpage.get_text_bounded().replace("\r\n", "\n").translate(_MENDED)
    halfway = time.process_time_ns()
    mended(shown_characters(textpage)[0])
    ended = time.process_time_ns()
    counts.update({"pages": 1, "loading": loaded - began, "bounded": halfway - loaded, "read": ended - halfway})
    text, numbers = numbered(*shown_characters(textpage))
    solid = [number for character, number in zip(text, numbers, strict=True) if not character.isspace()]
    counts["pages whose text changes"] += text != bounded
    if verbose and text != bounded:
        print("changes", name)
    for way, one in zip(_WAYS, (bounded, text), strict=True):
        if "".join(one.split()) != "".join(text.split()):
            counts[f"pages not compared, {way}"] += 1
            continue
        if lost := [pair for pair in _touching(one, solid) if _are_apart(textpage, *pair)]:
            counts[f"pages that lose a break, {way}"] += 1
            counts[f"breaks lost, {way}"] += len(lost)
            print(f"{way:7} loses {len(lost):3}", name, *(_context(text, numbers, pair) for pair in lost[:3]))
    page.close()


def _touching(text: str, solid: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """PDFium's indices of digits with no space between them; `solid`: of all characters except spaces."""
    place = -1
    for character, following in pairwise(f"{text} "):
        place += not character.isspace()
        if character.isdecimal() and following.isdecimal():
            one, other = solid[place], solid[place + 1]
            if one is not None and other is not None:
                yield one, other


def _are_apart(textpage: Any, one: int, other: int) -> bool:
    turn, other_turn = _turn(textpage, one), _turn(textpage, other)
    if abs(math.remainder(turn - other_turn, math.tau)) > _SAME_TURN:
        return True
    left, bottom, right, top = _turned(textpage.get_charbox(one), turn)
    next_left, next_bottom, next_right, next_top = _turned(textpage.get_charbox(other), turn)
    height = max(top - bottom, next_top - next_bottom)
    return next_bottom >= top or next_top <= bottom or max(next_left - right, left - next_right) > height


def _turn(textpage: Any, number: int) -> float:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, number, matrix)
    return math.atan2(matrix.b, matrix.a)


def _turned(box: Box, turn: float) -> Box:
    """The box of a character, rotated so that its line is horizontal."""
    cosine, sine = math.cos(turn), math.sin(turn)
    corners = [(x, y) for x in box[::2] for y in box[1::2]]
    across = [x * cosine + y * sine for x, y in corners]
    upward = [y * cosine - x * sine for x, y in corners]
    return min(across), min(upward), max(across), max(upward)


def _context(text: str, numbers: Sequence[int | None], pair: tuple[int, int]) -> str:
    place = numbers.index(pair[0])
    return repr(f"{text[max(0, place - 12) : place + 1]}|{text[place + 1 : place + 12]}")


def _report(counts: Counter[str]) -> None:
    if not counts["pages"]:
        sys.exit("No PDF was found.")
    loading = counts.pop("loading")
    spent = {way: counts.pop(way) for way in _WAYS}
    for name, count in sorted(counts.items()):
        print(f"{count:9,} {name}")
    speeds = {way: counts["pages"] * 1e9 / (loading + spent[way]) for way in _WAYS}
    print(*(f"{speed:,.0f} pages/s {way}" for way, speed in speeds.items()), sep=", ", end=", ")
    print(f"ratio {speeds['read'] / speeds['bounded']:.3f}")


if __name__ == "__main__":
    main()
