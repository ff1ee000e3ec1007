"""Is it set up? Every line says what holds, or what to do."""

import platform
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import anyio
import click

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.local.store import open_store
from files_api_mcp.server.settings import Settings

__all__ = ["run_doctor"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    good: bool
    text: str


def run_doctor(settings: Settings) -> int:
    """Check the set-up and print a line for each thing checked; returns 0 when nothing needs doing, else 1."""
    findings = [*_versions(), *_roots(settings), *anyio.run(_store, settings)]
    for finding in findings:
        click.echo(f"{'ok  ' if finding.good else 'FAIL'}  {finding.text}")
    return 0 if all(finding.good for finding in findings) else 1


def _versions() -> Iterator[Finding]:
    packages = " ".join(f"{name} {version(name)}" for name in ("files-api-mcp", "mcp", "pypdfium2"))
    python = platform.python_version()
    yield Finding(sys.version_info >= (3, 11), f"{packages}, Python {python}, SQLite {sqlite3.sqlite_version}")
    yield Finding(good=True, text="backend local: files and questions stay on this machine; no key is needed")


def _roots(settings: Settings) -> Iterator[Finding]:
    if not settings.roots:
        yield Finding(good=False, text="no root: agents can upload nothing. Give the folders they may read as ROOT.")
    for root in settings.roots:
        yield Finding(good=True, text=f"root {root}: agents may read it")


async def _store(settings: Settings) -> list[Finding]:
    where = f"data folder {settings.data_dir}"
    try:
        async with open_store(settings.data_dir) as store:
            report = await store.check()
    except FilesError as exc:
        return [Finding(good=False, text=f"{where}: {exc.text}")]
    return [Finding(report.healthy, f"{where}: {report}")]
