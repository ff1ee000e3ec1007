"""Tables in a description: whole while they fit, the largest first, and never more than some tokens."""

from files_api_mcp.backends.table_info import TableColumn, TableInfo, TableRow
from files_api_mcp.backends.tokens import estimate_tokens
from files_api_mcp.tools.result_size import compact_json
from files_api_mcp.tools.tables.described import all_tables, short_tables


def table(name: str, rows: int, columns: int = 4, value: str = "Copenhagen") -> TableInfo:
    named = tuple(TableColumn(f"Column {number}", "text") for number in range(columns))
    sample = tuple(TableRow(number + 2, (value,) * columns) for number in range(min(rows, 3)))
    return TableInfo(name, f"{name}!A1:D{rows + 1}", rows, named, sample)


def tokens(tables: list[TableInfo]) -> int:
    shown, others = short_tables(tables)
    return sum(estimate_tokens(compact_json(one)) for one in shown) + sum(map(estimate_tokens, others))


def test_few_tables_are_shown_whole_and_in_order() -> None:
    given = [table("May", 3), table("June", 300), table("July", 0)]
    shown, others = short_tables(given)
    assert ([one.name for one in shown], others) == (["May", "June", "July"], [])
    assert [len(one.sample or ()) for one in shown] == [3, 3, 0]
    assert shown == all_tables(given)


def test_of_many_tables_the_largest_are_shown_and_the_others_named() -> None:
    given = [table(f"Sheet {number}", 10 * (number % 7)) for number in range(90)]
    shown, others = short_tables(given)
    assert {one.rows for one in shown} == {50, 60}
    assert [one.name for one in shown] == sorted((one.name for one in shown), key=lambda name: int(name[6:]))
    assert others[:2] == ["Sheet 0 (0 rows)", "Sheet 1 (10 rows)"]
    assert tokens(given) <= 2_100
    assert 0 < len(shown) <= 20
    assert len(shown) + len(others) < 90


def test_a_wide_table_is_shown_with_some_of_its_columns() -> None:
    (shown,), _ = short_tables([table("Wide", 50, columns=400)])
    assert shown.more_columns == 400 - len(shown.columns)
    assert len(shown.columns) >= 20
    assert tokens([table("Wide", 50, columns=400, value="x" * 100)]) <= 2_000


def test_long_values_are_cut() -> None:
    (shown,), _ = short_tables([table("A", 1, columns=1, value="x" * 100)])
    assert shown.sample == [["x" * 40 + "..."]]
