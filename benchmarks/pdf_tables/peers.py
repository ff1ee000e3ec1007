"""Reads the tables of PDFs with another library: `python peers.py pdfplumber|pymupdf FILE...`, JSON lines to stdout.

It runs in an environment that has the library, and imports nothing else.
"""

# pyright: basic

import json
import sys
import time


def _pdfplumber(path: str) -> "list[list[list[str]]]":
    import pdfplumber  # pyright: ignore[reportMissingImports]

    with pdfplumber.open(path) as document:
        return [table for page in document.pages for table in page.extract_tables()]


def _pymupdf(path: str) -> "list[list[list[str]]]":
    import pymupdf  # pyright: ignore[reportMissingImports]

    with pymupdf.open(path) as document:
        return [table.extract() for page in document for table in page.find_tables().tables]


def main() -> None:
    read = {"pdfplumber": _pdfplumber, "pymupdf": _pymupdf}[sys.argv[1]]
    out = sys.stdout
    sys.stdout = sys.stderr
    for path in sys.argv[2:]:
        began = time.process_time()
        tables = [[[cell or "" for cell in row] for row in table] for table in read(path)]
        print(json.dumps({"path": path, "tables": tables, "seconds": time.process_time() - began}), file=out)


if __name__ == "__main__":
    main()
