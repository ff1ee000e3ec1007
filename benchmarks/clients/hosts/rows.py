"""Runs the agent job in each real host, and makes the table of what ran."""

import traceback
from pathlib import Path

from benchmarks.clients.hosts.job import Job, run_in
from benchmarks.clients.hosts.programs import HOSTS, Host, installed

__all__ = ["HEAD", "cells", "rows"]

HEAD = ("host", "version", "protocol", "ran", "refused by the host", "tools in its first request")


def cells(host: Host, version: str, job: Job) -> tuple[str, ...]:
    """A row of the table."""
    refused = "; ".join(sorted({f"“{text.replace(tool, 'TOOL')}”" for tool, text in job.refused.items()}))
    names = "all" if len(job.refused) > 2 else ", ".join(f"`{name}`" for name in job.refused)
    ran = ", ".join(f"`{name.partition('_')[0]}`" for name in job.ran) or "none"
    told = f"{names}: {refused}" if refused else "none"
    return host.name, version, job.protocol, ran, told, "yes" if job.first_tools else "no"


def rows(folder: Path, only: str = "") -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows of the hosts whose name contains `only`, and the details of failures."""
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
            shown.append((host.name, version, "", "FAILED", "", ""))
            failures.append(f"{host.name}:\n{traceback.format_exc(limit=-3)}")
    return shown, failures
