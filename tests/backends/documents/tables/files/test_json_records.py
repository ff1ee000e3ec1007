"""Tables of JSON and JSON lines."""

import io
import json
from typing import Any

import pytest

from files_api_mcp.backends.documents.tables.files import json_records
from files_api_mcp.backends.documents.tables.files.json_records import json_tables
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.typed import typed_table
from files_api_mcp.backends.table_info import Value

PEOPLE: list[dict[str, Any]] = [
    {"name": "Alice", "age": 5, "address": {"city": "Rome", "zip": "00501"}, "tags": ["a", "b"], "born": "2019-01-31"},
    {"name": "Bob", "score": 1.5, "active": True, "address": None, "tags": [], "born": None},
]


def tables(text: str) -> list[DocumentTable]:
    return list(json_tables(io.BytesIO(text.encode())))


def values(table: DocumentTable) -> list[tuple[int, list[Value]]]:
    return list(typed_table(table).rows())


def test_an_array_of_objects_is_a_table_with_the_names_of_nested_objects() -> None:
    (table,) = tables(json.dumps(PEOPLE, indent=2))
    typed = typed_table(table)
    assert {one.name: one.type for one in typed.columns} == {
        "name": "text",
        "age": "integer",
        "address.city": "text",
        "address.zip": "text",
        "tags": "text",
        "born": "date",
        "score": "number",
        "active": "boolean",
        "address": "text",
    }
    assert list(typed.rows()) == [
        (1, ["Alice", 5, "Rome", "00501", '["a", "b"]', "2019-01-31", None, None, None]),
        (2, ["Bob", None, None, None, "[]", None, 1.5, 1, None]),
    ]
    assert table.where == "lines 1-23"


def test_objects_line_by_line_are_a_table_whose_rows_have_the_numbers_of_the_lines() -> None:
    (table,) = tables('\ufeff{"a": 1}\n\n{"a": 2, "b": "x"}\nnot JSON\n[1]\n{"a": 3}\n')
    assert values(table) == [(1, [1, None]), (3, [2, "x"]), (6, [3, None])]
    assert table.where == "lines 1-6"


def test_arrays_in_objects_are_tables_named_by_their_keys() -> None:
    text = json.dumps(
        {"count": 2, "data": {"people": [{"a": 1}], "n": [1, 2]}, "towns": [{"b": 2}, {"b": 3}]}, indent=1
    )
    people, towns = tables(text)
    assert (people.name, towns.name) == ("data.people", "towns")
    assert values(towns) == [(1, [2]), (2, [3])]
    lines = text.split("\n")
    first, last = map(int, towns.where.removeprefix("lines ").split("-"))
    assert lines[first - 1].startswith(' "towns": [')
    assert lines[last - 1] == " ]"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"a": 1}', "[1, 2]", "null", '{"a": [1, {"b": 2}', "[" * 100_000, "x"]
)
def test_other_json_has_no_tables_and_is_no_fault(text: str) -> None:
    found = tables(text)
    assert [values(table) for table in found] == ([[(2, [2])]] if '"b"' in text else [])


def test_what_stands_before_damage_is_a_table() -> None:
    (table,) = tables('[{"a": 1}, {"a": 2}, {"a": ')
    assert values(table) == [(1, [1]), (2, [2])]


def test_records_that_are_not_kept_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ['{"x": [' + ",".join(f'{{"a": {n}, "b": "t{n}"}}' for n in range(500)) + "]}"]
    texts.append("\n".join(f'{{"a": {n}, "b": "t{n}"}}' for n in range(500)))
    kept = [values(table) for text in texts for table in tables(text)]
    monkeypatch.setattr(json_records, "_CELLS_KEPT", 10)
    assert [values(table) for text in texts for table in tables(text)] == kept
    assert len(kept[0]) == len(kept[1]) == 500


def test_columns_are_bounded() -> None:
    (table,) = tables(json.dumps([{f"k{n}": n} for n in range(1500)]))
    assert len(table.header) == 1000
    assert table.notes == ["It has more than 1000 columns; the others are left out."]
