"""The result of query_table: bounded, each row with its number."""

from typing import Any

from files_api_mcp.backends.table_querier import TableResult
from files_api_mcp.backends.tokens import estimate_tokens
from files_api_mcp.tools.result_size import MOST_BYTES, MOST_TOKENS, compact_json
from files_api_mcp.tools.tables.query import query_result


def shown(**fields: Any) -> dict[str, Any]:
    return query_result(TableResult(**fields)).model_dump(exclude_none=True)


def test_the_number_of_a_row_comes_first() -> None:
    found = shown(columns=["fare"], rows=[[4.5], [None]], total_rows=2, row_numbers=[2, 7])
    assert found == {"total_rows": 2, "truncated": False, "columns": ["_row", "fare"], "rows": [[2, 4.5], [7, None]]}


def test_a_number_that_was_asked_for_stays_in_its_column() -> None:
    found = shown(columns=["fare", "_row"], rows=[[4, 2]], total_rows=1, row_numbers=[2])
    assert (found["columns"], found["rows"]) == (["fare", "_row"], [[4, 2]])


def test_sums_have_no_row_number() -> None:
    assert shown(columns=["sum"], rows=[[149366]], total_rows=1)["rows"] == [[149366]]


def test_rows_that_are_left_out_are_counted_and_the_next_step_is_named() -> None:
    found = shown(columns=["n"], rows=[[1]] * 200, total_rows=1234)
    assert found["truncated"]
    assert found["next"] == (
        "200 of 1,234 rows are shown. Compute over all with COUNT, SUM or GROUP BY, or go on with LIMIT and OFFSET 200."
    )
    partial = shown(columns=["n"], rows=[[1]] * 200, total_rows=9999, is_partial=True)
    assert partial["next"].startswith("200 of at least 9,999 rows are shown.")


def test_the_result_is_never_too_large() -> None:
    for value in ("word " * 100, "語" * 300, "x1" * 900):
        result = query_result(TableResult(columns=["a", "b"], rows=[[value, 1]] * 200, total_rows=200))
        assert 0 < len(result.rows) < 200
        assert result.truncated
        text = compact_json(result)
        assert estimate_tokens(text) <= MOST_TOKENS
        assert len(text.encode()) <= MOST_BYTES


def test_notes_are_passed_on() -> None:
    assert shown(columns=["n"], rows=[], total_rows=0, notes=("3 cells are errors.",))["notes"] == [
        "3 cells are errors."
    ]
