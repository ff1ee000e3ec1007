"""The command: a group of subcommands, each imported when it is called, so that all start fast."""

import importlib
import os
import sys
from io import StringIO

import click
from click.shell_completion import CompletionItem

from files_api_mcp.backends.isolation import absolute_path_variable
from files_api_mcp.server.cli.options import PREFIX
from files_api_mcp.server.cli.output import CommandError, guard_streams, say
from files_api_mcp.server.settings import BadSettings

__all__ = ["SUBCOMMANDS", "command", "main"]

SUBCOMMANDS = (
    "serve",
    "install",
    "demo",
    "ask",
    "batch",
    "upload",
    "list",
    "describe",
    "read",
    "download",
    "delete",
    "doctor",
    "completion",
    "emulator",
)
"""In the order of `--help`; each is the command of that name in the module of that name in `commands/`."""


class _Subcommands(click.Group):
    """Serves when the first word names no subcommand: `files-api-mcp ~/Documents`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in SUBCOMMANDS:
            return None
        return getattr(importlib.import_module(f"files_api_mcp.server.cli.commands.{cmd_name}"), cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # A shell that asks what the first word could be has not been given one yet.
        is_open = not args and ctx.resilient_parsing
        if not is_open and (not args or args[0] not in {*SUBCOMMANDS, "--help", "-h", "--version"}):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """Subcommands; where none begins so, folders to serve."""
        return super().shell_complete(ctx, incomplete) or [CompletionItem(incomplete, type="dir")]


@click.group(
    cls=_Subcommands,
    context_settings={
        "auto_envvar_prefix": PREFIX,
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        # Else click would leave out of a message what looks like a color in what was typed.
        "color": True,
    },
)
@click.version_option(package_name="files-api-mcp", message="%(prog)s %(version)s")
def command() -> None:
    """Give any agent the Files API: upload a local file once, then list, ask, cite, download or delete it by id.

    \b
    files-api-mcp ~/Documents      serve MCP over stdio; agents may read ~/Documents
    files-api-mcp install HOST     add it to claude-desktop, claude-code, cursor, vscode or codex
    files-api-mcp demo             see an agent's whole job on sample documents
    files-api-mcp ask              a question by a person, with the cited pages shown
    files-api-mcp batch            many questions to many files, at half the price
    files-api-mcp upload PATH      store files; list, describe, read, download, delete: what tools do, by hand
    files-api-mcp doctor           check the set-up
    files-api-mcp emulator         the Files API over HTTP, on this machine

    Every option can also be set by a variable: serve's --data-dir is FILES_API_MCP_DATA_DIR.
    """


def main() -> None:
    """Run the command. Exit codes: 0 done, 1 failed (one line on stderr), 2 wrong usage, 130 interrupted."""
    guard_streams()
    # Libraries start programs by name too, such as a browser: none of the working directory's.
    os.environ["PATH"] = absolute_path_variable(os.environ.get("PATH", os.defpath))
    try:
        code = command(prog_name="files-api-mcp", standalone_mode=False)
    except BadSettings as exc:
        say(f"files-api-mcp: {exc}")
        sys.exit(2)
    except CommandError as exc:
        say(exc.text)
        sys.exit(1)
    except click.ClickException as exc:
        shown = StringIO()
        exc.show(shown)
        say(shown.getvalue().removesuffix("\n"), lines=True)
        sys.exit(exc.exit_code)
    except (click.Abort, KeyboardInterrupt):
        # While modules are loaded, too; on its own click would call it a failure.
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
