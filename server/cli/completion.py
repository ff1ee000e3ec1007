"""Completion in a shell: the script that a shell reads, and the ids of stored files."""

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

__all__ = ["FILE_ID", "SHELLS", "completion_script"]

SHELLS = ("bash", "zsh", "fish")

_MOST = 50
_VARIABLE = "_FILES_API_MCP_COMPLETE"


class _FileId(click.ParamType[str]):
    """An id, which the tools themselves check."""

    name = "file_id"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem[str]]":
        """The newest files' ids that begin so, with the files' names."""
        from files_api_mcp.server.cli.options import data_dir_from
        from files_api_mcp.server.cli.output import escape

        given = ctx.params.get("file_ids") or ()
        found = [(file_id, name) for file_id, name in _recent(ctx, data_dir_from(ctx.params), incomplete)]
        return [CompletionItem(file_id, help=escape(name)) for file_id, name in found if file_id not in given]


FILE_ID = _FileId()


def _recent(ctx: click.Context, data_dir: Path, beginning: str) -> list[tuple[str, str]]:
    from files_api_mcp.backends.errors import InvalidArgument
    from files_api_mcp.backends.registry import AUTO, choose_backend

    try:
        backend = choose_backend(ctx.params.get("backend") or AUTO, os.environ, ctx.params)
    except InvalidArgument:
        return []
    return backend.recent(data_dir, beginning, _MOST)


def completion_script(command: click.Command, shell: str) -> str:
    """What this shell has to read to complete the command's words."""
    completing = get_completion_class(shell)
    assert completing is not None
    if shell != "bash":
        return completing(command, {}, "files-api-mcp", _VARIABLE).source()
    # Its `source` runs the bash that it finds to look at its version, which need not be the one that asks.
    made = completing(command, {}, "files-api-mcp", _VARIABLE)
    return made.source_template % made.source_vars()
