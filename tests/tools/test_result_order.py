"""What comes first in each result."""

import pytest
from pydantic import BaseModel

from files_api_mcp.tools.catalog import CATALOG
from files_api_mcp.tools.create_upload import CreatedUpload

BULK = {"files", "passages", "matches", "columns", "rows", "tables", "outline", "more_tables", "versions", "answer"}


@pytest.mark.parametrize(
    "model", [entry.result for entry in CATALOG if entry.result and entry.result is not CreatedUpload]
)
def test_what_matters_comes_before_the_bulk(model: type[BaseModel]) -> None:
    """Hosts show only the first 2 KB of a result that is too long for them."""
    names = list(model.model_fields)
    first = min(names.index(name) for name in names if name in BULK)
    late = {"counts", "usage", "total", "total_rows", "truncated", "next", "next_cursor", "notes"} & {*names[first:]}
    assert not late
