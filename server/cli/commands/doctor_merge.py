"""Is it set up? Every line says what holds, or what to do."""

import platform
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import anyio

from files_api_mcp.backends.anthropic.workspace import open_anthropic_files
from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.backends.local.store import open_store
from files_api_mcp.backends.staging.spool import open_spool
from files_api_mcp.server.cli.output import print_line
from files_api_mcp.server.settings import Settings, Upstream, absent_roots

__all__ = ["run_doctor"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    good: bool
    text: str


def run_doctor(settings: Settings) -> int:
    """Check the set-up and print a line for each thing checked; returns 0 when nothing needs doing, else 1."""
    place = anyio.run(_store, settings) if settings.upstream is None else anyio.run(_api, settings, settings.upstream)
    findings = [*_versions(), *_roots(settings), *place]
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


async def _store(settings: Settings) -> list[Finding]:
    where = f"data folder {settings.data_dir}"
    place = Finding(good=True, text="backend local: files and questions stay on this machine; no key is needed")
    try:
        async with open_store(settings.data_dir) as store:
            report = await store.check()
    except FilesError as exc:
        return [place, Finding(good=False, text=f"{where}: {exc.text}")]
    return [place, Finding(report.healthy, f"{where}: {report}")]


async def _api(settings: Settings, upstream: Upstream) -> list[Finding]:
    """Asks for one file of the list: that the address, the key and the workspace are right, no other call tells."""
    where = f"backend anthropic at {upstream.endpoint.base_url}, data folder {settings.data_dir}"
    try:
        async with (
            open_spool(settings.data_dir / "spool") as spool,
            open_anthropic_files(
                upstream.endpoint, settings.data_dir, spool, dialect=upstream.dialect, rate_limit=upstream.rate_limit
            ) as place,
        ):
            began = time.monotonic()
            await place.client.page(limit=1)
    except (FilesError, ExceptionGroup) as exc:
        failure = expected_in(exc)
        if failure is None:
            raise
        return [Finding(good=False, text=f"{where}: {failure.text}")]
    took_ms = (time.monotonic() - began) * 1000
    return [Finding(good=True, text=f"{where}: the key is accepted, the list answers in {took_ms:.0f} ms")]
