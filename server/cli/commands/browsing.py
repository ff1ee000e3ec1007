"""`files-api-mcp list` and `describe`."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from files_api_mcp.server.cli.client import Tools, with_tools
from files_api_mcp.server.cli.messages import for_people
from files_api_mcp.server.cli.output import is_terminal, print_json, print_row, say
from files_api_mcp.server.cli.progress import Bars
from files_api_mcp.server.settings import Settings

__all__ = ["ListOrder", "run_describe", "run_list"]

_MOST_AT_ONCE = 1000
_COLUMNS = ("file_id", "filename", "size_bytes", "mime_type", "created_at", "expires_at", "title")


@dataclass(frozen=True, slots=True)
class ListOrder:
    """Which files are shown; `all` of them, or the newest `limit`."""

    name_contains: str | None
    limit: int
    all: bool
    as_json: bool


def run_list(order: ListOrder, settings: Settings) -> int:
    """Print stored files, newest first; returns 0."""
    found = with_tools(settings, partial(_all if order.all else _newest, order))
    if order.as_json:
        print_json(found)
        return 0
    files: list[dict[str, Any]] = found["files"]
    if is_terminal() and files:
        from files_api_mcp.server.cli.tables import show_list

        show_list(files)
    else:
        for file in files:
            print_row(file.get(column) for column in _COLUMNS)
    if not files:
        say(for_people(found.get("next", "Nothing is stored yet; call upload_file.")))
    elif "next_cursor" in found:
        say(f"These are the newest {len(files)}: --limit and --all show more.")
    return 0


async def _newest(order: ListOrder, tools: Tools) -> dict[str, Any]:
    return await tools.data("list_files", name_contains=order.name_contains, limit=order.limit)


async def _all(order: ListOrder, tools: Tools) -> dict[str, Any]:
    """The list as if one page held it."""
    whole = page = await tools.data("list_files", name_contains=order.name_contains, limit=_MOST_AT_ONCE)
    while "next_cursor" in page:
        cursor = page["next_cursor"]
        page = await tools.data("list_files", name_contains=order.name_contains, limit=_MOST_AT_ONCE, cursor=cursor)
        whole["files"] += page["files"]
    whole.pop("next_cursor", None)
    return whole


def run_describe(file_id: str, settings: Settings, *, as_json: bool) -> int:
    """Print what is known of a file; returns 0."""
    with Bars() as bars:
        file = with_tools(settings, partial(_described, file_id, bars))
    if as_json:
        print_json(file)
    elif is_terminal():
        from files_api_mcp.server.cli.tables import show_description

        show_description(file)
    else:
        for name, value in file.items():
            print_row([name, _shown(name, value)])
    return 0


async def _described(file_id: str, bars: Bars, tools: Tools) -> dict[str, Any]:
    with bars.bar() as report:
        return await tools.data("describe_file", report, file_id=file_id)


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return for_people(value) if name == "next" else str(value)
