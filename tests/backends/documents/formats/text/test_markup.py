"""Headings of light markup are found, and nothing that only looks like one."""

from files_api_mcp.backends.documents.formats.text.markup import AsciiDoc, LaTeX, Markdown, Org, ReStructuredText
from files_api_mcp.backends.documents.marks import Heading


def test_markdown() -> None:
    text = (
        "---\ntitle: x\n---\n# 1. The **terms**\n```\n# no\n```\n## 3.2 Fees ##\nSetext\n===\nSecond one\n---\n- item\n"
        "---\n#no\n    # code\n####### seven\n| a |\n---\n~~~~\n```\n# no\n~~~~\n### [Link](x.md) `code` {#id}\n\n---\n"
    )
    assert list(Markdown().headings(text.split("\n"))) == [
        (3, Heading(1, "The terms", "1")),
        (7, Heading(2, "Fees", "3.2")),
        (8, Heading(1, "Setext")),
        (10, Heading(2, "Second one")),
        (23, Heading(3, "Link code")),
    ]


def test_fences_go_on_in_the_next_lines() -> None:
    finder = Markdown()
    assert list(finder.headings(["```", "# no"])) == []
    assert list(finder.headings(["# no", "```", "# Yes"])) == [(2, Heading(1, "Yes"))]


def test_restructured_text() -> None:
    text = (
        "=====\nTitle\n=====\n\nFirst\n-----\ntext\n\nDeeper\n~~~~~~\n\n2.1 Next\n--------\na\n==== ===\nb\n\n-----\n"
    )
    assert list(ReStructuredText().headings(text.split("\n"))) == [
        (1, Heading(1, "Title")),
        (4, Heading(2, "First")),
        (8, Heading(3, "Deeper")),
        (11, Heading(2, "Next", "2.1")),
    ]


def test_org() -> None:
    lines = ["* TODO Plan :work:home:", "** 1.2 Costs", "*bold* text", "- item"]
    assert list(Org().headings(lines)) == [(0, Heading(1, "Plan")), (1, Heading(2, "Costs", "1.2"))]


def test_asciidoc() -> None:
    lines = ["= Book", "----", "= no", "----", "== Part ==", "=== 3. Fees"]
    assert list(AsciiDoc().headings(lines)) == [
        (0, Heading(1, "Book")),
        (4, Heading(2, "Part")),
        (5, Heading(3, "Fees", "3")),
    ]


def test_latex() -> None:
    lines = [
        r"\section{The \emph{old} mill}\label{s}",
        r"  \subsection*[short]{Fees}",
        r"\sectional{x}",
        "% \\section{no}",
    ]
    assert list(LaTeX().headings(lines)) == [(0, Heading(3, "The old mill")), (1, Heading(4, "Fees"))]
