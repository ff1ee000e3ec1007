"""Headings of PDF pages: from bookmarks, or from the tags of their text."""

import io
import itertools
from collections.abc import Sequence
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from files_api_mcp.backends.documents.extract import extract
from files_api_mcp.backends.documents.formats.pdf import outline, tags
from files_api_mcp.backends.documents.marks import Heading
from tests.support import documents

PAGES = [
    "Yearly report\nContents 2 Fees 3",
    "1 Terms\nThe fees follow.\n2 Fees\nFees are due.\n2.1 Late\nfees\nTwo percent.",
    "Annex\nNothing",
]
Item = tuple[str, int | None, list[Any]]
"""A bookmark: its title, the page (0-based) that it leads to, and those below it."""


def bookmarked(items: Sequence[Item], pages: Sequence[str] = PAGES) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(documents.pdf(list(pages)))) as document:
        with document.open_outline() as bookmarks:
            bookmarks.root.extend(_items(items))
        document.save(out)
    return out.getvalue()


def _items(items: Sequence[Item]) -> list[pikepdf.OutlineItem]:
    made: list[pikepdf.OutlineItem] = []
    for title, page, below in items:
        item = pikepdf.OutlineItem(title, page)
        item.children.extend(_items(below))
        made.append(item)
    return made


def headings(content: bytes) -> list[list[tuple[str, Heading]]]:
    """The headings of each page, with the first line behind each."""
    pages = list(extract(io.BytesIO(content), "application/pdf", None).texts)
    return [
        [(page.text[offset:].partition("\n")[0], mark) for offset, mark in page.marks if isinstance(mark, Heading)]
        for page in pages
    ]


def test_bookmarks_stand_in_front_of_the_lines_that_they_name() -> None:
    items: list[Item] = [
        ("Yearly report", 0, []),
        ("1.  Terms", 1, []),
        ("2 Fees", 1, [("Late fees", 1, []), ("Lost", 1, [])]),
        ("Lost too", 2, []),
    ]
    assert headings(bookmarked(items)) == [
        [("Yearly report", Heading(1, "Yearly report"))],
        [
            ("1 Terms", Heading(1, "Terms", "1")),
            ("2 Fees", Heading(1, "Fees", "2")),
            ("2.1 Late", Heading(2, "Late fees", "2.1")),
            ("", Heading(2, "Lost")),
        ],
        [("Annex", Heading(1, "Lost too"))],
    ]


def test_the_text_is_the_same_with_bookmarks() -> None:
    with_bookmarks = extract(io.BytesIO(bookmarked([("2 Fees", 1, [])])), "application/pdf", None)
    assert [page.text for page in with_bookmarks.texts] == PAGES


def test_a_bookmark_without_a_page_goes_with_the_next() -> None:
    items: list[Item] = [("Part A", None, [("Terms", 1, [])]), (" \n", 2, []), ("End", None, [])]
    assert headings(bookmarked(items)) == [
        [],
        [("1 Terms", Heading(1, "Part A")), ("1 Terms", Heading(2, "Terms", "1"))],
        [],
    ]


def test_a_section_starts_before_its_parts() -> None:
    pages = ["One\nwords\nTitle of all"]
    found = headings(bookmarked([("Title of all", 0, [("One", 0, [])])], pages))
    assert found == [[("One", Heading(1, "Title of all")), ("One", Heading(2, "One"))]]


def test_bookmarks_that_lead_to_each_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(bookmarked([("Annex", 2, [("Nothing", 2, [])])]))) as document:
        first = document.Root.Outlines.First
        first.Next = first
        first.First.First = first
        first.First.Next = first.First
        document.save(out)
    expected = [[], [], [("Annex", Heading(1, "Annex")), ("Nothing", Heading(2, "Nothing"))]]
    assert headings(out.getvalue()) == expected
    monkeypatch.setattr(outline, "_MOST", 1)
    assert headings(out.getvalue()) == [[], [], expected[2][:1]]


def test_an_outline_that_takes_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    items: list[Item] = [(f"{number}", 2, []) for number in range(9)]
    assert [len(page) for page in headings(bookmarked(items))] == [0, 0, 4]


def tagged(pages: Sequence[Sequence[tuple[str, str]]], roles: dict[str, str] | None = None) -> bytes:
    """Pages of tags and their lines; a tag such as "Sect/H" is in another one, and a page without lines has no tags."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        font = document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        root = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        whole = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root, K=Array([])))
        parents: list[Any] = []
        for number, lines in enumerate(pages):
            page = document.add_blank_page(page_size=(595, 842))
            drawn = [f"/{tag[-1]} <</MCID {at}>> BDC ({line}) Tj T* EMC" for at, (tag, line) in enumerate(lines)]
            stream = "\n".join(["BT /F1 10 Tf 14 TL 50 780 Td", *drawn, "ET"]).encode()
            page.obj.Contents = pikepdf.Stream(document, stream)
            page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
            page.obj.StructParents = number
            elements: list[Any] = []
            for at, (path, _) in enumerate(lines):
                parent = whole
                for name in path.split("/"):
                    element = document.make_indirect(
                        Dictionary(Type=Name.StructElem, S=Name(f"/{name}"), P=parent, Pg=page.obj, K=Array([]))
                    )
                    parent.K.append(element)
                    parent = element
                parent.K.append(at)
                elements.append(parent)
            parents += [number, document.make_indirect(Array(elements))]
        root.K, root.ParentTree = whole, Dictionary(Nums=Array(parents))
        root.RoleMap = Dictionary({f"/{name}": Name(f"/{kind}") for name, kind in (roles or {}).items()})
        document.Root.StructTreeRoot, document.Root.MarkInfo = root, Dictionary(Marked=True)
        document.save(out)
    return out.getvalue()


def test_tagged_headings_of_pdfs_without_bookmarks() -> None:
    content = tagged(
        [
            [("H1", "1 Terms"), ("P", "The fees follow."), ("Sect/Sect/H", "Fees"), ("H2/Span", "2.1 Late fees")],
            [("P", "Two percent.")],
            [("Kapitel", "Annex"), ("Table/TR/TD/P", "Nothing"), ("H3", "")],
        ],
        roles={"Kapitel": "H2"},
    )
    assert headings(content) == [
        [
            ("1 Terms", Heading(1, "Terms", "1")),
            ("Fees", Heading(3, "Fees")),
            ("2.1 Late fees", Heading(2, "Late fees", "2.1")),
        ],
        [],
        [("Annex", Heading(2, "Annex"))],
    ]


def test_a_heading_has_the_words_that_its_element_states() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(tagged([[("H1", ""), ("P", "words")]]))) as document:
        document.Root.StructTreeRoot.K.K[0].ActualText = String("Drawn title")
        document.save(out)
    assert headings(out.getvalue()) == [[("words", Heading(1, "Drawn title"))]]


def test_bookmarks_come_before_tags() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(tagged([[("H1", "Terms"), ("P", "Fees")]]))) as document:
        with document.open_outline() as bookmarks:
            bookmarks.root.append(pikepdf.OutlineItem("Fees", 0))
        document.save(out)
    assert headings(out.getvalue()) == [[("Fees", Heading(1, "Fees"))]]


def test_tags_of_many_pages_are_found_near_those_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "_GAP", 3)
    pages = [[("H1", f"Title {number}"), *[("P", "words")] * 4] for number in range(12)]
    found = headings(tagged(pages))
    assert found == [[(f"Title {number}", Heading(1, f"Title {number}"))] for number in range(12)]


def test_tags_are_left_alone_if_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [[("H1", "Title"), ("P", "words")]] * 3
    monkeypatch.setattr(tags, "_MOST_CHILDREN", 5)
    assert headings(tagged(pages)) == [[], [], []]


def test_tags_are_left_alone_if_the_first_pages_have_no_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "_PAGES_WITHOUT", 2)
    pages = [[("P", "words")], [("P", "words")], [("H1", "Title")]]
    assert headings(tagged(pages)) == [[], [], []]
    assert headings(tagged(pages[1:])) == [[], [("Title", Heading(1, "Title"))]]


def test_nested_and_circular_tags_end() -> None:
    out = io.BytesIO()
    deep = "/".join(["Div"] * 200)
    with pikepdf.open(io.BytesIO(tagged([[("H1", "Title"), (f"{deep}/H1", "Deep"), ("Div/P", "x")]]))) as document:
        whole = document.Root.StructTreeRoot.K
        whole.K[2].K.append(whole.K[2])
        document.save(out)
    assert headings(out.getvalue()) == [[("Title", Heading(1, "Title"))]]
