"""The command and its subcommands. Each imports what it needs when it runs, so that the others start fast."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from files_api_mcp.server.settings import (
    DEFAULT_MAX_FILE_SIZE,
    BadSettings,
    Settings,
    check_backend,
    default_data_dir,
    usable_roots,
)

__all__ = ["command", "main"]

_PREFIX = "FILES_API_MCP"


class _ServeByDefault(click.Group):
    """A group that serves when its first word names no subcommand: `files-api-mcp ~/Documents`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ServeByDefault,
    context_settings={
        "auto_envvar_prefix": _PREFIX,
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
)
@click.version_option(package_name="files-api-mcp", message="%(prog)s %(version)s")
def command() -> None:
    """Give any agent the Files API: upload a local file once, then list, ask, cite, download or delete it by id.

    \b
    files-api-mcp ~/Documents      serve MCP over stdio; agents may read ~/Documents
    files-api-mcp demo             see an agent's whole job on sample documents
    files-api-mcp doctor           check the set-up

    Every option can also be set by a variable: serve's --data-dir is FILES_API_MCP_DATA_DIR.
    """


def _option(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option with one variable for all subcommands, without the subcommand's name in it."""
    variable = f"{_PREFIX}_{name.removeprefix('--').upper().replace('-', '_')}"
    return click.option(name, envvar=variable, show_envvar=True, **attributes)


_DATA_DIR = _option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Where files are kept; default: the platform's user data folder.",
)
_ROOTS = click.argument(
    "roots", nargs=-1, type=click.Path(path_type=Path), envvar=f"{_PREFIX}_ROOTS", metavar="[ROOT]..."
)
_BACKEND = _option(
    "--backend",
    type=click.Choice(["auto", "local", "anthropic"]),
    default="auto",
    show_default=True,
    help="Where files live. Only local is built so far.",
)


@command.command()
@_ROOTS
@_option(
    "--transport",
    type=click.Choice(["stdio", "http", "sse"]),
    default="stdio",
    show_default=True,
    help="How clients connect. Only stdio is built so far.",
)
@_BACKEND
@_DATA_DIR
@_option("--read-only", is_flag=True, help="Offer no tool that writes: no upload, download or delete.")
@_option(
    "--confirm-deletes",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Ask the person before deleting: where the client can, always (else refuse), or never.",
)
@_option("--tools", metavar="A,B", help="Offer these tools alone.")
@_option("--exclude-tools", metavar="C,D", help="Leave these tools out.")
@_option(
    "--max-file-size",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_FILE_SIZE,
    show_default=True,
    metavar="BYTES",
    help="Refuse larger files.",
)
@_option("--allow-sensitive", is_flag=True, help="Let agents upload keys, .env files and other secrets.")
@_option(
    "--log-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
    default="WARNING",
    show_default=True,
)
def serve(roots: tuple[Path, ...], **options: Any) -> None:
    """Serve MCP. ROOTs are the folders that agents may read from.

    Without a ROOT it is the working directory, unless that is / or your home folder.
    """
    settings = _settings(roots, options)
    from files_api_mcp.server.transports import serve_stdio

    serve_stdio(settings)


@command.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILE]...")
@click.option("--question", "-q", multiple=True, help="Ask this of the files instead of a question made from them.")
def demo(files: tuple[Path, ...], question: tuple[str, ...]) -> None:
    """Run an agent's whole job on sample documents, or on each FILE, through a real server and client.

    It uploads, lists, describes, asks, reads the cited page and deletes, in a data folder of its own that is
    removed at the end. Exit code 1 says that a step's result was wrong.
    """
    from files_api_mcp.server.demo import run_demo

    sys.exit(run_demo(files, question))


@command.command()
@_ROOTS
@_BACKEND
@_DATA_DIR
def doctor(roots: tuple[Path, ...], **options: Any) -> None:
    """Check the set-up: versions, backend, data folder, store, roots. Exit code 1 says that something must be done."""
    settings = _settings(roots, options)
    from files_api_mcp.server.doctor import run_doctor

    sys.exit(run_doctor(settings))


def _settings(roots: tuple[Path, ...], options: dict[str, Any]) -> Settings:
    if options.get("transport", "stdio") != "stdio":
        raise BadSettings("Only the stdio transport is built so far. Leave --transport out.")
    remark = check_backend(options["backend"], os.environ)
    if remark:
        click.echo(f"files-api-mcp: {remark}", err=True)
    tools = options.get("tools")
    return Settings(
        roots=usable_roots(roots, cwd=Path.cwd(), home=Path.home()),
        data_dir=Path.cwd() / (options["data_dir"] or default_data_dir()).expanduser(),
        read_only=options.get("read_only", False),
        confirm_deletes=options.get("confirm_deletes", "auto"),
        allow_sensitive=options.get("allow_sensitive", False),
        max_file_size=options.get("max_file_size", DEFAULT_MAX_FILE_SIZE),
        tools=_names(tools) if tools else None,
        exclude_tools=_names(options.get("exclude_tools") or ""),
        log_level=options.get("log_level", "WARNING"),
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def main() -> None:
    """Run the command. Exit codes: 0 done, 1 failed (one line on stderr), 2 wrong usage."""
    try:
        command(prog_name="files-api-mcp")
    except BadSettings as exc:
        click.echo(f"files-api-mcp: {exc}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
