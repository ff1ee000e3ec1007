"""Shell completion: the script for each shell, and the ids of stored files."""

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

__all__ = ["FILE", "FILE_ID", "SHELLS", "completion_script"]

SHELLS = ("bash", "zsh", "fish")

_MAX_IDS = 50
_VARIABLE = "_FILES_API_MCP_COMPLETE"


class _FileId(click.ParamType[str]):
    """A file id; the tools validate it."""

    name = "file_id"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem[str]]":
        """The ids of the newest files that start with the typed text, with the files' names."""
        from files_api_mcp.server.cli.options import data_dir_from
        from files_api_mcp.server.cli.output import escape

        given = ctx.params.get("file_ids") or ()
        recent = _recent_files(ctx, data_dir_from(ctx.params), incomplete)
        return [CompletionItem(file_id, help=escape(name)) for file_id, name in recent if file_id not in given]


FILE_ID = _FileId()


class _File(_FileId):
    """A file id, or the path of a file."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[str]]":
        """Ids, or else paths."""
        return super().shell_complete(ctx, param, incomplete) or [CompletionItem(incomplete, type="file")]


FILE = _File()


def _recent_files(ctx: click.Context, data_dir: Path, prefix: str) -> list[tuple[str, str]]:
    from files_api_mcp.backends.errors import InvalidArgument
    from files_api_mcp.backends.registry import AUTO, choose_backend

    try:
        backend = choose_backend(ctx.params.get("backend") or AUTO, os.environ, ctx.params)
    except InvalidArgument:
        return []
    return backend.recent(data_dir, prefix, _MAX_IDS)


def completion_script(command: click.Command, shell: str) -> str:
    """The script that a shell loads to complete this command."""
    completion_class = get_completion_class(shell)
    assert completion_class is not None
    completion = completion_class(command, {}, "files-api-mcp", _VARIABLE)
    if shell != "bash":
        return completion.source()
    # source() of the bash class checks the version of the first bash on PATH, which may not be the user's.
    return completion.source_template % completion.source_vars()
