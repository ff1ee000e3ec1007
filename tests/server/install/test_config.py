"""Configurations with comments and odd formatting: one entry is set, and the rest is kept."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.server.install.config import Configuration
from files_api_mcp.server.install.hosts import HOSTS
from files_api_mcp.server.install.json_edit import parsed_json, with_item, with_member, without_child
from files_api_mcp.server.install.plan import Entry, Key, entry_for

ENTRY = Entry({"command": "/bin/files-api-mcp", "args": ["serve", "/docs"]})
SPACE = st.sampled_from(["", " ", "\n", "\r\n", "\t", " /* , } */ ", ' // "a": [\n', "/**/", "\n  // }\n  "])
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(['"//"', "/*", ",}", "\\"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
DOCUMENTS = st.dictionaries(st.sampled_from(["servers", "inputs", "x", "y // z"]), VALUES, max_size=4)


@pytest.mark.parametrize("text", ['{"a": 1} /* open', "/*/", '{"a": "open', '{"a": "\\'])
def test_a_comment_or_string_that_does_not_end_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        parsed_json(text, comments=True)


def configuration(host: str, text: str) -> Configuration:
    return Configuration(HOSTS[host], Path("/etc/host.conf"), text)


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """A value in JSON with comments and odd spacing."""
    if not isinstance(value, dict | list):
        return json.dumps(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    items = cast("dict[str, Any] | list[Any]", value)
    pairs = list(items.items()) if isinstance(items, dict) else [(None, item) for item in items]
    parts: list[str] = []
    for name, child in pairs:
        key = "" if name is None else f"{json.dumps(name)}{draw(SPACE)}:{draw(SPACE)}"
        parts.append(f"{draw(SPACE)}{key}{draw(written(child))}{draw(SPACE)}")
    last = "," if parts and draw(st.booleans()) else ""
    return f"{opening}{','.join(parts) or draw(SPACE)}{last}{draw(SPACE)}{closing}"


@st.composite
def documents(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    value = draw(DOCUMENTS)
    return value, draw(SPACE) + draw(written(value)) + draw(SPACE)


def is_old_text_with_additions(old: str, new: str) -> bool:
    """Whether the new text contains every non-space character of the old one, in order."""
    characters = iter(new)
    return all(character in characters for character in old if not character.isspace())


@given(documents())
@settings(deadline=None, max_examples=100)
def test_adding_a_member_keeps_every_character(document: tuple[dict[str, Any], str]) -> None:
    value, text = document
    assert parsed_json(text, comments=True) == value
    new = with_member(text, ("new", "files"), {"command": "x"}, comments=True)
    assert parsed_json(new, comments=True) == {**value, "new": {"files": {"command": "x"}}}
    assert is_old_text_with_additions(text, new)


@given(documents(), st.lists(VALUES, max_size=3).flatmap(lambda items: st.tuples(st.just(items), written(items))))
@settings(deadline=None, max_examples=200)
def test_adding_an_item_keeps_every_character(
    document: tuple[dict[str, Any], str], asked: tuple[list[Any], str]
) -> None:
    items, items_text = asked
    text = '{"before":' + document[1] + ', "inputs":' + items_text + "}"
    new = with_item(text, "inputs", {"id": "k"}, comments=True)
    assert parsed_json(new, comments=True) == {"before": document[0], "inputs": [*items, {"id": "k"}]}
    assert is_old_text_with_additions(text, new)


@given(documents())
@settings(deadline=None, max_examples=200)
def test_an_installation_is_right_or_refused_in_any_configuration(document: tuple[dict[str, Any], str]) -> None:
    value, text = document
    entry = entry_for(HOSTS["vscode"], ["/bin/x"], Key("ANTHROPIC_API_KEY"))
    servers, inputs = value.get("servers", {}), value.get("inputs", [])
    try:
        new = configuration("vscode", text).with_entry("files", entry)
    except InvalidArgument:
        assert not isinstance(servers, dict) or not isinstance(inputs, list)
        return
    after = parsed_json(new, comments=True)
    assert after == {**value, "servers": {**servers, "files": entry.server}, "inputs": [*inputs, *entry.inputs]}
    assert configuration("vscode", new).find("files", entry) == "the same"


@given(documents(), st.booleans())
@settings(deadline=None, max_examples=100)
def test_an_entry_that_was_added_can_be_removed(document: tuple[dict[str, Any], str], is_only: bool) -> None:
    value, text = document
    path = ("new", "files") if is_only else ("x", "files")
    if not isinstance(value.get("x", {}), dict):
        return
    added = with_member(text, path, {"command": "x"}, comments=True)
    before, after = parsed_json(added, comments=True), without_child(added, path, comments=True)
    del before[path[0]]["files"]
    assert parsed_json(after, comments=True) == before


@given(documents())
@settings(deadline=None, max_examples=100)
def test_removing_any_member_keeps_all_others(document: tuple[dict[str, Any], str]) -> None:
    value, text = document
    for key in value:
        left = parsed_json(without_child(text, (key,), comments=True), comments=True)
        assert left == {name: other for name, other in value.items() if name != key}


def test_a_removed_member_takes_its_line_along_and_nothing_else() -> None:
    text = """{
  // servers
  "servers": {
    "a": {}, // the good one
    "files": {
      "command": "x"
    }, // ours
    "b": {}
  }
}
"""
    assert without_child(text, ("servers", "files"), comments=True) == text.replace(
        """    "files": {
      "command": "x"
    }, // ours
""",
        "     // ours\n",
    )
    strict = '{\n  "s": {\n    "a": 1,\n    "files": {"x": [1, 2]}\n  }\n}\n'
    assert without_child(strict, ("s", "files"), comments=False) == '{\n  "s": {\n    "a": 1\n  }\n}\n'
    assert without_child('{"s":{"files":1}}', ("s", "files"), comments=False) == '{"s":{}}'


def test_comments_trailing_commas_and_indentation_are_kept() -> None:
    text = """{
    // my servers
    "servers": {
        "memory": { "command": "npx" }, // the good one
    },
    /* "inputs" come later */
}
"""
    assert configuration("vscode", text).with_entry("files", ENTRY) == text.replace(
        "// the good one\n",
        """// the good one
        "files": {
            "command": "/bin/files-api-mcp",
            "args": [
                "serve",
                "/docs"
            ]
        }
""",
    )


def test_an_entry_of_that_name_is_replaced_in_its_position() -> None:
    text = '{"mcpServers": {"a": 1, "files": {"command": "old", "env": {"K": "v"}}, "b": 2}}'
    new = configuration("claude-desktop", text).with_entry("files", Entry({"command": "new"}))
    assert json.loads(new) == {"mcpServers": {"a": 1, "files": {"command": "new"}, "b": 2}}
    assert list(json.loads(new)["mcpServers"]) == ["a", "files", "b"]


def test_windows_line_endings_and_byte_order_mark_are_kept() -> None:
    text = '\ufeff{\r\n\t"mcpServers": {}\r\n}\r\n'
    new = configuration("claude-desktop", text).with_entry("files", ENTRY)
    assert new.startswith('\ufeff{\r\n\t"mcpServers": {\r\n\t\t"files": {\r\n')
    assert "\n" not in new.replace("\r\n", "")


@pytest.mark.parametrize("text", ["", "\n", "// mine, to be filled\n"])
def test_an_empty_configuration_gets_its_first_server(text: str) -> None:
    new = configuration("vscode", text).with_entry("files", ENTRY)
    assert new.startswith(text.strip())
    assert parsed_json(new, comments=True) == {"servers": {"files": ENTRY.server}}


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("claude-desktop", '{"mcpServers": {}, // no comments here\n}'),
        ("claude-desktop", '{"mcpServers": {'),
        ("claude-desktop", '{"mcpServers": {}} {}'),
        ("claude-desktop", '{"a": Infinity}'),
        ("claude-desktop", "[]"),
        ("claude-desktop", '{"mcpServers": []}'),
        ("claude-desktop", '{"mcpServers": null}'),
        ("claude-desktop", "[" * 100_000),
        ("vscode", '{"servers": {} /* no end }'),
        ("vscode", '{"servers": {,}}'),
        ("vscode", '{"servers": "none"}'),
        ("codex", "[mcp_servers"),
        ("codex", "mcp_servers = 3"),
        ("codex", "[[mcp_servers]]\nx = 1"),
        ("codex", "a = 1\na = 2"),
        # Valid, and written so that tomlkit would lose a server.
        ("codex", 'mcp_servers.c.command = "d"\nmcp_servers.d = {command = "x"}\n'),
    ],
)
def test_an_invalid_configuration_is_refused_and_its_file_named(host: str, text: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        configuration(host, text).with_entry("files", ENTRY)
    assert refusal.value.text.startswith("[invalid_argument] /etc/host.conf ")
    assert "Nothing was changed." in refusal.value.text


TOML = """# my settings
model = "gpt" # the good one

[mcp_servers.memory]
command = "npx"   # aligned
args = [
  "-y", # yes
]

[mcp_servers.files.env]
OLD = "1"

[profiles.fast]
effort = "low"
"""


def test_toml_keeps_its_comments_its_order_and_its_other_tables() -> None:
    without = TOML.replace('[mcp_servers.files.env]\nOLD = "1"\n\n', "")
    new = configuration("codex", without).with_entry("files", ENTRY)
    added = '[mcp_servers.files]\ncommand = "/bin/files-api-mcp"\nargs = ["serve", "/docs"]\n'
    assert added in new
    assert new.replace(added, "").replace("\n\n", "\n") == without.replace("\n\n", "\n")
    assert configuration("codex", new).find("files", ENTRY) == "the same"


@pytest.mark.parametrize(
    "text",
    [
        TOML,
        "",
        "mcp_servers = {}\n",
        'mcp_servers = { memory = { command = "npx" } }\n',
        'mcp_servers.memory.command = "npx"\n',
        '[mcp_servers]\n[mcp_servers.files]\ncommand = "x"\n[mcp_servers.files.env]\nA = "b"\n[x]\ny = 1\n',
        '[mcp_servers.a]\ncommand = "x"\n[other]\ny = 1\n[mcp_servers.b]\ncommand = "z"\n',
        'title = "x"\r\n[mcp_servers.a]\r\ncommand = "x"\r\n',
    ],
)
def test_a_server_can_be_added_to_every_form_of_codex_tables(text: str) -> None:
    new = configuration("codex", text).with_entry("files", ENTRY)
    assert configuration("codex", new).find("files", ENTRY) == "the same"
    assert configuration("codex", new).with_entry("files", ENTRY) == new


def test_an_input_of_vs_code_is_asked_for_once() -> None:
    entry = entry_for(HOSTS["vscode"], ["/bin/x"], Key("ANTHROPIC_API_KEY"))
    once = configuration("vscode", '{"inputs": [{"id": "other"}]}').with_entry("files", entry)
    twice = configuration("vscode", once).with_entry("documents", entry)
    without = once.replace('files-api-mcp-key",', 'renamed",')
    assert configuration("vscode", without).find("files", entry) == "another"
    assert [item["id"] for item in parsed_json(twice, comments=True)["inputs"]] == ["other", "files-api-mcp-key"]
