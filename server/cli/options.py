"""Options that several subcommands take, each with one environment variable for all of them, and the settings that
they make."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from files_api_mcp.backends.options import BackendOption
from files_api_mcp.backends.registry import AUTO, BACKENDS
from files_api_mcp.backends.roots.wide import home_folders
from files_api_mcp.server.settings import (
    DEFAULT_MAX_FILE_SIZE,
    BadSettings,
    Settings,
    backend_from,
    default_data_dir,
    state_keys_from,
    usable_roots,
    wide_reason,
)

__all__ = [
    "ALLOW_SENSITIVE",
    "ALLOW_WIDE_ROOT",
    "AS_JSON",
    "DATA_DIR",
    "LOG_LEVEL",
    "MAX_FILE_SIZE",
    "PREFIX",
    "QUIET_LOG_LEVEL",
    "ROOTS",
    "SEMANTIC_MODEL",
    "backend_options",
    "data_dir_from",
    "option",
    "settings_from",
]

PREFIX = "FILES_API_MCP"


def option(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option with one variable for all subcommands, without the subcommand's name in it."""
    variable = f"{PREFIX}_{name.removeprefix('--').upper().replace('-', '_')}"
    return click.option(name, envvar=variable, show_envvar=True, **attributes)


class _DataDir(click.Path):
    """A folder to be closed to other users, which must not be one that everybody needs."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        value = str(value)
        if not value.strip():
            raise BadSettings("--data-dir is empty. Name a folder, or leave the option out.")
        reason = wide_reason(Path(os.path.expanduser(value)), home_folders())  # noqa: PTH111
        # A service's home folder is often the place of its data.
        if reason not in (None, "is your home folder"):
            raise BadSettings(f"--data-dir {value} {reason}. Name another folder.")
        return super().convert(value, param, ctx)


DATA_DIR = option(
    "--data-dir",
    type=_DataDir(path_type=Path),
    help="Where files are kept; default: the platform's user data folder.",
)
# As text: an empty path would become the working directory.
ROOTS = click.argument("roots", nargs=-1, type=click.Path(), envvar=f"{PREFIX}_ROOTS", metavar="[ROOT]...")
ALLOW_WIDE_ROOT = option(
    "--allow-wide-root", is_flag=True, help="Accept a ROOT that is /, your home folder, or a folder above it."
)
MAX_FILE_SIZE = option(
    "--max-file-size",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_FILE_SIZE,
    show_default=True,
    metavar="BYTES",
    help="Refuse larger files.",
)
ALLOW_SENSITIVE = option("--allow-sensitive", is_flag=True, help="Let keys, .env files and other secrets go up.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print what an agent gets, in one line.")
SEMANTIC_MODEL = option(
    "--semantic-model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Rank passages by meaning too, with the sentence-embedding model (ONNX) in this folder; needs the extra "
    "files-api-mcp[semantic].",
)
_LEVELS = click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False)
LOG_LEVEL = option("--log-level", type=_LEVELS, default="WARNING", show_default=True)
QUIET_LOG_LEVEL = option("--log-level", type=_LEVELS, default="ERROR", show_default=True)
"""For commands that say in one line of their own what was wrong."""


_BACKEND = option(
    "--backend",
    type=click.Choice([AUTO, *BACKENDS]),
    default=AUTO,
    show_default=True,
    help="Where files live: on this machine, or in the workspace of ANTHROPIC_API_KEY (or "
    "ANTHROPIC_AUTH_TOKEN); auto: there when one of them is set, else here.",
)


def backend_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose a backend, and those of each backend."""
    declared = (_click_option(one) for backend in BACKENDS.values() for one in backend.options)
    for add in reversed((_BACKEND, *declared)):
        function = add(function)
    return function


def _click_option(one: BackendOption) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    kind: click.ParamType[Any] = click.STRING
    if one.choices:
        kind = click.Choice(one.choices)
    elif one.minimum is not None:
        kind = click.IntRange(min=one.minimum) if isinstance(one.minimum, int) else click.FloatRange(min=one.minimum)
    return option(
        one.name,
        type=kind,
        default=one.default,
        show_default=one.default is not None,
        metavar=one.metavar,
        help=one.help,
    )


def data_dir_from(options: Mapping[str, Any]) -> Path:
    """The data folder, absolute."""
    return Path.cwd() / (options["data_dir"] or default_data_dir()).expanduser()


def settings_from(
    roots: Sequence[str | Path], options: Mapping[str, Any], *, allow_wide_root: bool = False
) -> Settings:
    """Settings from the options of a subcommand; an option that the subcommand lacks has its default.

    `allow_wide_root` is for roots that are derived from the files that a person names.

    Raises:
        BadSettings: They cannot be used.
    """
    wide = allow_wide_root or options.get("allow_wide_root", False)
    given = [os.fspath(root) for root in roots]
    # Whoever calls from elsewhere has no working directory here, and no business in the operator's.
    remote = options.get("transport", "stdio") != "stdio"
    tools = options.get("tools")
    return Settings(
        roots=()
        if remote and not given
        else usable_roots(given, cwd=Path.cwd(), homes=home_folders(), allow_wide=wide),
        data_dir=data_dir_from(options),
        read_only=options.get("read_only", False),
        confirm_deletes=options.get("confirm_deletes", "auto"),
        allow_sensitive=options.get("allow_sensitive", False),
        allow_wide_root=wide,
        max_file_size=options.get("max_file_size", DEFAULT_MAX_FILE_SIZE),
        tools=_names(tools) if tools else None,
        exclude_tools=_names(options.get("exclude_tools") or ""),
        log_level=options.get("log_level", "WARNING"),
        semantic_model=options.get("semantic_model"),
        remote=remote,
        state_keys=state_keys_from(options.get("state_key_env"), os.environ),
        backend=backend_from(options["backend"], os.environ, options),
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())
