"""The words of `within`, and which files they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.file_filter import ALL_FILES, parse_within
from files_api_mcp.backends.file_versions import FileState

_DAY_US = 86_400 * 1_000_000
_NEW_YEAR_2026_US = 20_454 * _DAY_US


@dataclass
class Stored:
    filename: str = "Annual Report.pdf"
    mime_type: str = "application/pdf"
    created_us: int = _NEW_YEAR_2026_US + 1
    tags: Sequence[str] = ()
    state: FileState = "ready"
    paths: Sequence[tuple[str, str | None]] = ()


AT_ROOT = Stored(paths=[("/home/Ann/docs/Contracts/2025/Annual Report.pdf", "/home/Ann/docs")])
ROOTLESS = Stored(paths=[("/home/Ann/docs/Contracts/2025/Annual Report.pdf", None)])


@pytest.mark.parametrize(
    ("within", "file"),
    [
        ("", Stored()),
        ("  ", Stored()),
        ("annual", Stored()),
        ("ANNUAL report", Stored()),
        ('"annual report"', Stored()),
        ("*.PDF", Stored()),
        ("annual*.p?f", Stored()),
        ("re\u0301sume\u0301", Stored("R\u00e9sum\u00e9.pdf")),
        ("type:pdf", Stored()),
        ("TYPE:PDF", Stored()),
        ("type:md", Stored("readme.md", "text/markdown")),
        ("type:text", Stored("readme.md", "text/markdown")),
        ("type:.py type:code", Stored("a.py", "text/plain")),
        ("type:image/png", Stored("a.png", "image/png")),
        ("tag:acme", Stored(tags=["acme", "x"])),
        ('tag:"ACME corp" tag:x', Stored(tags=["acme corp", "x"])),
        ("after:2026-01-01 before:2026-01-01", Stored()),
        ("before:2026-01-01", Stored(created_us=_NEW_YEAR_2026_US + _DAY_US - 1)),
        ("state:superseded", Stored(state="superseded")),
        ("contracts/", AT_ROOT),
        ("contracts/2025/*.pdf", AT_ROOT),
        ("contracts/**/*.pdf", AT_ROOT),
        ("./contracts/", AT_ROOT),
        ("docs/contracts/", AT_ROOT),
        ("/home/ann/docs/", AT_ROOT),
        ('"contracts/2025/annual report.pdf"', AT_ROOT),
        ("*/2025/", AT_ROOT),
        ("contracts/2025/", ROOTLESS),
    ],
)
def test_words_that_hold(within: str, file: Stored) -> None:
    assert parse_within(within).matches(file)


@pytest.mark.parametrize(
    ("within", "file"),
    [
        ("monthly", Stored()),
        ("annual monthly", Stored()),
        ("*.doc", Stored()),
        ("annual*", Stored("my annual report.pdf")),
        ("type:docx", Stored()),
        ("type:code", Stored("readme.md", "text/markdown")),
        ("type:pdf type:csv", Stored()),
        ("tag:acme", Stored(tags=["acmex"])),
        ("after:2026-01-02", Stored()),
        ("before:2025-12-31", Stored()),
        ("before:2026-01-01", Stored(created_us=_NEW_YEAR_2026_US + _DAY_US)),
        ("annual", Stored(state="superseded")),
        ("state:gone", Stored()),
        ("2025/", AT_ROOT),
        ("contracts/*.pdf", AT_ROOT),
        ("contract/", AT_ROOT),
        ("contracts/", Stored()),
        ("/contracts/", AT_ROOT),
    ],
)
def test_words_that_do_not_hold(within: str, file: Stored) -> None:
    assert not parse_within(within).matches(file)


@pytest.mark.parametrize(
    "within",
    [
        "after:yesterday",
        "after:2026-02-30",
        "before:9999-12-31",
        "after:",
        "state:old",
        "state:gone state:superseded",
        "kind:pdf",
        '"annual',
        "x " * 21,
        "x" * 1001,
    ],
)
def test_words_that_cannot_be_read(within: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_within(within)
    assert caught.value.next_step


def test_nothing_named_means_all_current_files() -> None:
    assert parse_within("") == ALL_FILES


def test_a_hostile_glob_ends() -> None:
    assert not parse_within("*a" * 400 + "b").matches(Stored("a" * 255))
