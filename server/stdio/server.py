"""MCP over stdio: checks the data folder, serves, stops."""

import sys
from dataclasses import replace

from files_api_mcp.backends.errors import FilesError, PermissionDenied, StoreDamaged
from files_api_mcp.backends.storage.folders import is_writable, make_private
from files_api_mcp.server.app import build_server
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.collection import run_event_loop
from files_api_mcp.server.logs import configure_logging
from files_api_mcp.server.mcp.server import FilesServer
from files_api_mcp.server.settings import Settings
from files_api_mcp.server.shutdown import Shutdown
from files_api_mcp.server.stdio.transport import stdio_streams

__all__ = ["check_data_dir", "serve_stdio"]


def serve_stdio(settings: Settings) -> None:
    """Serves over stdin and stdout until stdin ends or SIGINT or SIGTERM arrives, and ends within 2 s.

    Exits with code 1 and one line on stderr if the data folder cannot be used.
    """
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    try:
        settings = check_data_dir(settings)
        server = build_server(settings)
        shutdown = Shutdown()
        shutdown.on_signals()
        say(f"files-api-mcp: {settings.summary()}")
        if sys.stdin.isatty():
            say("files-api-mcp: waiting for an MCP client on stdin (Ctrl-C to stop). To try it: files-api-mcp demo")
        run_event_loop(_serve, server, shutdown)
    except FilesError as exc:
        say(f"files-api-mcp: {exc.text}")
        sys.exit(1)


def check_data_dir(settings: Settings) -> Settings:
    """Makes the data folder private, so that an unusable one fails at start and not at the first call.

    Returns the settings: a folder that has data and cannot be written to is served read-only.

    Raises:
        PermissionDenied: The folder cannot be used.
    """
    folder = settings.data_dir
    try:
        make_private(folder, writable=not (folder.is_dir() and any(folder.iterdir())))
    except StoreDamaged as exc:
        raise PermissionDenied(exc.sentence, "Choose another folder with --data-dir.") from exc
    return settings if is_writable(folder) else replace(settings, read_only=True)


async def _serve(server: FilesServer, shutdown: Shutdown) -> None:
    async with stdio_streams(shutdown) as (read_stream, write_stream):
        await server.serve(read_stream, write_stream)
