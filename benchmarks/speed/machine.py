"""The machine, the day and the commit that figures belong to, without a name of either."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["commit", "machine", "today"]

ROOT = Path(__file__).resolve().parents[2]


def machine() -> str:
    """The class of machine: processor cores, memory, system and interpreter."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {platform.system()}, {python}"


def commit() -> str:
    """The commit of this checkout, and whether files differ from it."""
    try:
        named = _git("rev-parse", "--short", "HEAD")
        return f"{named} with changes" if _git("status", "--porcelain", "--untracked-files=no") else named
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def today() -> str:
    """The day, as in 2026-01-31."""
    return datetime.now(UTC).date().isoformat()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout.strip()
