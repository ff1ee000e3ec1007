"""Speed beside its limits and its peers: `python -m benchmarks.speed [--only AREA] [--quick] [--base COMMAND]`.

Each row has this version, the limit of the machine, the disk or the bare SDK, and the best other program that could be
had. All take turns in one run. A row has the median and the quartiles of its rounds, and the ratio of paired rounds. A
program that cannot run says why. `--write` puts the figures and a plot into `docs/performance.md`.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.speed import page
from benchmarks.speed.documents import real_documents
from benchmarks.speed.figures import Figure, Row, Run
from benchmarks.speed.machine import ROOT, commit, machine, today
from benchmarks.speed.programs import Settings, Version, this_version

Area = Callable[[Settings], Iterator[Row]]


def areas() -> dict[str, Area]:
    """The function of each area: the `measure` of the module with its name."""
    return {name: import_module(f"benchmarks.speed.{name}").measure for name in page.HEADINGS}


def measured(chosen: Mapping[str, Area], settings: Settings) -> Iterator[Row]:
    """The rows of these areas. An area that breaks ends with a row that says so."""
    for name, measure in chosen.items():
        try:
            yield from measure(settings)
        except Exception as error:  # noqa: BLE001  the other areas must still be measured
            traceback.print_exc(file=sys.stderr)
            reason = f"failed: {type(error).__name__}: {error}".splitlines()[0]
            ours = Figure(program=settings.versions[0].name, role="ours", missing=reason)
            yield Row(area=name, name="the rest of this area", unit="", is_less_better=True, figures=(ours,))


def options(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=page.HEADINGS, metavar="AREA", help=", ".join(page.HEADINGS))
    parser.add_argument("--quick", action="store_true", help="few rounds and small numbers: in under 4 minutes")
    parser.add_argument(
        "--base", metavar="COMMAND", help="files-api-mcp of an earlier version, to measure beside this one"
    )
    parser.add_argument("--base-name", default="base", help="what the earlier version is called in the figures")
    parser.add_argument(
        "--documents",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="real documents; default: the system's own",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of every round")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the plot (SVG)")
    parser.add_argument("--write", action="store_true", help="write all of it into docs/performance.md")
    options = parser.parse_args(given)
    if options.write and options.only:
        parser.error("--write needs all areas: leave out --only")
    return options


def main(given: Sequence[str] | None = None) -> int:
    """Print each row as it is measured; 1 if one of ours has no figure."""
    chosen = options(given)
    versions = [this_version()]
    if chosen.base:
        versions.append(Version(chosen.base_name, "base", chosen.base))
    known, rows, began = areas(), list[Row](), time.perf_counter()
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix="speed-") as folder:
        settings = Settings(versions, Path(folder), chosen.quick, real_documents(chosen.documents))
        for row in measured({name: known[name] for name in page.HEADINGS if name in (chosen.only or known)}, settings):
            print(*page.lines(row), sep="\n", flush=True)
            rows.append(row)
    run = Run(
        date=today(),
        machine=machine(),
        commit=commit(),
        base=chosen.base_name if chosen.base else "",
        is_quick=chosen.quick,
        seconds=time.perf_counter() - began,
        rows=tuple(rows),
    )
    keep(run, chosen)
    return int(any(not row.figures[0].values for row in rows))


def keep(run: Run, chosen: argparse.Namespace) -> None:
    """Write the files that the command line asks for."""
    if chosen.json:
        chosen.json.write_text(run.model_dump_json(indent=1) + "\n", "utf-8")
    if chosen.plot:
        # Only this needs the plotting library, which takes a second to import.
        from benchmarks.speed.plot import draw

        draw(run, chosen.plot)
    if chosen.write:
        page.write(ROOT / "docs", run)


if __name__ == "__main__":
    sys.exit(main())
