"""Text with its headings is the text as it stands."""

import io

import pytest

from files_api_mcp.backends.documents.formats.text import markdown
from files_api_mcp.backends.documents.formats.text.outline import outlined_lines
from files_api_mcp.backends.documents.marks import Heading, MarkedText, Table, marked_text


@pytest.mark.parametrize("name", ["a.md", "a.rst", "a.py", "a.c", "a.txt", "a"])
def test_marks_change_no_letter(name: str) -> None:
    text = "# One\r\n\r\nx\x85y\u2028z\ndef f():\n    pass\n\nTwo\n===\n" * 3000 + "last"
    assert marked_text(outlined_lines(io.BytesIO(text.encode()), "text/plain", name)).text == text


def test_a_mark_stands_before_its_line_in_every_block() -> None:
    text = "".join(f"Section {number}\n---\n\nwords\n\n" for number in range(9000))
    found = marked_text(outlined_lines(io.BytesIO(text.encode()), "text/markdown", "a.md"))
    assert len(found.marks) == 9000
    for number, (offset, heading) in enumerate(found.marks):
        assert isinstance(heading, Heading)
        assert found.text.startswith(f"Section {number}\n", offset)


def test_data_in_markdown_is_only_measured() -> None:
    page = f"# Fish\n![x](data:image/png;base64,{'iVBORw0K' * 500})\n[y]: <data:image/png;base64,iVBO>\n"
    found = marked_text(outlined_lines(io.BytesIO(page.encode()), "text/markdown", "a.md")).text
    assert found == "# Fish\n![x](data:image/png;base64,[3,000 bytes])\n[y]: <data:image/png;base64,iVBO>\n"
    assert "iVBORw0KiVBORw0K" in marked_text(outlined_lines(io.BytesIO(page.encode()), "text/plain", "a.txt")).text


def read(text: str) -> MarkedText:
    found = marked_text(outlined_lines(io.BytesIO(text.encode()), "text/markdown", "a.md"))
    assert found.text == text
    return found


def test_tables_of_markdown_have_names_and_rows_as_a_person_sees_them() -> None:
    table = (
        "| **Item** | Fee \\| EUR | [Note](x.md) |\n|:---|---:|:-:|\n| Survey | `1,250` | a &amp; b |\n"
        "|Permit|**9**\n| Total<br>net | _12_ | snake_case * 2 | left out |\r\n"
    )
    found = read(f"# Fees\n\nTable 1: Prices\n\n{table}\nAfter | that\n")
    ((start, end, made),) = found.tables
    assert (found.text[start:end], made.caption) == (table, "Table 1: Prices")
    assert made.header == ["Item", "Fee | EUR", "Note"]
    assert [*made.rows()] == [
        (2, ["Survey", "1,250", "a & b"]),
        (3, ["Permit", "9", None]),
        (4, ["Total net", "12", "snake_case * 2"]),
    ]
    assert [mark for _, mark in found.marks if isinstance(mark, Table)] == [
        Table("| **Item** | Fee \\| EUR | [Note](x.md) |"),
        Table(None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "> | Item | Fee |\n> |---|---|\n> | Survey | 5 |\n",
        "- Prices:\n\n  | Item | Fee |\n  |---|---|\n  | Survey | 5 |\n",
        "Item | Fee\n--- | ---\nSurvey | 5\n# Next | one\n",
        "| Item | Fee |\n|---|---|\n| Survey | 5 |",
    ],
)
def test_tables_of_markdown_stand_in_quotes_and_lists_and_need_no_pipes_at_their_ends(text: str) -> None:
    ((_, _, made),) = read(text).tables
    assert (made.header, [*made.rows()]) == (["Item", "Fee"], [(2, ["Survey", "5"])])


@pytest.mark.parametrize(
    "text",
    [
        "```\n| Item | Fee |\n|---|---|\n| Survey | 5 |\n```\n",
        "| Item |\n|---|\n| Survey |\n",
        "| Item | Fee | Note |\n|---|---|\n| Survey | 5 |\n",
        "|---|---|\n| Survey | 5 |\n",
        "a || b\n- | c\n",
        "|-|-|\n| | |\n",
    ],
)
def test_what_only_looks_like_a_table_of_markdown_is_text(text: str) -> None:
    assert read(text).tables == ()


@pytest.mark.parametrize("count", [3000, 30_000])
def test_a_long_table_of_markdown_is_one(count: int) -> None:
    rows = "".join(f"| item {number} | {number} |\n" for number in range(count))
    found = read("words\n" * 5000 + f"| Item | Fee |\n|---|---|\n{rows}\n# After\n")
    ((start, end, made),) = found.tables
    assert found.text[start:end] == f"| Item | Fee |\n|---|---|\n{rows}"
    assert [*made.rows()][-1] == (count + 1, [f"item {count - 1}", str(count - 1)])
    parts = [*outlined_lines(io.BytesIO(found.text.encode()), "text/markdown", "a.md")]
    assert max(len(part) for part in parts if isinstance(part, str)) <= 128 * 1024


def test_a_table_of_markdown_that_is_too_long_to_be_held_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "_MOST_HELD", 100_000)
    assert read("| Item | Fee |\n|---|---|\n" + "| survey | 5 |\n" * 30_000).tables == ()
