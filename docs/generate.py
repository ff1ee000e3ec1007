"""Generates the reference pages from the code: `uv run python -m docs.generate [--check]`.

--check writes nothing, and exits with 1 if a page is out of date.
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from files_api_mcp.backends import errors
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.server.cli.main import SUBCOMMANDS, command
from files_api_mcp.tools.arguments.signature import input_schema
from files_api_mcp.tools.catalog import CATALOG, Hints, ToolEntry

REFERENCE = Path(__file__).with_name("reference")
NOTE = "<!-- Written by docs/generate.py from the code. Do not edit. -->\n"


def tools_page() -> str:
    """The page of tools, as a model sees them."""
    head = (
        "# Tools\n\nThe description and arguments of each tool, as a model sees them. Each result is returned twice, as"
        " structured content and as the same JSON in text, because hosts show the model only one of them.\n\n"
        'Arguments are read as models and hosts write them: `"5"` and `5.0` for 5, `"true"`, `null` or `""` for'
        ' nothing, one id or a JSON string for a list, `2`, `[1, 2]` or `"page 2"` for pages, `fileId` for `file_id`.'
        " An argument that a tool does not know is ignored and named in `notes`; one that is nearly a known one is"
        " refused with the right name.\n"
    )
    return NOTE + head + "".join(_tool(entry) for entry in CATALOG)


def _tool(entry: ToolEntry) -> str:
    schema = input_schema(entry.function)
    required: list[str] = schema.get("required", [])
    rows = [
        (f"`{name}`", _type(value), "required" if name in required else _default(value), value.get("description", ""))
        for name, value in schema["properties"].items()
    ]
    there = "" if entry.there == entry.here else f" With an API key: {_hints(entry.there)}."
    offered = " Not offered with `--read-only`." if entry.writes else ""
    lines = [f"\n## {entry.name}\n", f"{entry.description}\n", f"Hints: {_hints(entry.here)}.{there}{offered}\n"]
    return "\n".join([*lines, _table(("argument", "type", "default", "meaning"), rows)])


def _hints(hints: Hints) -> str:
    return ", ".join(name.replace("_", " ") for name, holds in asdict(hints).items() if holds) or "none"


def _type(value: dict[str, Any]) -> str:
    kind = str(value.get("type", "any"))
    if kind == "array":
        kind = f"list of {value.get('items', {}).get('type', 'any')}s"
    limits = {"minimum": "at least {}", "maximum": "at most {}", "maxItems": "at most {}", "maxLength": "at most {}"}
    bounds = [words.format(f"{value[name]:,}") for name, words in limits.items() if name in value]
    return ", ".join([kind, *bounds])


def _default(value: dict[str, Any]) -> str:
    return f"`{value['default']}`" if "default" in value else "none"


def settings_page() -> str:
    """The page of subcommands, with their options and environment variables."""
    head = (
        "# Commands and settings\n\nYou can set each option on the command line or with its environment variable."
        " The command line takes precedence. The server reads no `.env` file and no configuration file.\n"
    )
    context = click.Context(command, info_name="files-api-mcp")
    return NOTE + head + "".join(_command(name, context) for name in SUBCOMMANDS)


def _command(name: str, parent: click.Context) -> str:
    found = command.get_command(parent, name)
    if found is None:
        raise LookupError(name)
    context = click.Context(found, info_name=name, parent=parent)
    usage = found.get_usage(context).removeprefix("Usage: ")
    rows = [
        (f"`{_names(parameter)}`", _variable(parameter), _value(parameter, context), parameter.help or "")
        for parameter in found.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    text = inspect.cleandoc(found.help or "").replace("\b\n", "")
    table = _table(("option", "variable", "default", "meaning"), rows) if rows else ""
    return f"\n## {name}\n\n```\n{' '.join(usage.split())}\n```\n\n{_paragraphs(text)}\n\n{table}"


def _paragraphs(text: str) -> str:
    """Help text as Markdown, with commands in code blocks."""
    parts = (f"```sh\n{part}\n```" if part.startswith("files-api-mcp ") else part for part in text.split("\n\n"))
    return "\n\n".join(parts)


def _names(option: click.Option) -> str:
    shown = f" {option.make_metavar(click.Context(command))}" if not option.is_flag else ""
    return ", ".join(option.opts) + shown


def _variable(option: click.Option) -> str:
    return f"`{option.envvar}`" if option.envvar else ""


def _value(option: click.Option, context: click.Context) -> str:
    # click represents a missing default by a sentinel object.
    default: object = option.get_default(context)
    return f"`{default}`" if isinstance(default, str | int | float) and not option.is_flag else ""


def errors_page() -> str:
    """The page of error codes."""
    head = (
        "# Errors\n\nA tool that fails returns `[code] One sentence. Next step.` Agents may branch on the code: a"
        " released code never changes. The command line prints the same line and exits with 1.\n\n"
    )
    rows = [(f"`{one.code}`", _about(one), one.default_next_step or "Given in each error.") for one in _coded()]
    return NOTE + head + _table(("code", "meaning", "default next step"), rows)


def _coded() -> Iterator[type[FilesError]]:
    for name in errors.__all__:
        found: Any = getattr(errors, name)
        if inspect.isclass(found) and issubclass(found, FilesError) and "code" in vars(found) and found != FilesError:
            yield found


def _about(error: type[FilesError]) -> str:
    return (error.__doc__ or "").split(". ")[0].rstrip(".")


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {"tools.md": tools_page, "settings.md": settings_page, "errors.md": errors_page}


def stale() -> list[str]:
    """The pages that are out of date."""
    return [
        name
        for name, page in PAGES.items()
        if not (REFERENCE / name).exists() or (REFERENCE / name).read_text(encoding="utf-8") != page()
    ]


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        for name in (found := stale()):
            print(f"docs/reference/{name} is stale: run `uv run python -m docs.generate`")
        return int(bool(found))
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
