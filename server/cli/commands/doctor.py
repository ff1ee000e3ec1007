"""`files-api-mcp doctor`."""

import platform
import sqlite3
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click

from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.options import ALLOW_WIDE_ROOT, DATA_DIR, ROOTS, backend_options, settings_from
from files_api_mcp.server.cli.output import print_line
from files_api_mcp.server.collection import run_event_loop
from files_api_mcp.server.settings import Settings, absent_roots

if TYPE_CHECKING:
    from files_api_mcp.backends.findings import Finding

__all__ = ["doctor"]


@click.command()
@ROOTS
@backend_options
@DATA_DIR
@ALLOW_WIDE_ROOT
def doctor(roots: tuple[str, ...], **options: Any) -> None:
    """Check the setup: versions, roots, backend, data folder and semantic model. It exits with 1 if anything needs
    fixing."""
    settings = settings_from(roots, options)
    exit_with(lambda: _doctor(settings), settings)


def _doctor(settings: Settings) -> int:
    from files_api_mcp.backends.search.semantic import installation

    checked = run_event_loop(settings.backend.check, settings.data_dir)
    findings = [*_setup_findings(settings), *checked, installation.check(settings.data_dir), _sandbox_finding()]
    for finding in findings:
        print_line(f"{'ok  ' if finding.good else 'FAIL'}  {finding.text}")
    return 0 if all(finding.good for finding in findings) else 1


def _setup_findings(settings: Settings) -> "Iterator[Finding]":
    """Checks the versions and the roots."""
    from files_api_mcp.backends.findings import Finding

    packages = " ".join(f"{name} {version(name)}" for name in ("files-api-mcp", "mcp", "pypdfium2"))
    python = platform.python_version()
    yield Finding(sys.version_info >= (3, 11), f"{packages}, Python {python}, SQLite {sqlite3.sqlite_version}")
    if not settings.roots:
        yield Finding(good=False, text="no root: agents cannot upload files. Give the folders they may read as ROOT.")
    absent = set(absent_roots(settings.roots))
    for root in settings.roots:
        if root in absent:
            yield Finding(good=False, text=f"root {root} does not exist. Create it, or give another folder.")
        else:
            yield Finding(good=True, text=f"root {root}: agents may read it")


def _sandbox_finding() -> "Finding":
    """Which parts of the parser's sandbox hold. A system that lacks some is no fault of the setup."""
    from files_api_mcp.backends.findings import Finding
    from files_api_mcp.backends.sandbox.probe import sandbox_parts

    parts = sandbox_parts()
    holding = ", ".join(name for name, holds in parts.items() if holds) or "only limits"
    missing = ", ".join(name for name, holds in parts.items() if not holds)
    return Finding(good=True, text=f"documents are read in a sandbox: {holding}{missing and f'; not here: {missing}'}")
