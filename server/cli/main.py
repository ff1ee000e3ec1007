"""The `files-api-mcp` command. Subcommands are imported when they are called, so that each starts fast."""

import importlib
import os
import sys
from io import StringIO

import click
from click.shell_completion import CompletionItem

from files_api_mcp.backends.process_isolation import absolute_path_variable
from files_api_mcp.server.cli.options import PREFIX
from files_api_mcp.server.cli.output import CommandError, guard_streams, say
from files_api_mcp.server.collection import without_collection
from files_api_mcp.server.settings import BadSettings

__all__ = ["SUBCOMMANDS", "command", "main"]

SUBCOMMANDS = {
    "serve": "Start the MCP server, over stdio or HTTP.",
    "install": "Add the server to a host, such as Claude Desktop or VS Code.",
    "uninstall": "Remove the server from a host.",
    "demo": "Try every tool on sample documents.",
    "ask": "Ask about your files, and see the cited pages.",
    "find": "Find a phrase or regular expression in your files.",
    "query": "Compute over the tables of a file with SQL.",
    "batch": "Ask many questions about many files, at half the price.",
    "upload": "Store files, folders or globs.",
    "list": "List stored files.",
    "describe": "Show a file's metadata.",
    "read": "Print a document's text.",
    "download": "Save a stored file.",
    "tag": "Add or remove tags of stored files.",
    "delete": "Delete stored files.",
    "semantic": "Rank passages by meaning too, with a small model on this machine.",
    "doctor": "Check the setup.",
    "spending": "Show what questions cost, by day.",
    "verify": "Find and repair damage of the data folder.",
    "completion": "Print a shell's completion script.",
    "emulator": "Emulate the Files API over HTTP on this machine.",
}
"""Names and summaries in the order of `--help`. Each is defined in the module of the same name in `commands/`, or in
`commands/reports/`."""
_REPORTS = frozenset({"spending"})


class _Subcommands(click.Group):
    """Runs `serve` if the first argument is not a subcommand: `files-api-mcp ~/Documents`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in SUBCOMMANDS:
            return None
        folder = "reports." if cmd_name in _REPORTS else ""
        module = importlib.import_module(f"files_api_mcp.server.cli.commands.{folder}{cmd_name}")
        return getattr(module, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        # Uses the summaries above, because reading them from the commands would import all commands.
        with formatter.section("Commands"):
            formatter.write_dl(list(SUBCOMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # When a shell completes the first argument, there is none yet.
        is_open = not args and ctx.resilient_parsing
        if not is_open and (not args or args[0] not in {*SUBCOMMANDS, "--help", "-h", "--version"}):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """Completes subcommands and options; if none matches, folders to serve."""
        commands = [
            CompletionItem(name, help=text) for name, text in SUBCOMMANDS.items() if name.startswith(incomplete)
        ]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*commands, *options] or [CompletionItem(incomplete, type="dir")]


@click.group(
    cls=_Subcommands,
    context_settings={
        "auto_envvar_prefix": PREFIX,
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        # Otherwise click would remove color codes from arguments that it quotes; they are escaped instead.
        "color": True,
    },
)
@click.version_option(package_name="files-api-mcp", message="%(prog)s %(version)s")
def command() -> None:
    """Give any agent the Files API: upload a local file once, then list, ask about, cite, download or delete it by id.

    \b
    files-api-mcp install claude-desktop ~/Documents
    files-api-mcp ~/Documents                          the same as: files-api-mcp serve ~/Documents
    files-api-mcp ask "When is the rent due?" lease.pdf --open

    Every option can also be set by an environment variable: --data-dir by FILES_API_MCP_DATA_DIR.
    """


@without_collection()
def main() -> None:
    """Runs the command. Exit codes: 0 success, 1 failure (one line on stderr), 2 wrong usage, 130 interrupted."""
    guard_streams()
    # Libraries start programs by name, such as a browser. They must never start one in the working directory.
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
        # click would exit with 1. This also covers an interrupt while modules are imported.
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
