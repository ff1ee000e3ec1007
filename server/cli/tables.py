"""Tables of files, fitted to the terminal's width."""

from collections.abc import Sequence
from typing import Any, cast

from rich.table import Table
from rich.text import Text

from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.output import console, escape, format_time
from files_api_mcp.tools.formatting import format_size

__all__ = ["print_description", "print_list", "print_rows", "print_uploads"]

_TIMES = ("created_at", "expires_at")


def print_list(files: Sequence[dict[str, Any]]) -> None:
    """Prints one row per file, without empty columns."""
    table = _table()
    _add_file_columns(table, files)
    table.add_column("Stored", no_wrap=True)
    expiring = any("expires_at" in file for file in files)
    if expiring:
        table.add_column("Expires", no_wrap=True)
    titled = any("title" in file for file in files)
    if titled:
        table.add_column("Title", overflow="fold")
    for file in files:
        cells = [*_file_cells(file), Text(format_time(file["created_at"]))]
        if expiring:
            cells.append(_expiry(file))
        if titled:
            cells.append(_text(file.get("title", "")))
        table.add_row(*cells)
    console().print(table)


def print_uploads(files: Sequence[dict[str, Any]]) -> None:
    """Prints one row per uploaded file."""
    table = _table()
    _add_file_columns(table, files)
    table.add_column("Pages", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for file in files:
        state = Text("already stored", style="dim") if file["reused"] else Text("stored", style="green")
        table.add_row(*_file_cells(file), Text(str(file.get("pages", ""))), state)
    console().print(table)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints the result of a query; columns of numbers are aligned to the right."""
    table = _table()
    for at, name in enumerate(columns):
        is_number = all(isinstance(row[at], int | float | None) for row in rows)
        table.add_column(_text(name), overflow="fold", justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(_text("" if value is None else value) for value in row))
    console().print(table)


def print_description(file: dict[str, Any]) -> None:
    """Prints a file's fields, one per line."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in file.items():
        if name != "tables":
            table.add_row(Text(name.replace("_", " ")), _described(name, value))
    console().print(table)
    for one in file.get("tables", ()):
        _print_table(one)


def _print_table(table: dict[str, Any]) -> None:
    """Prints a table's name, place and number of rows, and its columns with their types and first values."""
    console().print()
    count = f"{table['rows']:,} {'row' if table['rows'] == 1 else 'rows'}"
    caption = f"  {escape(table['caption'])}" if "caption" in table else ""
    name, place = Text(escape(table["name"]), style="bold"), f"{escape(table['where'])}, {count}{caption}"
    console().print(name, Text(place, style="dim"))
    shown = Table.grid(padding=(0, 2))
    shown.add_column(overflow="fold")
    shown.add_column(style="dim", no_wrap=True)
    shown.add_column(overflow="fold")
    for at, column in enumerate(table["columns"]):
        name, _, kind = column.rpartition(": ")
        values = ", ".join(str(row[at]) for row in table.get("sample", ()) if row[at] is not None)
        shown.add_row(_text(f"  {name}"), Text(kind), _text(values))
    console().print(shown)
    if more := table.get("more_columns"):
        console().print(Text(f"  and {more:,} more columns", style="dim"))


def _described(name: str, value: Any) -> Text:
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if name == "size_bytes":
        return Text(f"{format_size(value)} ({value:,} bytes)" if value >= 1000 else f"{value} bytes")
    if name in _TIMES:
        return Text(format_time(value))
    if name == "next":
        return _text(for_command_line(value))
    if isinstance(value, list):
        return Text("\n").join(_text(str(one)) for one in cast("list[object]", value))
    return _text(f"{value:,}" if isinstance(value, int) else value)


def _add_file_columns(table: Table, files: Sequence[dict[str, Any]]) -> None:
    # A truncated id is useless, so names wrap instead.
    table.add_column("File id", no_wrap=True, style="cyan", min_width=max(len(file["file_id"]) for file in files))
    table.add_column("Name", overflow="fold", min_width=8)
    table.add_column("Size", justify="right", no_wrap=True)


def _file_cells(file: dict[str, Any]) -> list[Text]:
    return [_text(file["file_id"]), _text(file["filename"]), Text(format_size(file["size_bytes"]))]


def _expiry(file: dict[str, Any]) -> Text:
    if "expires_at" not in file:
        return Text("")
    return Text(format_time(file["expires_at"]), style="red" if file.get("expired") else "")


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", expand=False)


def _text(value: Any) -> Text:
    return Text(escape(str(value)))
