"""Messages of tools, rewritten for the command line."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from files_api_mcp.server.cli.messages import PHRASES, for_command_line

ROOT = Path(__file__).parents[3]


def texts() -> Iterator[str]:
    """The string literals of the code that writes messages."""
    for folder in ("tools", "backends"):
        for module in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_phrase_that_is_rewritten_still_occurs() -> None:
    """When you change a message, change its phrase in messages.py too."""
    written = "\n".join(texts())
    for phrase in PHRASES:
        # A sentence and its next step are two literals.
        for part in phrase.split(". "):
            assert part in written, phrase


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Call list_files for the ids.", "Call `files-api-mcp list` for the ids."),
        ("Ask the operator to check the disk.", "Check the disk."),
        ("The operator said so; the operator can update it.", "The operator said so; you can update it."),
        ("notes/list_files.md and list_files.md stay", "notes/list_files.md and list_files.md stay"),
    ],
)
def test_tools_become_commands_and_the_operator_becomes_you(text: str, shown: str) -> None:
    assert for_command_line(text) == shown
