"""The docs agree with the code."""

import re
from pathlib import Path

from docs.generate import stale
from files_api_mcp.server.cli.main import SUBCOMMANDS
from files_api_mcp.tools.catalog import CATALOG

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_the_generated_pages_are_fresh() -> None:
    assert stale() == []


def test_every_page_is_in_the_navigation_and_every_link_leads_somewhere() -> None:
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    shown = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    assert shown == pages
    for page in DOCS.rglob("*.md"):
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), (page, link)


def test_every_path_named_in_the_map_and_in_the_recipes_exists() -> None:
    for page in (DOCS / "architecture.md", ROOT / "CONTRIBUTING.md"):
        paths = re.findall(
            r"`((?:server|tools|backends|tests|docs|examples|benchmarks)/[\w./-]*)`", page.read_text("utf-8")
        )
        assert paths
        assert [path for path in paths if not (ROOT / path).exists()] == [], page


def test_the_readme_is_short_and_names_every_tool_and_link() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) < 150
    assert not [entry.name for entry in CATALOG if f"`{entry.name}`" not in readme]
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", readme):
        assert (ROOT / link).exists(), link


def test_every_example_of_the_command_is_a_command() -> None:
    for page in (ROOT / "README.md", *DOCS.rglob("*.md")):
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for word in re.findall(r"^(?:uvx |uv run )?files-api-mcp ([a-z][a-z-]+)(?: |$)", block, re.MULTILINE):
                assert word in SUBCOMMANDS, (page, word)
