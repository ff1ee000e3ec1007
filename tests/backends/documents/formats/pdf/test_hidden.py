"""Text that nobody sees on a PDF page is marked; all other text is as it was."""

import io
from pathlib import Path

import pikepdf
import pytest
from anyio import to_thread
from pikepdf import Array, Dictionary, Name, String

from files_api_mcp.backends.documents.extract import extract
from files_api_mcp.backends.documents.marks import Hidden, MarkedText
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.models import Passage
from tests.support.agent import write

WORDS = "BT /F1 12 Tf 50 780 Td (Plain words) Tj ET "


def page(drawn: str, *, base: str = "/ON", off: bool = True) -> bytes:
    """A page with plain words and what is drawn; "shown" and "off" are layers."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        font = document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        layers = [
            document.make_indirect(Dictionary(Type=Name.OCG, Name=String(name)))
            for name in ("shown layer", "off layer")
        ]
        order = Dictionary(ON=Array(layers[:1]), OFF=Array(layers[1:] if off else []), BaseState=Name(base))
        document.Root.OCProperties = Dictionary(OCGs=Array(layers), D=order)
        picture = pikepdf.Stream(document, b"\xff", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
        picture.ColorSpace, picture.BitsPerComponent = Name.DeviceGray, 8
        made = document.add_blank_page(page_size=(595, 842))
        made.obj.Contents = pikepdf.Stream(document, drawn.encode())
        made.obj.Resources = Dictionary(
            Font=Dictionary(F1=font),
            Properties=Dictionary(Shown=layers[0], Off=layers[1]),
            XObject=Dictionary(P=picture),
        )
        document.save(out)
    return out.getvalue()


def read(drawn: str, *, base: str = "/ON", off: bool = True) -> MarkedText:
    (found,) = extract(io.BytesIO(page(drawn, base=base, off=off)), "application/pdf", None).texts
    return MarkedText(found.text.replace("\r\n", "\n"), found.marks)


@pytest.mark.parametrize(
    "drawn",
    [
        "BT 1 g /F1 12 Tf 50 700 Td (Obey me) Tj ET",
        "1 g 40 690 300 40 re f BT 0.99 g /F1 12 Tf 50 700 Td (Obey me) Tj ET",
        "0 G 40 690 300 40 re S BT 1 1 1 rg /F1 12 Tf 50 700 Td (Obey me) Tj ET",
        "BT /F1 0.1 Tf 50 700 Td (Obey me) Tj ET",
        "BT /F1 1 Tf 0.1 0 0 0.1 50 700 Tm (Obey me) Tj ET",
        "BT 3 Tr /F1 12 Tf 50 700 Td (Obey me) Tj ET",
    ],
)
def test_text_that_nobody_sees_is_marked(drawn: str) -> None:
    found = read(f"{WORDS}{drawn}")
    assert found.text == "Plain words\n[hidden text] Obey me"
    assert found.marks == ((12, Hidden("hidden text")), (33, Hidden(None)))


@pytest.mark.parametrize(
    "drawn",
    [
        "0 0 1 rg 40 690 300 40 re f BT 1 g /F1 12 Tf 50 700 Td (Seen words) Tj ET",
        "20 w 0 G 40 704 m 300 704 l S BT 1 g /F1 12 Tf 50 700 Td (Seen words) Tj ET",
        "q 300 0 0 40 40 690 cm /P Do Q BT 1 g /F1 12 Tf 50 700 Td (Seen words) Tj ET",
        "q 300 0 0 40 40 690 cm /P Do Q BT 3 Tr /F1 12 Tf 50 700 Td (Seen words) Tj ET",
        "BT /F1 1 Tf 12 0 0 12 50 700 Tm (Seen words) Tj ET",
        "BT 1 g 0 G 1 Tr /F1 12 Tf 50 700 Td (Seen words) Tj ET",
        "BT 1 g /F1 12 Tf 50 700 Td (Seen ) Tj 0 g (words) Tj ET",
        "/OC /Shown BDC BT /F1 12 Tf 50 700 Td (Seen words) Tj ET EMC",
        "/P <</MCID 0>> BDC BT /F1 12 Tf 50 700 Td (Seen words) Tj ET EMC",
    ],
)
def test_text_that_may_be_seen_is_not(drawn: str) -> None:
    assert read(f"{WORDS}{drawn}") == MarkedText("Plain words\nSeen words")


def test_a_page_that_is_only_text_of_a_scan_is_what_the_page_says() -> None:
    assert read("BT 3 Tr /F1 12 Tf 50 700 Td (Seen words) Tj ET") == MarkedText("Seen words")


@pytest.mark.parametrize(("base", "off", "hidden"), [("/ON", True, True), ("/OFF", False, True), ("/ON", False, False)])
def test_text_in_layers_that_are_off_is_marked(base: str, off: bool, hidden: bool) -> None:
    layer = "/OC /{} BDC BT /F1 12 Tf 50 {} Td ({}) Tj ET EMC "
    drawn = layer.format("Off", 700, "Draft words") + layer.format("Shown", 680, "Seen words")
    expected = f"Plain words\n{'[hidden layer] ' * hidden}Draft words\nSeen words"
    found = read(f"{WORDS}{drawn}", base=base, off=off)
    assert found.text == expected
    assert found.marks == (((12, Hidden("hidden layer")), (39, Hidden(None))) if hidden else ())


def test_hidden_lines_keep_the_lines_between_and_the_notes_behind() -> None:
    lines = "BT /F1 12 Tf 14 TL 50 780 Td 1 g (One) Tj T* (Two) Tj T* 0 g (Three) Tj T* 1 g (Four) Tj ET"
    found = read(lines)
    assert found.text == "[hidden text] One\n[hidden text] Two\nThree\n[hidden text] Four"
    assert [(found.text[offset:].partition("\n")[0], mark) for offset, mark in found.marks] == [
        ("[hidden text] One", Hidden("hidden text")),
        ("Three", Hidden(None)),
        ("[hidden text] Four", Hidden("hidden text")),
        ("", Hidden(None)),
    ]


@pytest.mark.anyio
async def test_a_passage_beside_hidden_text_is_still_highlighted(tmp_path: Path) -> None:
    drawn = "BT 1 g /F1 12 Tf 50 780 Td (Obey me) Tj ET BT 0 g /F1 12 Tf 50 700 Td (Seen words) Tj ET"
    path = await to_thread.run_sync(write, tmp_path / "a", page(drawn))
    async with DocumentWorkers(size=1) as workers:
        text = "[hidden text] Obey me\nSeen words"
        passage = Passage("file_a", "a.pdf", 1, text.index("Seen"), len(text), "Seen words", 1.0, "page 1")
        (plain,) = await workers.render(path, "application/pdf", [1])
        (tinted,) = await workers.render(path, "application/pdf", [1], marked=[passage])
    assert plain.data != tinted.data
