"""What is known of a table in a document: its name, place, columns and first rows."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = ["ColumnType", "TableColumn", "TableInfo", "TableRow", "Value"]

Value = str | int | float | None
"""A cell as SQL sees it. Dates and times are texts in ISO 8601, booleans are 1 and 0, empty cells are None."""
ColumnType = Literal["text", "integer", "number", "date", "datetime", "time", "boolean"]


class TableColumn(NamedTuple):
    """A column. Its name is the header as it stands in the document; a repeated one is `Name_2`."""

    name: str
    type: ColumnType


class TableRow(NamedTuple):
    """A row, by its number (from 1) in the sheet, file or table."""

    number: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table. `name` is its name in SQL, `where` its place, `rows` counts its rows without the header, and `sample`
    are its first three, with long texts cut. `caption` is what the document calls it; "" for nothing. `more_columns`
    counts columns that are left out because there are many."""

    name: str
    where: str
    rows: int
    columns: tuple[TableColumn, ...]
    sample: tuple[TableRow, ...] = ()
    caption: str = ""
    more_columns: int = 0
