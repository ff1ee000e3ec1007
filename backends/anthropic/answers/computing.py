"""Which questions ask for a calculation, and which files hold data to calculate with."""

import re
from pathlib import PurePosixPath

from files_api_mcp.backends.anthropic.ledger.rows import Entry
from files_api_mcp.backends.documents.media_types import XLS, XLSX
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.validation import MAX_QUESTION_CHARS

__all__ = ["is_data", "wants_computing"]

_DATA_TYPES = frozenset({"text/csv", "text/tab-separated-values", "application/json", XLS, XLSX})
_DATA_ENDINGS = frozenset({".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".xls", ".parquet"})
_COMPUTING = re.compile(
    r"\b(averages?|mean|median|sums?|totals?|counts?|how many|correlat\w+|deviation|variance|percentiles?|quantiles?"
    r"|trends?|plot|chart|graph|histogram|regress\w+|compute|calculate|aggregate|group(ed)? by|pivot|forecast"
    r"|maximum|minimum|highest|lowest|largest|smallest|rank|sort|outliers?|growth rate)\b",
    re.IGNORECASE,
)


def wants_computing(question: str) -> bool:
    """Whether a question asks for a calculation."""
    return _COMPUTING.search(question, 0, MAX_QUESTION_CHARS) is not None


def is_data(record: FileRecord, entry: Entry | None) -> bool:
    """Whether a file is shown as data, for code to read."""
    kinds = {record.mime_type, entry.content.local_type if entry else ""}
    return bool(kinds & _DATA_TYPES) or PurePosixPath(record.filename).suffix.lower() in _DATA_ENDINGS
