"""Options shared by several commands, with one environment variable each, and the Settings made from them."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from files_api_mcp.backends.backend_options import BackendOption
from files_api_mcp.backends.registry import AUTO, BACKENDS
from files_api_mcp.backends.roots.wide_folders import home_folders
from files_api_mcp.backends.validation import MAX_FILE_SIZE as DEFAULT_MAX_FILE_SIZE
from files_api_mcp.backends.validation import is_unexpanded
from files_api_mcp.server.settings import (
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
    "EXPIRES_IN_HOURS",
    "HOST_CONFIG",
    "HOST_NAME",
    "LOG_LEVEL",
    "MAX_FILE_SIZE",
    "PAGES",
    "PREFIX",
    "QUIET_LOG_LEVEL",
    "READ_ONLY",
    "ROOTS",
    "SEMANTIC_MODEL",
    "WITHIN",
    "backend_options",
    "data_dir_from",
    "option",
    "settings_from",
]

PREFIX = "FILES_API_MCP"


def option(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option with the same variable for all commands: the variable's name does not contain the command's."""
    variable = f"{PREFIX}_{name.removeprefix('--').upper().replace('-', '_')}"
    return click.option(name, envvar=variable, show_envvar=True, **attributes)


class _DataDir(click.Path):
    """A folder that becomes private to this user, so it must not be one that other users need."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        value = str(value)
        if not value.strip():
            raise BadSettings("--data-dir is empty. Give a folder, or omit the option.")
        reason = wide_reason(Path(os.path.expanduser(value)), home_folders())  # noqa: PTH111
        # A service's home folder is often its data folder.
        if reason not in (None, "is your home folder"):
            raise BadSettings(f"--data-dir {value} {reason}. Give another folder.")
        return super().convert(value, param, ctx)


DATA_DIR = option(
    "--data-dir",
    type=_DataDir(path_type=Path),
    help="Data folder; default: the platform's user data folder.",
)
# Parsed as text: as a Path, an empty one would become the working directory.
ROOTS = click.argument("roots", nargs=-1, type=click.Path(), envvar=f"{PREFIX}_ROOTS", metavar="[ROOT]...")
ALLOW_WIDE_ROOT = option(
    "--allow-wide-root", is_flag=True, help="Allow a ROOT that is /, your home folder, or a folder above it."
)
MAX_FILE_SIZE = option(
    "--max-file-size",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_FILE_SIZE,
    show_default=True,
    metavar="BYTES",
    help="Maximum size of a file.",
)
EXPIRES_IN_HOURS = option(
    "--expires-in-hours",
    type=click.IntRange(1, 2160),
    metavar="N",
    help="Delete each uploaded file automatically after N hours.",
)
ALLOW_SENSITIVE = option(
    "--allow-sensitive",
    is_flag=True,
    help="Allow uploading keys, .env files and other secrets, and downloads under any name.",
)
READ_ONLY = option("--read-only", is_flag=True, help="Offer only tools that read: no upload, download or delete.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the tool's result as one line of JSON.")
HOST_NAME = click.option("--name", default="files", show_default=True, help="Name of the server in the host.")
HOST_CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Path of the host's configuration, if it is not in the usual place.",
)
WITHIN = click.option(
    "--within",
    metavar="WORDS",
    help="Only files for which all of these words hold: part of a name, folder/ or a glob, type:pdf, tag:NAME, "
    "after:2026-01-31, before:2026-03-01, state:superseded or state:gone.",
)


def _checked_pages(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    from files_api_mcp.tools.arguments.pages import parse_pages

    try:
        if value is not None:
            parse_pages(value)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from None
    return value


PAGES = click.option("--pages", callback=_checked_pages, metavar="PAGES", help='Only these pages, as in "7" or "3-5".')
SEMANTIC_MODEL = option(
    "--semantic-model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Also rank passages by meaning, with the sentence-embedding model (ONNX) in this folder; requires "
    "files-api-mcp[semantic].",
)
_LEVELS = click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False)
_LOG_HELP = "Minimum level of log lines on stderr."
LOG_LEVEL = option("--log-level", type=_LEVELS, default="WARNING", show_default=True, help=_LOG_HELP)
QUIET_LOG_LEVEL = option("--log-level", type=_LEVELS, default="ERROR", show_default=True, help=_LOG_HELP)
"""For commands that print a failure as one line themselves."""


_BACKEND = option(
    "--backend",
    type=click.Choice([AUTO, *BACKENDS]),
    default=AUTO,
    show_default=True,
    help="Where files are stored: on this machine, or in the workspace of ANTHROPIC_API_KEY (or "
    "ANTHROPIC_AUTH_TOKEN); auto: anthropic if a key is set, otherwise local.",
)


def backend_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that choose a backend, and those of each backend."""
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
    """The absolute path of the data folder.

    Raises:
        BadSettings: It is a variable that the host did not replace.
    """
    data_dir: Path = options["data_dir"] or default_data_dir()
    if is_unexpanded(str(data_dir)):
        raise BadSettings("--data-dir is a placeholder that the host did not replace. Put the folder itself there.")
    return Path.cwd() / data_dir.expanduser()


def settings_from(
    roots: Sequence[str | Path], options: Mapping[str, Any], *, allow_wide_root: bool = False
) -> Settings:
    """Returns the Settings for a command's options; options that the command lacks have their defaults.

    `allow_wide_root` is for roots derived from given paths.

    Raises:
        BadSettings: An option's value is not usable.
    """
    wide = allow_wide_root or options.get("allow_wide_root", False)
    given = [os.fspath(root) for root in roots]
    # Remote agents have no working directory here, and must not get the operator's.
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
        expires_in_hours=options.get("expires_in_hours"),
        tools=_names(tools) if tools else None,
        exclude_tools=_names(options.get("exclude_tools") or ""),
        log_level=options.get("log_level", "WARNING"),
        semantic_model=options.get("semantic_model"),
        remote=remote,
        # A person who gives paths to a command knows the folders.
        name_roots="transport" in options and not remote,
        state_keys=state_keys_from(options.get("state_key_env"), os.environ),
        backend=backend_from(options["backend"], os.environ, options),
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())
