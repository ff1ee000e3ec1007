"""The benchmark of speed runs, and writes what it found; people judge its figures."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.speed import page
from benchmarks.speed.__main__ import main, measured
from benchmarks.speed.figures import Figure, Row, Run, spread
from benchmarks.speed.plot import draw
from benchmarks.speed.programs import Settings, this_version
from benchmarks.speed.rounds import Program, Unavailable, interleaved

DOCS = Path(__file__).parents[2] / "docs"


def not_installed(_: str) -> None:
    """In place of a search for npm, which would need the network."""


def one_round(*_: object) -> int:
    """In place of the rounds that figures for people need."""
    return 1


def run_of(*rows: Row) -> Run:
    return Run(date="2026-01-31", machine="2 cores", commit="abc", base="", is_quick=True, seconds=60, rows=rows)


def grown(size: int, ms: float) -> Row:
    figures = (Figure(program="ours", role="ours", values=(ms, ms)), Figure(program="old", role="base", values=(9, 9)))
    return Row(
        area="pages", name=f"{size}", unit="ms", is_less_better=True, figures=figures, growth="questions", size=size
    )


@pytest.mark.slow
def test_a_quick_run_measures_real_servers_and_writes_json_and_a_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", not_installed)
    monkeypatch.setattr(Settings, "rounds", one_round)
    wanted = ["--only", "start", "--quick", "--json", "figures.json", "--plot", "plot.svg"]
    assert main(wanted) == 0
    run = Run.model_validate_json(Path("figures.json").read_text("utf-8"))
    assert [row.name for row in run.rows] == [
        "cold start to `tools/list` over stdio",
        "cold start to `tools/list`, processor time",
        "end of the server after its input closed",
        "`files-api-mcp list`",
    ]
    ours, bare, loop, node = run.rows[0].figures
    assert (ours.role, len(ours.values)) == ("ours", 1)
    assert (bare.role, loop.role) == ("limit", "limit")
    assert node == Figure(program="server-filesystem (Node)", role="peer", missing="npm is not installed")
    assert set(run.rows[0].ratios) == {bare.program, loop.program}
    assert "npm is not installed" in capsys.readouterr().out
    assert "cold start" in Path("plot.svg").read_text("utf-8")
    assert not list(tmp_path.glob("speed-*"))


@pytest.mark.slow
@pytest.mark.parametrize("area", ["folders", "documents", "pages", "calls", "library", "big", "emulator"])
def test_each_area_measures_this_version(area: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.speed.folders.QUICK_FILES", 5)
    monkeypatch.setattr("benchmarks.speed.pages.PAGES", (3,))
    monkeypatch.setattr("benchmarks.speed.big.QUICK_MB", 1)
    monkeypatch.setattr("benchmarks.speed.library.SIZES", (150,))
    monkeypatch.setattr("benchmarks.speed.emulator.QUICK_REQUESTS", 8)
    monkeypatch.setattr("benchmarks.speed.calls.CALLS", 8)
    monkeypatch.setattr("shutil.which", not_installed)
    monkeypatch.setattr(Settings, "rounds", one_round)
    text = tmp_path / "one.txt"
    text.write_text("The harbour master decides about dues.\n" * 40, "utf-8")
    from benchmarks.speed.__main__ import areas

    settings = Settings([this_version()], tmp_path, is_quick=True, documents=[text])
    rows = list(areas()[area](settings))
    assert rows
    assert all(row.area == area and row.figures[0].role == "ours" and row.figures[0].values for row in rows), rows


def test_programs_take_turns_and_every_second_round_goes_backwards() -> None:
    turns: list[str] = []

    def turn(name: str) -> Mapping[str, float]:
        turns.append(name)
        return {"ms": len(turns)}

    programs = [Program("a", "ours", lambda: turn("a")), Program("b", "limit", lambda: turn("b"))]
    row = interleaved(programs, 2).row("start", "turns", "ms", "ms")
    assert "".join(turns) == "baabba"
    assert [figure.values for figure in row.figures] == [(3, 6), (4, 5)]
    assert row.ratios == {"b": spread([3 / 4, 6 / 5])}


def test_a_program_that_fails_says_why_and_has_no_figure(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[int] = []

    def fails_later() -> Mapping[str, float]:
        done.append(1)
        if len(done) == 2:
            raise Unavailable("the server ended")
        return {"ms": 1.0}

    def broken() -> Mapping[str, float]:
        raise KeyError("text")

    programs = [
        Program("a", "ours", lambda: {"ms": 2.0}),
        Program("b", "base", fails_later),
        Program("c", "peer", broken),
    ]
    row = interleaved(programs, 3, warm_up=False).row("start", "x", "ms", "ms")
    assert [(figure.values, figure.missing) for figure in row.figures] == [
        ((2, 2, 2), ""),
        ((), "the server ended"),
        ((), "failed: KeyError: 'text'"),
    ]
    assert len(done) == 2
    assert row.ratios == {}
    assert "KeyError" in capsys.readouterr().err
    assert "the server ended" in page.figures(run_of(row))


def test_an_area_that_breaks_leaves_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def breaks(settings: Settings) -> list[Row]:
        raise RuntimeError("no disk")

    rows = list(
        measured({"start": lambda s: iter(breaks(s)), "pages": lambda _: iter([grown(1, 2)])}, _settings(tmp_path))
    )
    assert [row.figures[0].missing for row in rows] == ["failed: RuntimeError: no disk", ""]
    assert "no disk" in capsys.readouterr().err


def _settings(folder: Path) -> Settings:
    return Settings([this_version()], folder)


def test_a_command_that_is_no_server_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.speed.start import started

    with pytest.raises(Unavailable, match="the server ended"):
        started([sys.executable, "-c", "pass"])


def test_the_spread_is_the_median_and_the_quartiles() -> None:
    assert spread([5, 1, 2, 4, 3]).model_dump() == {"median": 3, "low": 2, "high": 4}
    assert spread([7]).model_dump() == {"median": 7, "low": 7, "high": 7}


def test_growth_and_ratios_are_drawn(tmp_path: Path) -> None:
    single = grown(5, 1.0).model_copy(update={"growth": "", "name": "start"})
    draw(run_of(grown(10, 1.0), grown(1000, 3.0), single), tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text("utf-8")
    assert {"questions, ours", "questions, old", "start"} <= set(re.findall(r">([^<>\n]+)</text>", drawn))
    draw(run_of(), tmp_path / "empty.svg")


def test_the_page_takes_the_figures_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "performance.md").write_text(f"# Performance\n\n{page.BEGIN}old\n{page.END}The end.\n", "utf-8")
    page.write(tmp_path, run_of(grown(10, 1234.0)))
    written = (tmp_path / "performance.md").read_text("utf-8")
    assert written.startswith("# Performance\n")
    assert written.endswith("The end.\n")
    assert "old\n" not in written
    assert (
        "| 10, ms | 1,234 (1,234 to 1,234) | old (earlier version) | 9.00 (9.00 to 9.00) | 137 (137 to 137) |"
        in written
    )
    assert json.loads((tmp_path / "performance.json").read_text("utf-8"))["rows"][0]["ratios"]["old"]["median"] > 137


def test_the_page_shows_the_figures_that_lie_beside_it() -> None:
    run = Run.model_validate_json((DOCS / "performance.json").read_text("utf-8"))
    text = (DOCS / "performance.md").read_text("utf-8")
    assert page.written(text, run) == text
