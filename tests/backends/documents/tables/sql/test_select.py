"""Queries over tables: what they find, which rows they name, and what is said of wrong ones."""

from datetime import date

import pytest

from files_api_mcp.backends.documents.tables.sql.select import Selected
from files_api_mcp.backends.documents.tables.sql.statement import statement
from files_api_mcp.backends.documents.tables.table import CellError
from tests.support.table_databases import refusal, selected, table

SALES = table(
    "Sales",
    ["Region", "Amount", "Day", "Code"],
    ["North", 10.1, date(2024, 3, 1), "007"],
    ["South", 20.2, date(2024, 3, 2), "010"],
    ["North", 0.3, date(2024, 4, 1), "011"],
    ["East", None, date(2024, 4, 2), "012"],
    ["South", CellError("#DIV/0!"), None, "012"],
)
GOALS = table("Goals 2024", ["Region", "Goal"], ["North", 12], ["South", 18], notes=["Hidden rows are included."])
BOTH = [SALES, GOALS]


def found(sql: str, sheet: str | None = None) -> Selected:
    return selected(BOTH, sql, sheet)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT sum(Amount) FROM data", [[30.6]]),
        ("SELECT Region, count(*) FROM Sales GROUP BY 1 ORDER BY 1", [["East", 1], ["North", 2], ["South", 2]]),
        ('SELECT "Code" FROM data WHERE "Day" = \'2024-03-02\'', [["010"]]),
        ("SELECT count(Amount), count(*) FROM data WHERE amount IS NULL", [[0, 2]]),
        (
            'SELECT g.Region, g.Goal, sum(s.Amount) FROM "Goals 2024" g JOIN data s USING (Region) GROUP BY 1',
            [["North", 12, 10.4], ["South", 18, 20.2]],
        ),
        ("SELECT avg(Goal), min(Goal), max(Goal) FROM [Goals 2024]", [[15, 12, 18]]),
        ("SELECT strftime('%m', Day) AS m, total(Amount) FROM data GROUP BY m", [[None, 0], ["03", 30.3], ["04", 0.3]]),
        ("SELECT Goal FROM `Goals 2024` EXCEPT SELECT 18", [[12]]),
        ("WITH n AS (SELECT * FROM data WHERE Region = 'North') SELECT count(*) FROM n;", [[2]]),
        ("WITH RECURSIVE c(x) AS (SELECT 1 UNION SELECT x + 1 FROM c LIMIT 5) SELECT count(*) FROM C", [[5]]),
        ("SELECT count(*) FROM SALES, (SELECT 1 UNION SELECT 2) x", [[10]]),
        ("SELECT count(*) FROM temp.data, main.sales", [[25]]),
        ("SELECT value FROM json_each('[3, 4]') j", [[3], [4]]),
        ("VALUES (1), (2) -- both", [[1], [2]]),
        ("SELECT Region FROM data WHERE Code = '012' AND 10-2 = 8 AND 2.05 > 0", [["East"], ["South"]]),
        ("SELECT count(*) FROM data WHERE Region LIKE 'n%'", [[2]]),
        (
            "SELECT 1e15 / 3, 9007199254740993, x'0102', 9e999, -9e999, 2.50",
            [[333333333333333, "9007199254740993", "blob of 2 bytes", "infinity", "-infinity", 2.5]],
        ),
        ("SELECT name FROM sqlite_master ORDER BY name", [["Goals 2024"], ["Sales"]]),
    ],
)
def test_a_query_finds_its_rows(sql: str, rows: list[list[object]]) -> None:
    assert found(sql).rows == rows


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT * FROM data WHERE Region = 'North'", [2, 4]),
        ("SELECT Region r, Amount * 2 FROM Sales s ORDER BY 2 DESC LIMIT 1", [3]),
        ("SELECT max(Amount), Region FROM data", [3]),
        ("SELECT Region, max(Amount) FROM data GROUP BY Region ORDER BY 1", [5, 2, 3]),
        ("SELECT Region, sum(Amount) OVER (ORDER BY Code) FROM data LIMIT 2", [2, 3]),
        ("SELECT max(Amount, 5) FROM data LIMIT 1", [2]),
        ("SELECT Region IS DISTINCT FROM 'North' FROM data LIMIT 1 OFFSET 1", [3]),
        ("SELECT (SELECT count(*) FROM [Goals 2024]), Code FROM data LIMIT 1", [2]),
        ("SELECT DISTINCT Region FROM data", None),
        ("SELECT count(*) FROM data", None),
        ("SELECT round(avg(Amount)) FROM data", None),
        ("SELECT min(Amount), max(Amount) FROM data", None),
        ("SELECT count(*) FILTER (WHERE Amount > 1) FROM data", None),
        ('SELECT "sum"(Amount), [count](*) FROM data', None),
        ("SELECT Region FROM data GROUP BY Region", None),
        ("SELECT Region FROM data UNION SELECT Region FROM Sales", None),
        ("SELECT s.Region FROM Sales s, Sales t", None),
        ("SELECT s.Region FROM Sales s JOIN [Goals 2024] g ON g.Region = s.Region", None),
        ("SELECT Region FROM (SELECT * FROM data)", None),
        ("WITH data AS (SELECT 1 AS x) SELECT * FROM data", None),
        ("SELECT max(Amount) FROM data WHERE Region = 'West'", None),
        ("SELECT 1", None),
    ],
)
def test_rows_are_numbered_where_each_is_one_of_a_table(sql: str, rows: list[int] | None) -> None:
    assert found(sql).row_numbers == rows


def test_the_number_of_a_row_stays_a_column_where_it_is_asked_for() -> None:
    result = found("SELECT _row, Region FROM data LIMIT 1")
    assert (result.columns, result.rows, result.row_numbers) == (["_row", "Region"], [[2, "North"]], None)


def test_a_star_has_the_columns_of_the_document_only() -> None:
    twice = [table("a", ["x"], [1], [1]), table("b", ["x"], [1])]
    assert selected(twice, "SELECT DISTINCT * FROM a").rows == [[1]]
    assert selected(twice, "SELECT * FROM b EXCEPT SELECT * FROM a").rows == []
    assert selected(twice, "SELECT b.*, a.* FROM a JOIN b ON a.x = b.x").columns == ["x", "x"]
    assert selected(twice, "SELECT * FROM a, b").columns == ["x", "x"]


def test_an_expression_is_named_by_its_text() -> None:
    assert found('SELECT sum("Amount"), "Region" FROM data').columns == ['sum("Amount")', "Region"]


def test_the_sheet_chooses_the_table_data() -> None:
    assert found("SELECT Goal FROM data", "goals 2024").rows == [[12], [18]]
    assert found("SELECT Goal FROM data", "'Goals 2024'").notes == ["Hidden rows are included."]
    assert "Hidden rows are included." not in found("SELECT Region FROM data").notes
    assert refusal(BOTH, "SELECT 1", "Goal 2024") == (
        'There is no table "Goal 2024". Did you mean "Goals 2024"? Tables: "Sales", "Goals 2024".'
    )


def test_a_sheet_with_several_tables_chooses_its_first() -> None:
    parts = [table("Budget!A1:A3", ["x"], [1]), table("Budget!C1:C3", ["x"], [2]), table("data", ["x"], [3])]
    result = selected(parts, "SELECT x FROM data", "Budget")
    assert result.rows == [[1]]
    assert result.notes == ['data is "Budget!A1:A3"; there is also "Budget!C1:C3".']
    assert selected(parts, 'SELECT x FROM "Budget!C1:C3"').rows == [[2]]
    assert selected(parts, "SELECT x FROM data", "data").rows == [[3]]
    for place in ("'Budget'!A1:B9", "Budget!A1:B9", "budget"):
        assert selected([table("Budget", ["x"], [1])], "SELECT x FROM data", place).rows == [[1]]
    assert selected([table("Budget", ["x"], [1])], "SELECT x FROM data", "data").rows == [[1]]
    pages = [table("page 2 table 1", ["x"], [1]), table("page 12 table 1", ["x"], [2])]
    assert selected(pages, "SELECT x FROM data", "page 12").rows == [[2]]


def test_names_with_quotes_are_shown_as_sql_writes_them() -> None:
    odd = [table('The "old" one', ['12" pipe'], [1]), table("o'", ["x"], [2])]
    assert selected(odd, "SELECT * FROM data", 'The "old" one').columns == ['12" pipe']
    assert selected(odd, "SELECT * FROM data", "o'").rows == [[2]]
    said = refusal(odd, "SELECT pipe FROM data")
    assert said == 'The query failed: no such column: pipe. Did you mean "12"" pipe"? Columns of data: "12"" pipe".'
    assert selected(odd, 'SELECT "12"" pipe" FROM "The ""old"" one"').rows == [[1]]


def test_a_function_that_is_missing_offers_no_other_one() -> None:
    assert refusal(BOTH, "SELECT median(Amount) FROM data").endswith("no such function: median.")


def test_texts_that_are_joined_have_no_row() -> None:
    assert statement("SELECT string_agg(a, ',') FROM data", lambda _: ["a"]).with_rows is None


def test_integers_beyond_64_bits_keep_their_digits() -> None:
    huge = [table("t", ["n"], [2**70], [5])]
    assert selected(huge, "SELECT n FROM data").rows == [[str(2**70)], [5]]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "SELECT Amout FROM data",
            'no such column: Amout. Did you mean "Amount"? Columns of data: "Region", "Amount",',
        ),
        ('SELECT "Regon" FROM Sales', 'Did you mean "Region"? Columns of "Sales": "Region"'),
        ('SELECT 1 FROM data WHERE Region = "Acme"', "no such column: Acme. Texts stand in single quotes."),
        ("SELECT 1 FROM data WHERE x = 3", "no such column: x. Columns of data"),
        ("SELECT 1 FROM Sale", 'no such table: Sale. Did you mean "Sales"? Tables: "Sales", "Goals 2024".'),
        ("SELECT medan(Amount) FROM data", "no such function: medan."),
        ("SELECT lenght(Region) FROM data", 'no such function: lenght. Did you mean "length"?'),
        (
            "SELECT Region FROM data WHERE Day > 2024-03-01",
            "The date 2024-03-01 stands without quotes. Write '2024-03-01'.",
        ),
        ("SELECT Region FROM data WHERE Code = 012", "SQLite takes 012 for 12. If it is a text, write '012'."),
        ("SELECT FROM data", 'near "FROM": syntax error. Columns of data'),
        ("SELECT s.Region FROM data s WHERE s.Ammount > 1", 'no such column: s.Ammount. Did you mean "Amount"?'),
        ("SELECT Region FROM data, [Goals 2024]", "ambiguous column name: Region."),
        ("SELECT 'a", "unrecognized token"),
        ("", "Only a SELECT can be run."),
        ("SELECT 1; SELECT 2", "Only one statement can be run at a time."),
        ("SELECT * FROM data WHERE Region = ?", "The query has a parameter."),
        ("SELECT * FROM Sales!A1:B3", "names that have signs in double quotes."),
        ("WITH x ) AS ( SELECT 1", "syntax error"),
        ("SELECT 1 ) ) )", "syntax error"),
        ("SELECT 1, 2 UNION SELECT 3", "do not have the same number of result columns"),
    ],
)
def test_a_mistake_comes_back_with_what_there_is(sql: str, said: str) -> None:
    assert said in refusal(BOTH, sql)


def test_the_first_200_rows_are_shown_and_all_are_counted() -> None:
    long = [table("long", ["n"], *([number] for number in range(1000)))]
    result = selected(long, "SELECT n FROM data WHERE n >= 300")
    assert (len(result.rows), result.total, result.is_partial) == (200, 700, False)
    assert result.rows[-1] == [499]
    assert result.row_numbers is not None
    assert result.row_numbers[-1] == 501


def test_a_long_text_is_cut_and_said_so() -> None:
    result = selected([table("t", ["a"], ["x" * 5000])], "SELECT a, substr(a, 2001) FROM data")
    assert [len(str(value)) for value in result.rows[0]] == [2003, 2003]
    assert result.notes == ["Texts of more than 2,000 characters are cut; substr(column, 2001) gives the rest."]


def test_a_result_without_an_end_gives_its_first_rows() -> None:
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
    result = selected(BOTH, endless, seconds=0.5)
    assert (result.rows[0], len(result.rows), result.is_partial) == ([1], 200, True)
    assert result.total >= 200
