"""Opens below a root while another process swaps a folder and a link: `python -m benchmarks.race_opens [--opens N]`.

For comparison, it also runs the naive way, realpath then open, to show that the swaps can cause escapes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.roots.roots import Roots

SWAP = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
os.chdir(sys.argv[1])
a, b = b"folder", b"link"
print("swapping", flush=True)
while True:
    libc.renameat2(-100, a, -100, b, 2)  # RENAME_EXCHANGE
"""
INSIDE, OUTSIDE = b"inside", b"OUTSIDE"


@dataclass(frozen=True, slots=True)
class Result:
    """The number of opens, of escapes (the file outside was read), and microseconds for each."""

    opens: int
    escapes: int
    microseconds: float


def safe_open(roots: Roots, root: Path) -> bytes:  # noqa: ARG001
    """Our way; empty if the open is refused."""
    try:
        with roots.open_file("folder/secret.txt") as source:
            return os.pread(source.fd, 16, 0)
    except FilesError:
        return b""


def naive_open(roots: Roots, root: Path) -> bytes:  # noqa: ARG001
    """The way of other published servers: resolve, compare, open."""
    path = root / "folder" / "secret.txt"
    try:
        if not os.path.realpath(path).startswith(f"{root}/"):
            return b""
        return path.read_bytes()
    except OSError:
        return b""


def race(place: Path, opener: Callable[[Roots, Path], bytes], *, opens: int, until_first: bool = False) -> Result:
    """Open repeatedly while a folder in the root and a link out of it swap names."""
    root, outside = place / "root", place / "outside"
    (root / "folder").mkdir(parents=True)
    outside.mkdir()
    (root / "folder" / "secret.txt").write_bytes(INSIDE)
    (outside / "secret.txt").write_bytes(OUTSIDE)
    (root / "link").symlink_to(outside)
    escapes = tried = 0
    with subprocess.Popen([sys.executable, "-c", SWAP, str(root)], stdout=subprocess.PIPE) as swapper:
        assert swapper.stdout is not None
        swapper.stdout.readline()
        began = time.perf_counter()
        with Roots([root]) as roots:
            while tried < opens and not (until_first and escapes):
                escapes += opener(roots, root) == OUTSIDE
                tried += 1
        seconds = time.perf_counter() - began
        swapper.kill()
    return Result(tried, escapes, 1e6 * seconds / tried)


def main() -> None:
    """Race both ways and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opens", type=int, default=100_000)
    opens = parser.parse_args().opens
    for name, opener, number in (("ours", safe_open, opens), ("realpath then open", naive_open, opens // 5)):
        with tempfile.TemporaryDirectory() as folder:
            result = race(Path(folder), opener, opens=number)
        print(f"{name}: {result.opens:,} opens, {result.escapes:,} escapes, {result.microseconds:.0f} us each")


if __name__ == "__main__":
    main()
