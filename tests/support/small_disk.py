"""A small file system, and how to fill it."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["fill", "small_disk"]


@contextmanager
def small_disk(at: Path, size: str) -> Generator[Path]:
    """A file system of this size ("4m") in a new folder. Without the right to mount one, the test is skipped."""
    at.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", at], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", at], check=True)


def fill(path: Path) -> None:
    """Write to a file until the disk has no page left."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
