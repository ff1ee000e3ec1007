"""Is it set up? Every line says what holds, or what to do."""

import platform
import sqlite3
import sys
from collections.abc import Iterator
from importlib.metadata import version

import anyio

from files_api_mcp.backends.models import Finding
from files_api_mcp.server.cli.output import print_line
from files_api_mcp.server.settings import Settings, absent_roots

__all__ = ["run_doctor"]


def run_doctor(settings: Settings) -> int:
    """Check the set-up and print a line for each thing checked; returns 0 when nothing needs doing, else 1."""
    backend = anyio.run(settings.backend.check, settings.data_dir)
    findings = [*_versions(), *_roots(settings), *backend]
    for finding in findings:
        print_line(f"{'ok  ' if finding.good else 'FAIL'}  {finding.text}")
    return 0 if all(finding.good for finding in findings) else 1


def _versions() -> Iterator[Finding]:
    packages = " ".join(f"{name} {version(name)}" for name in ("files-api-mcp", "mcp", "pypdfium2"))
    python = platform.python_version()
    yield Finding(sys.version_info >= (3, 11), f"{packages}, Python {python}, SQLite {sqlite3.sqlite_version}")


def _roots(settings: Settings) -> Iterator[Finding]:
    if not settings.roots:
        yield Finding(good=False, text="no root: agents can upload nothing. Give the folders they may read as ROOT.")
    absent = set(absent_roots(settings.roots))
    for root in settings.roots:
        if root in absent:
            yield Finding(good=False, text=f"root {root} does not exist. Create it, or name another folder.")
            continue
        yield Finding(good=True, text=f"root {root}: agents may read it")
