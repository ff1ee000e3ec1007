"""Captions: what a document calls a table, in the line before it."""

import re
from dataclasses import replace

from files_api_mcp.backends.documents.tables.table import DocumentTable

__all__ = ["captioned"]

_WORDS = "Table|Tab\\.|Tabelle|Tableau|Tabla|Tabela|Tabella|Tabell|Tabel|Таблица|表|표"
_CAPTION = re.compile(rf"(?:{_WORDS})[ \u00a0]?\d", re.IGNORECASE)
_LONGEST = 200
_MARKS = "#*_> "


def captioned(table: DocumentTable, before: str) -> DocumentTable:
    """The table with its caption, if the last line of the text before it is one, such as "Table 3: Fees"."""
    if table.caption:
        return table
    line = before[-2 * _LONGEST :].rstrip().rpartition("\n")[2].replace("**", "").strip(_MARKS)
    return replace(table, caption=line) if len(line) <= _LONGEST and _CAPTION.match(line) else table
