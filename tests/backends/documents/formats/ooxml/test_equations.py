"""Equations are read as a person would type them."""

from xml.etree.ElementTree import fromstring

import pytest

from files_api_mcp.backends.documents.formats.ooxml.equations import equation_text
from tests.support.ooxml import part


def t(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def e(name: str, **arguments: str) -> str:
    return f"<m:{name}>{''.join(f'<m:{key}>{value}</m:{key}>' for key, value in arguments.items())}</m:{name}>"


def of(name: str, values: dict[str, str], **arguments: str) -> str:
    """A structure with properties."""
    properties = "".join(f'<m:{key} m:val="{value}"/>' for key, value in values.items())
    made = e(name, **arguments)
    return made.replace(f"<m:{name}>", f"<m:{name}><m:{name}Pr>{properties}</m:{name}Pr>", 1)


SQUARE = e("sSup", e=t("b"), sup=t("2"))
ROOT = e("rad", deg="", e=SQUARE + t("-4ac"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (t("x=") + e("f", num=t("-b±") + ROOT, den=t("2a")), "x=(-b±√(b^2-4ac))/(2a)"),
        (e("f", num=t("1"), den=t("n+1")), "1/(n+1)"),
        (e("sSub", e=t("N"), sub=t("0")) + e("sSup", e=t("e"), sup=t("-λt")), "N_0 e^(-λt)"),
        (e("sSubSup", e=t("x"), sub=t("i"), sup=t("2")), "x_i^2"),
        (of("nary", {"chr": "∑"}, sub=t("i=1"), sup=t("n"), e=t("i")), "∑_(i=1)^n i"),
        (e("nary", sub="", sup="", e=t("f dx")), "∫ f dx"),
        (e("rad", deg=t("3"), e=t("x")), "√[3](x)"),
        (of("d", {"begChr": "[", "endChr": ")"}, e=t("0,1")), "[0,1)"),
        (e("func", fName=t("sin"), e=t("x")), "sin x"),
        (e("f", num=t("dy"), den=t("2")), "(dy)/2"),
        (e("limLow", e=t("lim"), lim=t("x→0")), "lim_(x→0)"),
        (of("acc", {"chr": "\u0304"}, e=t("x")), "x\u0304"),
        ("<m:m><m:mr><m:e>{0}</m:e><m:e>{0}</m:e></m:mr><m:mr><m:e>{0}</m:e></m:mr></m:m>".format(t("1")), "[1, 1; 1]"),
        (t("\U0001d465\U0001d7d0"), "x2"),
    ],
)
def test_structures_become_a_line(content: str, expected: str) -> None:
    assert equation_text(fromstring(part("m:oMath", content))) == expected


def test_nesting_without_end_keeps_the_letters() -> None:
    deep = t("x")
    for _ in range(300):
        deep = e("f", num=deep, den=t("y"))
    assert "x" in equation_text(fromstring(part("m:oMath", deep)))


def test_the_signs_of_brackets_are_short() -> None:
    long = "|" * 100_000
    content = of("d", {"begChr": long, "sepChr": long, "endChr": long}, e=t("1")).replace("</m:d>", "<m:e/></m:d>")
    assert len(equation_text(fromstring(part("m:oMath", content)))) < 30
