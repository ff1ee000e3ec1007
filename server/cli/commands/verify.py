"""`files-api-mcp verify`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.registry import BACKENDS
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, data_dir_from
from files_api_mcp.server.cli.output import print_json, print_line, print_row, say
from files_api_mcp.server.cli.progress import ProgressBars
from files_api_mcp.server.collection import run_event_loop
from files_api_mcp.server.settings import Settings

if TYPE_CHECKING:
    from files_api_mcp.backends.damage import Verification

__all__ = ["verify"]


@click.command()
@click.option("--read-data", is_flag=True, help="Read every byte and compare it with its hash; else only sizes.")
@click.option(
    "--repair",
    is_flag=True,
    help="Restore rows from sidecars, rebuild what is derived, and set damaged content aside. Nothing that a file "
    "needs is deleted.",
)
@AS_JSON
@DATA_DIR
@QUIET_LOG_LEVEL
def verify(*, read_data: bool, repair: bool, **options: Any) -> None:
    """Check the data folder: every file has its bytes, every byte its hash, every index entry its file.

    Each damage is one line: its part, the file, and its meaning for you. Servers may run meanwhile. Without --repair,
    nothing is changed. It exits with 1 if damage is left.

    \b
    files-api-mcp verify --read-data
    """
    settings = Settings(roots=(), data_dir=data_dir_from(options), log_level=options["log_level"])
    as_json = options["as_json"]
    exit_with(lambda: _verify(settings.data_dir, read_data=read_data, repair=repair, as_json=as_json), settings)


def _verify(data_dir: Path, *, read_data: bool, repair: bool, as_json: bool) -> int:
    found = run_event_loop(lambda: _verified(data_dir, read_data=read_data, repair=repair))
    if as_json:
        print_json({"sound": found.is_sound, "read_data": read_data, **asdict(found)})
    else:
        _print(found, data_dir, read_data=read_data, repair=repair)
    return 0 if found.is_sound else 1


async def _verified(data_dir: Path, *, read_data: bool, repair: bool) -> "Verification":
    """What all backends find in the folder: it may hold files of each."""
    from files_api_mcp.backends.damage import Damage, Verification

    found = Verification()
    with ProgressBars(lines=read_data) as bars, bars.bar() as progress:
        for backend in BACKENDS.values():
            try:
                one = await backend.verify(data_dir, read_data=read_data, repair=repair, progress=progress)
            except StoreDamaged as exc:
                # What the other backends keep is still checked.
                one = Verification(damages=[Damage("database", str(exc))])
            found.add(one)
    return found


def _print(found: "Verification", data_dir: Path, *, read_data: bool, repair: bool) -> None:
    for one in found.damages:
        outcome = "repaired" if one.repaired else "left over" if one.part == "leftover" else "DAMAGED"
        print_row((outcome, one.part, one.file_id or "-", one.filename or "-", one.meaning))
    compared = "every byte was compared with its hash" if read_data else "sizes were compared"
    print_line(f"{found.files} files, {found.content_bytes:,} bytes in {data_dir}: {compared}.")
    if found.is_sound:
        return
    if not repair:
        say("Run `files-api-mcp verify --repair` to repair what can be repaired.")
    say("Upload a file whose bytes are damaged again to mend it, or delete it.")
