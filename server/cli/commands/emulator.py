"""`files-api-mcp emulator`."""

from typing import Any

import click

from files_api_mcp.server.cli.options import DATA_DIR, LOG_LEVEL, data_dir_from, option

__all__ = ["emulator"]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8790, show_default=True, help="The port; 0: any free one."
)
@DATA_DIR
@option("--api-key", multiple=True, metavar="KEY", help="Let in this key alone (repeatable); default: any key.")
@click.option("--rate-limit", type=click.IntRange(min=0), default=0, help="Calls a minute about files; 0: no limit.")
@click.option(
    "--storage-limit", type=click.IntRange(min=1), default=1_000_000_000_000, show_default=True, metavar="BYTES"
)
@LOG_LEVEL
def emulator(**options: Any) -> None:
    """Speak the Files API itself, over HTTP: files, Messages, batches, answered on this machine.

    Point an SDK at it with ANTHROPIC_BASE_URL. Each key is a workspace of its own. Answers are passages of the
    documents, cited as the API cites; there is no model behind it.
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
