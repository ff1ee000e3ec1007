"""`files-api-mcp emulator`."""

from typing import Any

import click

from files_api_mcp.server.cli.options import DATA_DIR, LOG_LEVEL, data_dir_from, option

__all__ = ["emulator"]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8790,
    show_default=True,
    help="Port to listen on; 0: any free port.",
)
@DATA_DIR
@option("--api-key", multiple=True, metavar="KEY", help="Accept only this API key (repeatable); default: any key.")
@click.option("--rate-limit", type=click.IntRange(min=0), default=0, help="Files API requests per minute; 0: no limit.")
@click.option(
    "--storage-limit",
    type=click.IntRange(min=1),
    default=1_000_000_000_000,
    show_default=True,
    metavar="BYTES",
    help="Maximum size of all files in a workspace.",
)
@LOG_LEVEL
def emulator(**options: Any) -> None:
    """Emulate the Files API over HTTP on this machine, with Messages and Message Batches.

    Set ANTHROPIC_BASE_URL to use it from an SDK. Each API key has its own workspace. There is no model: answers are
    passages of the documents, with the API's citations.
    """
    from files_api_mcp.server.emulator.app import EmulatorSettings
    from files_api_mcp.server.emulator.server import serve_emulator

    settings = EmulatorSettings(
        data_dir=data_dir_from(options) / "emulator",
        api_keys=options["api_key"],
        files_per_minute=options["rate_limit"],
        storage_bytes=options["storage_limit"],
    )
    serve_emulator(settings, host=options["host"], port=options["port"], log_level=options["log_level"])
