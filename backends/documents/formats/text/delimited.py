"""Text of CSV and TSV files as it is, with marks of its records and of the header."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.text.decoding import decoded_blocks
from files_api_mcp.backends.documents.formats.text.record_headers import RecordHeaders
from files_api_mcp.backends.documents.formats.text.records import Records
from files_api_mcp.backends.documents.marks import Line, Row, Table

__all__ = ["record_lines"]

_LONGEST_HEADER = 400


def record_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines as they are in the file. A record with line breaks in quoted cells is one row of several lines."""
    records = Records(decoded_blocks(content))
    headers = RecordHeaders()
    header: str | None = None
    number = 1
    yield Row(1)
    while window := records.window():
        changes = headers.find(window, number)
        for index, record in enumerate(window):
            if index in changes:
                own = changes[index].header
                header = _names(window[at] for at in own) if own else header
                yield Table(header if changes[index].is_table else None)
            yield record[0]
            for line in record[1:]:
                yield Row(number)
                yield line
            number += 1
        for record, count in records.rest():
            yield record[0]
            for line in record[1:]:
                yield Row(number)
                yield line
            number += count


def _names(records: Iterable[list[str]]) -> str:
    lines = (" ".join("".join(record).lstrip("\ufeff").split("\n")).strip("\r ") for record in records)
    return "\n".join(lines)[:_LONGEST_HEADER]
