"""Records of CSV and TSV files: their rows and headers, in text that stays as it is."""

import io

import pytest

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


def header_of(text: str, row: str) -> str | None:
    """The header that goes with a row."""
    header: str | None = None
    for line in lines(text):
        if isinstance(line, Table):
            header = line.header
        elif isinstance(line, str) and row in line:
            return header
    raise AssertionError(row)


ROWS = "".join(f"item {n},{n},{n}.50\n" for n in range(500))


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\ufeff",
        "\n",
        "sep=,\n",
        "sep=\r\n",
        "# exported by a program\n",
        "Report of May\nUnit: crowns\n\n",
        "Report,May,\n\n",
    ],
)
def test_what_stands_before_a_table_is_not_its_header(before: str) -> None:
    assert header_of(f"{before}name,size,price\n{ROWS}", "item 499") == "name,size,price"
    others = before.replace("sep=,", "sep=;")
    assert (
        header_of(f"{others}name;size;price\n{ROWS.replace(',', ';').replace('.', ',')}", "item 7;")
        == "name;size;price"
    )


def test_tables_after_empty_lines_have_their_own_headers() -> None:
    text = f"name,size,price\n{ROWS}\nperson,town,age\nAda,Brno,36\nBob,Graz,40\n\nEve,Linz,28\n"
    assert header_of(text, "item 300,") == "name,size,price"
    assert header_of(text, "Bob") == header_of(text, "Eve") == "person,town,age"


def test_a_table_without_a_header_has_none() -> None:
    assert header_of("1,Ada,36\n2,Bob,40\n3,Eve,28\n", "Bob") is None
    assert header_of("2027-03-09,started\n2027-03-10,ended\n", "ended") is None


def test_a_header_of_two_rows_is_given_whole() -> None:
    text = ",2024,,2025,\nRegion,Plan,Actual,Plan,Actual\nNorth,1,2,3,4\nSouth,5,6,7,8\n"
    assert header_of(text, "South") == ",2024,,2025,\nRegion,Plan,Actual,Plan,Actual"


def test_every_file_stays_as_it_is() -> None:
    for text in (
        "",
        "\n",
        "\n\n\n",
        "a",
        "a\n\nb\r\rc\r\n",
        '"',
        '""\n"',
        "," * 50_000,
        "a,b\n" + "\n1,2\n" * 999,
    ):
        assert text_of(lines(text)) == text
