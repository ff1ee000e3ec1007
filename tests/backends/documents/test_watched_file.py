"""A file whose readers show that they go on."""

import os
from pathlib import Path

from files_api_mcp.backends.documents.watched_file import watched_file


def test_each_read_is_reported_but_not_too_often(tmp_path: Path) -> None:
    path = tmp_path / "whale.txt"
    path.write_bytes(b"whale" * 100_000)
    reports: list[bool] = []
    with path.open("rb") as content:
        content.seek(9)
        for every_s, most in ((0.0, 50), (1e9, 0)):
            reports.clear()
            with watched_file(os.dup(content.fileno()), lambda: reports.append(True), every_s=every_s) as file:
                assert b"".join(iter(lambda file=file: file.read(5000), b"")) == path.read_bytes()
            assert len(reports) <= most
            assert bool(reports) == bool(most)
