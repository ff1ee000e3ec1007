"""Types of columns, from texts as people write them and from stored values."""

from datetime import date, datetime, time

import pytest

from files_api_mcp.backends.documents.tables.table import Cell, CellError, DocumentTable
from files_api_mcp.backends.documents.tables.typed import TypedTable, typed_table
from files_api_mcp.backends.table_info import Value

DAY, MOMENT = datetime.fromisoformat("2024-01-31"), datetime.fromisoformat("2024-02-01T08:30")


def typed(*columns: list[str], header: list[str] | None = None) -> TypedTable:
    rows = list(zip(*columns, strict=True))
    names = header or [f"c{n}" for n in range(len(columns))]
    return typed_table(DocumentTable(names, lambda: iter(list(enumerate(rows, start=2)))))


def stored(*columns: list[Cell]) -> TypedTable:
    rows = list(zip(*columns, strict=True))
    names = [f"c{n}" for n in range(len(columns))]
    return typed_table(DocumentTable(names, lambda: iter(list(enumerate(rows, start=2))), has_texts=False))


def column(table: TypedTable, index: int = 0) -> tuple[str, list[Value]]:
    return table.columns[index].type, [values[index] for _, values in table.rows()]


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (["1", "-2", "", "30"], "integer", [1, -2, None, 30]),
        (["1.5", "2", "-0.25"], "number", [1.5, 2.0, -0.25]),
        (["0.709", "0.012", "0.000"], "number", [0.709, 0.012, 0.0]),
        (["1,234.50", "12", "1,000,000"], "number", [1234.5, 12.0, 1000000.0]),
        (["1.234,50", "12", "1.000.000"], "number", [1234.5, 12.0, 1000000.0]),
        (["1.234", "0,5", "12"], "number", [1234.0, 0.5, 12.0]),
        (["1 234,50", "12\u00a0345,00", "7\u202f000"], "number", [1234.5, 12345.0, 7000.0]),
        (["1'234.50", "12\u2019345"], "number", [1234.5, 12345.0]),
        (["1,234", "12,345", "7"], "integer", [1234, 12345, 7]),
        (["1,23,456", "12,34,567"], "integer", [123456, 1234567]),
        (["$1,234.50", "($5.00)", "$ -3.25", "-$1.00"], "number", [1234.5, -5.0, -3.25, -1.0]),
        (["12,50 €", "3,00 €"], "number", [12.5, 3.0]),
        (["USD 5", "USD 7"], "integer", [5, 7]),
        (["12.5%", "3 %", "(1.5%)", "(2)%"], "number", [0.125, 0.03, -0.015, -0.02]),
        (["(1,234)", "5", "1,000-", "\u22127"], "integer", [-1234, 5, -1000, -7]),
        (["1,234 (1)", "5*", "7¹", "12[2]", "5 †"], "integer", [1234, 5, 7, 12, 5]),
        (["1", "-", "3", "n/a", "\u2014", "N/M", "**"], "integer", [1, None, 3, None, None, None, None]),
        (["1.1", "1.2", "1.3"], "number", [1.1, 1.2, 1.3]),
        (["1e3", "2.5E-2", "7"], "number", [1000.0, 0.025, 7.0]),
        (["2021", "2022", "2023"], "integer", [2021, 2022, 2023]),
        (["true", "FALSE", ""], "boolean", [1, 0, None]),
        (["2024-01-31", "2024/2/1"], "date", ["2024-01-31", "2024-02-01"]),
        (["31.12.2024", "1.2.2024"], "date", ["2024-12-31", "2024-02-01"]),
        (["12/31/2024", "01/02/2024"], "date", ["2024-12-31", "2024-01-02"]),
        (["31/12/24", "01/02/24"], "date", ["2024-12-31", "2024-02-01"]),
        (["31 Dec 2024", "Jan 2, 2025"], "date", ["2024-12-31", "2025-01-02"]),
        (["3. März 2025", "4-May-25"], "date", ["2025-03-03", "2025-05-04"]),
        (["2024-01-31T12:30:00Z", "2024-02-01"], "datetime", ["2024-01-31 12:30:00Z", "2024-02-01 00:00:00"]),
        (["2024-01-31 12:30", "2024-02-01"], "datetime", ["2024-01-31 12:30:00", "2024-02-01 00:00:00"]),
        (["9:05", "12:30 PM", "12:01 am"], "time", ["09:05:00", "12:30:00", "00:01:00"]),
    ],
)  # fmt: skip
def test_texts_of_one_kind_get_its_type(texts: list[str], kind: str, values: list[Value]) -> None:
    assert column(typed(texts)) == (kind, values)


@pytest.mark.parametrize(
    "texts",
    [
        ["00501", "10001", "90210"],
        ["+4930123456", "+4940123456"],
        ["1234567890123456", "4111111111111111"],
        ["DE89370400440532013000", "12"],
        ["1.2.3", "1.10.2", "2.0.1"],
        ["10.0.0.1", "192.168.0.1"],
        ["1.8", "1.9", "1.10", "2.1"],
        ["A1", "22", "23", "24"],
        ["1,5", "2.5"],
        ["$5", "€7"],
        ["01/02/2024", "03/04/2024"],
        ["31/12/2024", "12/31/2024"],
        ["12:30", "37:15", "40:00"],
        ["yes", "no"],
        ["-", "n/a"],
        ["2024-13-01", "2024-00-10"],
        ["2024-01", "2024-02"],
        ["1.234", "850", "12.345"],
        ["5 kg", "7 kg"],
        ["1.2M", "3.4M"],
        ["(5", "7)"],
    ],
)
def test_what_is_not_surely_of_another_type_stays_the_text_that_it_is(texts: list[str]) -> None:
    assert column(typed(texts)) == ("text", texts)


def test_other_columns_prove_the_sign_of_decimals_and_the_order_of_dates() -> None:
    table = typed(["1,234", "5,678"], ["1,5", "2,25"], ["01/02/2024", "03/04/2024"], ["31/12/2024", "01/01/2024"])
    assert column(table) == ("number", [1.234, 5.678])
    assert column(table, 2) == ("date", ["2024-02-01", "2024-04-03"])


def test_a_few_words_among_numbers_stay_and_are_noted() -> None:
    table = typed(["1", "2", "3", "see below", "5"], header=["Amount"])
    assert column(table) == ("integer", [1, 2, 3, "see below", 5])
    assert table.notes == ("Amount: 1 of 5 values are of another type, such as 'see below' in row 5.",)


def test_doubts_and_units_are_noted() -> None:
    table = typed(
        ["$5", "$6"], ["5%", "7%"], ["01/02/2024", "03/04/2024"], ["$1", "€2"], header=["Price", "Share", "Day", "Mix"]
    )
    assert table.notes == (
        "Price: in $.",
        "Share: percent: 12.5% is 0.125.",
        "Day: day and month of '01/02/2024' in row 2 cannot be told apart, so it is text.",
        "Mix: has several currencies ($, €), so it is text.",
    )


def test_a_percent_sign_that_only_some_numbers_have_changes_none_of_them() -> None:
    table = typed(["50.9 %", "23.2", "(1.7)", "22.0 %"], header=["2018"])
    assert column(table) == ("number", [50.9, 23.2, -1.7, 22.0])
    assert table.notes == ("2018: percent in 2 of 4 values: 12.5% is 12.5.",)


def test_decimals_that_may_be_thousands_are_noted() -> None:
    table = typed(["1.234", "2.500", "3.125"], header=["Price"])
    assert column(table) == ("number", [1.234, 2.5, 3.125])
    assert table.notes == ("Price: 1.234 is read as 1 and decimals; it may be thousands.",)
    assert typed(["1.234", "2.500"], ["1.5", "2.25"]).notes == ()


def test_a_cell_of_figures_and_words_makes_a_column_text_and_is_named() -> None:
    table = typed(["1.5", "2.5", "3.5 or so 4"], header=["Rate"])
    assert column(table) == ("text", ["1.5", "2.5", "3.5 or so 4"])
    assert table.notes == ("Rate: '3.5 or so 4' in row 4 is no number, so it is text.",)


def test_rows_of_totals_are_noted() -> None:
    table = typed(["North", "South", "Total", "Grand total"], ["1", "2", "3", "6"])
    assert table.notes == ("Rows 4, 5 look like totals.",)


def test_a_total_is_noted_in_each_column_of_texts_that_says_nothing_else() -> None:
    table = typed(["North", "", "South", ""], ["Total Energies", "Sum", "Pears", "Grand total:"], ["1", "1", "2", "3"])
    assert table.notes == ("Rows 3, 5 look like totals.",)
    table = typed(["North", "North Total", "South", "Totally Fine"], ["1", "1", "2", "3"])
    assert table.notes == ("Row 3 looks like a total.",)


def test_many_notes_on_columns_leave_room_for_that_on_totals() -> None:
    percents = [["1 %", "2 %"]] * 15
    notes = typed(["North", "Total"], *percents).notes
    assert (len(notes), notes[-1]) == (12, "Row 3 looks like a total.")


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        ([1, 2.0, None], "integer", [1, 2, None]),
        ([1, 2.5], "number", [1.0, 2.5]),
        ([True, False], "boolean", [1, 0]),
        ([DAY, date(2024, 2, 1)], "date", ["2024-01-31", "2024-02-01"]),
        ([DAY, MOMENT], "datetime", ["2024-01-31 00:00:00", "2024-02-01 08:30:00"]),
        ([time(8, 5), None], "time", ["08:05:00", None]),
        ([1, CellError("#DIV/0!"), 3], "integer", [1, None, 3]),
        ([5, "00501", 7, 8], "text", [5, "00501", 7, 8]),
        ([5, "see below", 7, 8], "integer", [5, "see below", 7, 8]),
        ([5, "n/a", 7], "integer", [5, None, 7]),
        ([2**70, 5], "integer", [str(2**70), 5]),
        (["  two  words ", "", "x"], "text", ["two  words", None, "x"]),
    ],
)  # fmt: skip
def test_stored_values_keep_their_type(cells: list[Cell], kind: str, values: list[Value]) -> None:
    assert column(stored(cells)) == (kind, values)


def test_digits_stored_as_texts_beside_numbers_are_codes() -> None:
    assert column(stored(["1001", "1002"], [5, 6])) == ("text", ["1001", "1002"])
    assert column(stored(["1001", "1002"], ["x", "y"])) == ("integer", [1001, 1002])


def test_errors_are_noted_with_the_first() -> None:
    table = stored([1, CellError("#DIV/0!"), CellError("#REF!")])
    assert table.notes == ("c0: 2 errors are NULL (#DIV/0! in row 3).",)


def test_names_of_columns_are_unique_and_as_in_the_header() -> None:
    table = typed(*[["1"]] * 6, header=["Net  sales\n2024", "a", "A", "", "_row", "a_2"])
    assert [one.name for one in table.columns] == ["Net sales 2024", "a", "A_2", "column_4", "_row_2", "a_2_2"]


def test_rows_of_any_width_have_a_value_for_each_column() -> None:
    rows: list[tuple[int, list[Cell]]] = [(2, ["1"]), (4, ["2", "x", "y"]), (5, [])]
    table = typed_table(DocumentTable(["a", "b"], lambda: iter(rows)))
    assert [one.name for one in table.columns] == ["a", "b", "column_3"]
    assert list(table.rows()) == [(2, [1, None, None]), (4, [2, "x", "y"]), (5, [None, None, None])]
    assert table.count == 3
