"""Diagrams (SmartArt) are read as a list by level."""

from xml.etree.ElementTree import fromstring

from files_api_mcp.backends.documents.formats.ooxml.diagrams import diagram_lines
from tests.support.ooxml import part


def point(key: str, text: str, kind: str = "node") -> str:
    return f'<dgm:pt modelId="{key}" type="{kind}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'


def link(source: str, target: str, order: int = 0, kind: str = "parOf") -> str:
    return f'<dgm:cxn type="{kind}" srcId="{source}" destId="{target}" srcOrd="{order}"/>'


def lines(points: str, links: str) -> list[str]:
    content = f"<dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst>"
    return [*diagram_lines(fromstring(part("dgm:dataModel", content)))]


def test_nodes_stand_below_their_parent_in_order() -> None:
    points = point("0", "", "doc") + point("c", "Quist") + point("a", "Director") + point("b", "Sundberg", "asst")
    points += point("p", "layout", "pres") + point("s", "", "sibTrans")
    links = link("0", "a") + link("a", "c", 1) + link("a", "b", 0) + link("p", "a", kind="presOf")
    assert lines(points, links) == ["- Director", "  - Sundberg", "  - Quist"]


def test_nodes_in_a_circle_are_read_once() -> None:
    points = point("a", "One") + point("b", "Two")
    assert lines(points, link("a", "b") + link("b", "a") + link("a", "x")) == ["- One", "  - Two"]
