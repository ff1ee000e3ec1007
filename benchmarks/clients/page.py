"""The tables in docs/protocol.md: each is written between marks of its own."""

from collections.abc import Sequence
from pathlib import Path

__all__ = ["PAGE", "between_marks", "marks", "table"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table in Markdown."""
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))


def marks(name: str) -> tuple[str, str]:
    """The lines before and after a table."""
    return f"<!-- {name}: written by benchmarks/clients. Do not edit. -->\n", f"<!-- end of {name} -->\n"


def between_marks(page: str, name: str, text: str) -> str:
    """The page with this text between the marks of that name."""
    first, last = marks(name)
    before, start, rest = page.partition(first)
    _, end, after = rest.partition(last)
    assert start, f"no mark of {name}"
    assert end, f"no end of {name}"
    return f"{before}{start}\n{text}\n{end}{after}"
