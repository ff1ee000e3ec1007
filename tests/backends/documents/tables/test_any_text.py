"""Tables of texts that nobody would write: each has names, values and as many rows as it says, twice the same."""

import io
import random

import pytest

from files_api_mcp.backends.documents.media_types import JSON
from files_api_mcp.backends.documents.tables.extract import document_tables
from files_api_mcp.backends.documents.tables.typed import typed_table

PARTS = [
    *'1|-|(|)|%|$|"|""|,|;|:|{|}|[|]|5,000|1.234|0,5|00501|n/a|2024-01-31|31/12/24|12:30|1e5|-1E+131|true|null'.split(
        "|"
    ),
    *"|\n|\r\n|\n\n|\t|\0|\x85|\u2028|\ufeff|É|x|name|Total|NaN|1e999|#REF!|1.9|1.10|31 Dec 2024|1 234".split("|"),
    *("|", '"a":', "9" * 30, "2024-01-31T10:00:00+01:00"),
]
STARTS = ("", "a,b,c\n", '[{"a":1},', '{"a":1}\n{"b":2}\n')


@pytest.mark.parametrize("mime_type", ["text/csv", JSON])
def test_any_text_has_sound_tables_or_none(mime_type: str) -> None:
    made = random.Random(18)
    for _ in range(300):
        text = made.choice(STARTS) + "".join(made.choices(PARTS, k=made.randrange(1, 80)))
        for table in document_tables(io.BytesIO(text.encode()), mime_type):
            typed = typed_table(table)
            rows = list(typed.rows())
            assert len(rows) == typed.count, text
            assert repr(list(typed.rows())) == repr(rows), text
            assert all(len(values) == len(typed.columns) for _, values in rows), text
            assert len({column.name.lower() for column in typed.columns}) == len(typed.columns), text
