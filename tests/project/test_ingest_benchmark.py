"""The ingestion benchmark runs; people judge its figures."""

from pathlib import Path

import pytest

from benchmarks.ingest import made, measure


@pytest.mark.usefixtures("without_ocr")
def test_the_three_ways_are_timed_on_the_same_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure("made", made(tmp_path, 120), tmp_path, rounds=1)
    title, *figures = capsys.readouterr().out.splitlines()
    assert title.startswith("made: 2 PDFs, 120 pages, ")
    assert [line.split()[0] for line in figures] == ["bare", "our", "index"]
