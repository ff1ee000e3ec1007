"""`files-api-mcp spending`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from files_api_mcp.backends.registry import BACKENDS
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, data_dir_from
from files_api_mcp.server.cli.output import print_json, print_line, print_row
from files_api_mcp.server.settings import Settings

if TYPE_CHECKING:
    from files_api_mcp.backends.findings import Spent

__all__ = ["spending"]


@click.command()
@AS_JSON
@DATA_DIR
@QUIET_LOG_LEVEL
def spending(**options: Any) -> None:
    """Show what questions cost, by day (UTC), principal and model: calls, spent, reserved.

    Reserved is the most that calls without a known cost may cost: they are under way, or their reply was lost. It
    counts against --budget. What is older than three months is not kept.
    """
    settings = Settings(roots=(), data_dir=data_dir_from(options), log_level=options["log_level"])
    exit_with(lambda: _spending(settings.data_dir, as_json=options["as_json"]), settings)


def _spending(data_dir: Path, *, as_json: bool) -> int:
    found: list[Spent] = [one for backend in BACKENDS.values() for one in backend.spending(data_dir)]
    total = sum(one.spent_usd + one.reserved_usd for one in found)
    if as_json:
        print_json({"total_usd": round(total, 6), "days": [asdict(one) for one in found]})
        return 0
    for one in found:
        amounts = (f"{one.spent_usd:.4f}", f"{one.reserved_usd:.4f}")
        print_row((one.day, one.principal or "-", one.model, str(one.calls), *amounts))
    print_line(f"{total:.2f} USD spent or reserved, in {sum(one.calls for one in found)} calls.")
    return 0
