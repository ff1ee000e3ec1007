"""Lines of any length, without keeping more than the limit."""

from pathlib import Path

import pytest

from files_api_mcp.server.jsonrpc.incoming import MAX_BYTES
from files_api_mcp.server.stdio.stdin import read_long_line


@pytest.mark.parametrize("excess", [0, 1, 100_000, MAX_BYTES])
def test_a_long_line_is_cut_and_the_next_one_is_whole(excess: int, tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"x" * (MAX_BYTES + excess) + b"\nnext\n" + b"y" * (MAX_BYTES + excess))
    with path.open("rb") as stdin:
        assert len(read_long_line(stdin)) == MAX_BYTES + 1
        assert read_long_line(stdin) == b"next\n"
        assert len(read_long_line(stdin)) == MAX_BYTES + min(excess, 1)
        assert read_long_line(stdin) == b""
