"""Places: every range of every kind of document has a name that leads back to it."""

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from files_api_mcp.backends.documents.marks import Heading, Hidden, Line, Part, Row, Sheet, Table, marked_text
from files_api_mcp.backends.documents.media_types import DOCX, EML, PDF, PPTX, XLSX
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.index.extraction import document_info
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.locate import locate
from files_api_mcp.backends.search.places.outline_entries import outline_entries
from files_api_mcp.backends.search.places.resolve import resolve
from files_api_mcp.backends.search.reader import open_places
from tests.backends.search.test_passages import record
from tests.support.indexing import add_document, received_document

AGREEMENT: list[list[Line]] = [
    [
        "Between the parties\n",
        Heading(1, "Terms", "1"),
        "# 1 Terms\n",
        Heading(2, "Scope", "1.1"),
        "## 1.1 Scope\n",
        "The Contractor cleans the vessels.\n",
        Heading(2, "Fees", "1.2"),
        "## 1.2 Fees\n",
        "Kestrel pays 1,150 crowns.\nTern pays 720 crowns.\n",
    ],
    [
        "Late payments bear interest.\n",
        Heading(1, "Notes"),
        "# Notes\n",
        "First.\n",
        Heading(1, "Notes"),
        "# Notes\n",
        "Second.\n",
        Heading(9, "", "2.1"),
        "2.1 Either party may terminate.\n",
    ],
]
BOOK: list[list[Line]] = [
    [Sheet("Budget", 40, 4), "# Budget\n", Row(1), Table("Budget: Item | Cost", 1, 2), "Item | Cost\n", "Rope | 12\n"],
    [Row(9), "Paint | 7\n", "Tar | 3\n", Sheet("Old costs", 2, 28), Hidden("hidden sheet"), "# Old costs\n", "a | b\n"],
    [Row(5), "c | d\n", Hidden(None)],
]
MAIL: list[list[Line]] = [
    [Part(""), "Subject: Offer\n\nSee below.\n", Part("offer.txt"), "The offer is 18,400.\nIt ends in May.\n"],
    ["Ask Quist.\n", Part("message 2"), "Subject: Re\n", Part("message 2 > plan.txt"), "Dig first.\nBuild then.\n"],
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def places_of(
    index: IndexWriter,
    pieces: Sequence[Sequence[Line]],
    mime_type: str,
    *,
    paginated: bool = False,
    labels: Sequence[str] = (),
) -> DocumentPlaces:
    one = record("a").model_copy(update={"mime_type": mime_type})
    pages = [marked_text(piece) for piece in pieces]
    received = received_document(pages, mime_type=mime_type, paginated=paginated, labels=labels)
    add_document(index, "a", received, document_info(one, received))
    document = index.document("a")
    assert document is not None
    return open_places(index, document, mime_type)


def whole_text(places: DocumentPlaces) -> str:
    return "".join(places.page(number + 1).text for number in range(len(places.document.sizes)))


def located(places: DocumentPlaces, quote: str) -> str:
    start = whole_text(places).index(quote)
    return locate(places, start, start + len(quote))


def read(places: DocumentPlaces, at: str) -> str:
    span = resolve(places, at)
    return whole_text(places)[span.start : span.end]


@pytest.mark.parametrize(
    ("quote", "where"),
    [
        ("Between the parties", "lines 1-1"),
        ("The Contractor cleans", "section 1.1 Scope lines 2-2"),
        ("## 1.1 Scope\nThe Contractor cleans the vessels.", "section 1.1 Scope"),
        ("vessels.\n## 1.2 Fees\nKestrel", "section 1 Terms lines 3-5"),
        ("Late payments", "section 1.2 Fees lines 4-4"),
        ("First.", "section Notes lines 2-2"),
        ("Second.", "section Notes (2) lines 2-2"),
        ("First.\n# Notes", "section Notes lines 2-3"),
        ("2.1 Either party may terminate.", "section 2.1"),
    ],
)
def test_a_passage_of_a_text_document_is_in_its_section(index: IndexWriter, quote: str, where: str) -> None:
    places = places_of(index, AGREEMENT, DOCX)
    assert located(places, quote) == where
    assert quote in read(places, where)


@pytest.mark.parametrize(
    ("quote", "where"),
    [
        ("Rope | 12", "Budget!A2:B2"),
        ("Item | Cost\nRope | 12", "Budget!A1:B2"),
        ("# Budget\nItem | Cost", "Budget!A1:D1"),
        ("Rope | 12\nPaint | 7\nTar | 3", "Budget!A2:B10"),
        ("a | b", "Old costs!A1:AB1 (hidden sheet)"),
        ("a | b\nc | d", "Old costs!A1:AB5 (hidden sheet)"),
    ],
)
def test_a_passage_of_a_spreadsheet_is_in_its_cells(index: IndexWriter, quote: str, where: str) -> None:
    places = places_of(index, BOOK, XLSX)
    assert located(places, quote) == where
    assert quote in read(places, where)


@pytest.mark.parametrize(
    ("quote", "where"),
    [
        ("See below.", "message lines 3-3"),
        ("It ends in May.\nAsk Quist.", "message > offer.txt lines 2-3"),
        ("Build then.", "message 2 > plan.txt lines 2-2"),
        ("Subject: Re", "message 2 lines 1-1"),
    ],
)
def test_a_passage_of_a_message_is_in_its_part(index: IndexWriter, quote: str, where: str) -> None:
    places = places_of(index, MAIL, EML)
    assert located(places, quote) == where
    assert quote in read(places, where)


def test_rows_count_records_and_not_lines(index: IndexWriter) -> None:
    places = places_of(index, [["a,b\n", '1,"x\n', Row(2), 'y"\n', "2,z\n"], [Row(4), "3,w\n"]], "text/csv")
    assert located(places, "2,z") == "rows 3-3"
    assert located(places, "2,z\n3,w") == "rows 3-4"
    assert read(places, "rows 2-2") == '1,"x\ny"\n'
    assert read(places, "row 4") == "3,w\n"


def test_pages_and_slides_are_places(index: IndexWriter) -> None:
    long = "".join(f"line {number} of the page\n" for number in range(100))
    pages = [
        ["Short page\n"],
        [long],
        [Hidden("hidden layer"), "Layer\n"],
        ["One long line " + "word " * 300 + "end\n"],
    ]
    places = places_of(index, pages, PDF, paginated=True, labels=["i", "ii", "1", "2"])
    assert located(places, "Short page") == "page 1 (labelled i)"
    assert located(places, "line 60 of") == "page 2 (labelled ii, lines 61-61)"
    assert read(places, "page 2 (labelled ii, lines 61-61)") == "line 60 of the page\n"
    assert located(places, "Layer") == "page 3 (labelled 1, hidden layer)"
    assert located(places, "end\n").startswith("page 4 (labelled 2, chars ")
    assert read(places, "pages 2-3") == long + "Layer\n"
    assert read(places, "page 3 (read by OCR)") == "Layer\n"


def test_a_slide_is_called_a_slide(index: IndexWriter) -> None:
    places = places_of(index, [[Heading(1, "Goals"), "# Goals\n"], ["Prices\n"]], PPTX, paginated=True)
    assert located(places, "Prices") == "slide 2"
    assert read(places, "page 2") == "Prices\n"
    assert [(one.where, one.title) for one in outline_entries(places)] == [("slide 1", "Goals")]
    assert read(places, "slide 1: Goals") == "# Goals\nPrices\n"


@pytest.mark.parametrize(
    "at",
    [
        "section 1.2",
        "1.2",
        "1.2 Fees",
        "section fees",
        "clause 1.2",
        "§ 1.2",
        "Section 1.2.",
        "section 1.2 Fees (read by OCR)",
    ],
)
def test_people_name_a_section_in_many_ways(index: IndexWriter, at: str) -> None:
    text = read(places_of(index, AGREEMENT, DOCX), at)
    assert text.startswith("## 1.2 Fees\n")
    assert text.endswith("interest.\n")


@pytest.mark.parametrize(
    "at",
    [
        "",
        " ",
        "x" * 600,
        "section 9",
        "page 1",
        "rows 400-500",
        "lines 90-91",
        "chars 5-5",
        "Budget!A1",
        "section 1.1 Scope lines 80-90",
    ],
)
def test_a_place_that_is_not_there_is_refused(index: IndexWriter, at: str) -> None:
    with pytest.raises(InvalidArgument):
        resolve(places_of(index, AGREEMENT, DOCX), at)


@pytest.mark.parametrize(("pieces", "kind"), [(AGREEMENT, DOCX), (BOOK, XLSX), (MAIL, EML), (AGREEMENT, "text/plain")])
def test_every_range_is_inside_its_place(index: IndexWriter, pieces: list[list[Line]], kind: str) -> None:
    places = places_of(index, pieces, kind)
    length = places.length
    chance = random.Random(4)
    ranges = [sorted(chance.sample(range(length + 1), 2)) for _ in range(400)]
    for start, end in ranges:
        for first, last in pairwise([start, *(cut for cut, _ in places.split(start, end)[1:]), end]):
            named = resolve(places, locate(places, first, last))
            assert named.start <= first < last <= named.end, locate(places, first, last)


def test_headings_that_look_like_other_places_are_found(index: IndexWriter) -> None:
    titles = ["Fees (2)", "Fees", "Fees", "lines 1-2", "Page 3", "Fees lines 1-2", "chars 0-4", "3.2", "A: B", "A"]
    pieces: list[list[Line]] = [[]]
    for title in titles:
        pieces[0] += [Heading(1, title), f"# {title}\n", f"text of {len(pieces[0])}\n"]
    places = places_of(index, pieces, DOCX)
    text = whole_text(places)
    for number, _ in enumerate(titles):
        quote = f"text of {3 * number}\n"
        assert read(places, located(places, quote)).count(quote) == 1
        assert text.index(quote) - resolve(places, located(places, quote)).start <= 500


def test_a_numbered_section_is_found_where_headings_are_only_text(index: IndexWriter) -> None:
    pages: list[list[Line]] = [
        ["Contents\n3.2 Fees ........ 2\n3.3 Notice ........ 2\n"],
        ["3.1 Scope\nAll vessels.\n3.2 Fees\nTwo lists:\n1. Kestrel\n2. Tern\n3.2.1 Late payments\n"],
        ["They bear interest.\n3.3 Notice\nNinety days.\n4 Law\n"],
    ]
    places = places_of(index, pages, PDF, paginated=True)
    expected = "3.2 Fees\nTwo lists:\n1. Kestrel\n2. Tern\n3.2.1 Late payments\nThey bear interest.\n"
    assert read(places, "section 3.2") == read(places, "clause 3.2.") == read(places, "3.2") == expected
    assert read(places, "section 3.3") == "3.3 Notice\nNinety days.\n"
    assert read(places, "§ 4") == "4 Law\n"
    with pytest.raises(InvalidArgument):
        resolve(places, "section 3.4")
