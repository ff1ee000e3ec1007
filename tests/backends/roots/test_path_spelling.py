"""Paths as people and models write them, wanted beside got."""

import os
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote

import pytest

from files_api_mcp.backends.roots.path_spelling import plain_path
from files_api_mcp.backends.roots.roots import Roots

SHOT = "Shot at 3.05\u202fPM.png"
CAFE = normalize("NFD", "café menü.txt")
OTHER = "100\u00a0km/r\u00e9sum\u00e9 1.txt"
NAMES = ("report.pdf", "a b.txt", SHOT, CAFE, OTHER, '"odd".txt', "two  one.txt", "two\u00a0 one.txt", "$HOME.txt")

# What is written, with {root} and {home} for folders, and the name that it leads to.
WRITTEN: list[tuple[str, str]] = [
    ("report.pdf", "report.pdf"),
    (" report.pdf ", "report.pdf"),
    ('"report.pdf"', "report.pdf"),
    ("'report.pdf'", "report.pdf"),
    ("`report.pdf`", "report.pdf"),
    ("\u201creport.pdf\u201d", "report.pdf"),
    ("\u2018report.pdf\u2019", "report.pdf"),
    ("<report.pdf>", "report.pdf"),
    ("./report.pdf", "report.pdf"),
    ("{root}/report.pdf", "report.pdf"),
    ('"{root}/report.pdf"', "report.pdf"),
    ("file://{root}/report.pdf", "report.pdf"),
    ("file://localhost{root}/report.pdf", "report.pdf"),
    ("file:{root}/report.pdf", "report.pdf"),
    ("FILE://{root}/report.pdf", "report.pdf"),
    ("<file://{root}/report.pdf>", "report.pdf"),
    ("file://{root}/a%20b.txt", "a b.txt"),
    ("file://{root}/a b.txt", "a b.txt"),
    (f"file://{{root}}/{quote(SHOT)}", SHOT),
    (f"file://{{root}}/{quote(CAFE)}", CAFE),
    ("~/root/report.pdf", "report.pdf"),
    ("$HOME/root/report.pdf", "report.pdf"),
    ("${{HOME}}/root/report.pdf", "report.pdf"),
    ('"~/root/a b.txt"', "a b.txt"),
    ("a\u00a0b.txt", "a b.txt"),
    ("a\u202fb.txt", "a b.txt"),
    ("{root}/a\u2009b.txt", "a b.txt"),
    ("Shot at 3.05 PM.png", SHOT),
    ("Shot at 3.05\u00a0PM.png", SHOT),
    ("{root}/Shot at 3.05 PM.png", SHOT),
    (SHOT, SHOT),
    (normalize("NFC", CAFE), CAFE),
    (CAFE, CAFE),
    (normalize("NFC", CAFE).replace(" ", "\u202f"), CAFE),
    ("100 km/r\u00e9sum\u00e9 1.txt", OTHER),
    (normalize("NFD", "100 km/r\u00e9sum\u00e9 1.txt"), OTHER),
    ("{root}/100 km/r\u00e9sum\u00e9\u00a01.txt", OTHER),
    ('"odd".txt', '"odd".txt'),
    ("$HOME.txt", "$HOME.txt"),
    ("two  one.txt", "two  one.txt"),
]

# Left alone: nothing is there, several are, or it is outside.
LEFT = [
    "missing file.txt",
    "two \u00a0one.txt",
    "file://elsewhere/report.pdf",
    "../a b.txt",
    "/etc/host name",
    "~other/x y",
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in NAMES:
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "root"


def test_there_are_forty() -> None:
    assert len(WRITTEN) >= 40


@pytest.mark.parametrize(("written", "name"), WRITTEN)
def test_a_spelling_leads_to_the_file(root: Path, written: str, name: str) -> None:
    with Roots([root]) as roots, roots.open_file(roots.spelled(written.format(root=root))) as source:
        assert os.pread(source.fd, 1000, 0).decode() == name


@pytest.mark.parametrize("written", LEFT)
def test_what_leads_nowhere_stays_as_it_is(root: Path, written: str) -> None:
    with Roots([root]) as roots:
        assert roots.spelled(written) == plain_path(written) == written
