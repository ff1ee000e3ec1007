"""Paths that lead nowhere, and what is suggested instead, wanted beside got."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from files_api_mcp.backends.errors import FilesError, NotFound, OutsideRoots
from files_api_mcp.backends.roots import near_misses
from files_api_mcp.backends.roots.name_likeness import WantedName
from files_api_mcp.backends.roots.roots import Roots
from tests.support.agent import write

FILES = (
    "annual-report-2025.pdf",
    "Budget 2026.xlsx",
    "minutes_of_march.docx",
    "contracts/acme.pdf",
    "contracts/beta.pdf",
    "deep/er/invoice-0042.pdf",
    "photo.JPEG",
    "v1.2",
    "twin.txt",
    "twin.md",
    "notes.txt.bak",
    ".hidden-plan.txt",
    "drafts/ignored-plan.txt",
    "secret.pem",
    "store/ledger.txt",
    "odd\nname.txt",
)

# What is written, and what is found with it.
FOUND = [
    ("annual-report-2025", "annual-report-2025.pdf"),
    ("contracts/acme", "contracts/acme.pdf"),
    ("{root}/contracts/acme", "{root}/contracts/acme.pdf"),
    ("Budget\u00a02026", "Budget 2026.xlsx"),
    ("contracts\\acme.pdf", "contracts/acme.pdf"),
    ("deep\\er\\invoice-0042.pdf", "deep/er/invoice-0042.pdf"),
]

# What is written, and what is suggested.
SUGGESTED: list[tuple[str, list[str]]] = [
    ("annual-report-2025.doc", ["annual-report-2025.pdf"]),
    ("anual-report-2025.pdf", ["annual-report-2025.pdf"]),
    ("annual-reprot-2025.pdf", ["annual-report-2025.pdf"]),
    ("annual-report-2024.pdf", ["annual-report-2025.pdf"]),
    ("Annual-Report-2025.PDF", ["annual-report-2025.pdf"]),
    ("annual report 2025.pdf", ["annual-report-2025.pdf"]),
    ("annual_report_2025.pdf", ["annual-report-2025.pdf"]),
    ("annualreport2025.pdf", ["annual-report-2025.pdf"]),
    ("annual-report.pdf", ["annual-report-2025.pdf"]),
    ("{root}/annual report 2025.pdf", ["{root}/annual-report-2025.pdf"]),
    ("budget-2026.xlsx", ["Budget 2026.xlsx"]),
    ("Budget 2026.xls", ["Budget 2026.xlsx"]),
    ("minutes-of-march.docx", ["minutes_of_march.docx"]),
    ("photo.jpg", ["photo.JPEG"]),
    ("acme.pdf", ["contracts/acme.pdf"]),
    ("contract/acme.pdf", ["contracts/acme.pdf"]),
    ("old/contracts/beta.pdf", ["contracts/beta.pdf"]),
    ("/elsewhere/contracts/acme.pdf", ["contracts/acme.pdf"]),
    ("../acme.pdf", ["contracts/acme.pdf"]),
    ("C:\\Users\\me\\acme.pdf", ["contracts/acme.pdf"]),
    ("INVOICE_0042.PDF", ["deep/er/invoice-0042.pdf"]),
    ("contract", ["contracts/"]),
    ("Contracts/", ["contracts/"]),
    ("twin", ["twin.md", "twin.txt"]),
    ("tvin.txt", ["twin.txt", "twin.md"]),
    ("tvvn.txt", []),
    ("nothing.like.it", []),
    ("notes", []),
    ("hidden-plan.txt", []),
    (".hidden-plan", []),
    ("ignored-plan.txt", []),
    ("drafts/ignored_plan.txt", []),
    ("secret.pdf", []),
    ("ledger.txt", []),
    ("stor", []),
    ("odd name.txt", []),
    ("outside.txt", []),
    ("", []),
    ("/", []),
    ("..", []),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        write(tmp_path / "root" / name, name)
    write(tmp_path / "root" / ".gitignore", "ignored*\n*.bak\n")
    write(tmp_path / "outside.txt", "outside")
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    return tmp_path / "root"


@pytest.fixture
def roots(root: Path) -> Generator[Roots]:
    with Roots([root], private=[root / "store"]) as allowed:
        yield allowed


def explained(roots: Roots, path: str) -> FilesError:
    with pytest.raises(FilesError) as caught:
        roots.open_file(roots.spelled(path)).close()
    return roots.explained(caught.value, path)


def suggested(roots: Roots, path: str) -> list[str]:
    step = explained(roots, path).next_step
    return step.split('"')[1::2] if step.startswith("Did you mean") else []


@pytest.mark.parametrize(("written", "path"), FOUND)
def test_a_name_without_its_ending_leads_to_the_only_file(roots: Roots, root: Path, written: str, path: str) -> None:
    assert roots.spelled(written.format(root=root)) == path.format(root=root)


@pytest.mark.parametrize(("written", "wanted"), SUGGESTED)
def test_a_near_miss_is_suggested(roots: Roots, root: Path, written: str, wanted: list[str]) -> None:
    assert suggested(roots, written.format(root=root)) == [path.format(root=root) for path in wanted]


def test_what_is_outside_makes_no_difference(roots: Roots, root: Path) -> None:
    for there, absent in (("outside.txt", "outsidf.txt"), ("root/../outside.txt", "root/../outsidf.txt")):
        paths = [str(root.parent / there), str(root.parent / absent)]
        paths += [f"link/{there}", f"link/{absent}"]
        errors = [explained(roots, path) for path in paths]
        assert all(isinstance(error, OutsideRoots) for error in errors[:2])
        assert len({error.text for error in errors[:2]}) == 1
        assert not any("outside.txt" in error.text for error in errors)


def test_at_most_three_are_suggested_the_nearest_first(roots: Roots, root: Path) -> None:
    for number in range(20, 30):
        write(root / f"protocol-{number}.txt", "x")
    write(root / "sub" / "protocol_21.txt", "x")
    assert suggested(roots, "protocol 21.txt") == ["protocol-21.txt", "protocol-20.txt", "protocol-22.txt"]


def test_a_folder_with_many_names_is_looked_at_in_part(
    roots: Roots, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_misses, "_MOST_NAMES", 500)
    for number in range(1000):
        write(root / "many" / f"page-{number}.txt", "x")
    seen: list[str] = []
    compare = WantedName.difference

    def counted(self: WantedName, name: str) -> int | None:
        seen.append(name)
        return compare(self, name)

    monkeypatch.setattr(WantedName, "difference", counted)
    assert suggested(roots, "many/pages-77.txt") is not None
    assert len(seen) < 1600
    # Another one with that stem may be among the names that were not looked at.
    assert roots.spelled("many/page-500") == "many/page-500"


def test_the_search_can_be_cancelled(roots: Roots, root: Path) -> None:
    for number in range(1100):
        write(root / "many" / f"page-{number}.txt", "x")

    def cancelled() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        roots.explained(NotFound("No."), "many/x.txt", check_cancelled=cancelled)


def test_folders_are_named_if_the_operator_wants_that(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two", "late", "four", "five\n")]
    for folder in folders:
        folder.mkdir()
    with Roots(folders, named=True) as roots:
        first = ", ".join(f'"{folder}"' for folder in folders[:3])
        for path in ("absent.txt", "/etc/passwd"):
            assert explained(roots, path).next_step.endswith(f" Allowed folders: {first}, 2 more.")
    with Roots(folders) as roots:
        for path in ("absent.txt", "/etc/passwd"):
            assert str(tmp_path) not in explained(roots, path).text


def test_the_second_folder_has_it(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.txt", "x")
    write(tmp_path / "two" / "sub" / "plan-b.txt", "x")
    with Roots([tmp_path / "one", tmp_path / "two"]) as roots:
        assert suggested(roots, "plan_b.txt") == ["sub/plan-b.txt"]
        (path,) = suggested(roots, "sub/plan b.txt")
        with roots.open_file(path) as source:
            assert os.pread(source.fd, 1, 0) == b"x"
