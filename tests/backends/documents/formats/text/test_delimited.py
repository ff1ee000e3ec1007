"""Records of CSV and TSV files: their rows and headers, in text that stays as it is."""

import io

from files_api_mcp.backends.documents.formats.text.delimited import record_lines
from files_api_mcp.backends.documents.marks import Line, Row, Table


def lines(text: str) -> list[Line]:
    return list(record_lines(io.BytesIO(text.encode())))


def text_of(found: list[Line]) -> str:
    return "".join(line for line in found if isinstance(line, str))


def test_a_record_of_several_lines_is_one_row() -> None:
    text = 'id,note\n1,"first\nsecond ""quoted"",\nthird"\n2,plain\n'
    assert lines(text) == [
        Row(1),
        Table("id,note"),
        "id,note\n",
        '1,"first\n',
        Row(2),
        'second ""quoted"",\n',
        Row(2),
        'third"\n',
        "2,plain\n",
    ]


def test_a_quotation_mark_that_is_not_closed_ends_with_its_line() -> None:
    rows = [f"{n},x\n" for n in range(300)]
    text = "".join(['a,b\n1,"open\n', *rows, '5" pipe,2\n', '"last\n'])
    found = lines(text)
    assert text_of(found) == text
    assert [line for line in found if isinstance(line, Row)] == [Row(1)]


def test_many_open_quotation_marks_are_read_in_steps() -> None:
    text = "a,b\n" + ',"""\n' * 20_000 + ',"x\n' + "y\n" * 1000
    assert text_of(lines(text)) == text
