"""Arguments as models and their hosts write them: what each spelling is read as, wanted beside got."""

import re
from typing import Any

import pytest

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.tools.arguments.reading import read_arguments
from files_api_mcp.tools.catalog import CATALOG
from tests.support.agent import Agent

FUNCTIONS = {entry.name: entry.function for entry in CATALOG}
REQUIRED: dict[str, dict[str, Any]] = {
    "list_files": {},
    "ask_document": {"question": "When?"},
    "find_text": {"pattern": "fee"},
    "read_document": {"file_id": "file_a"},
    "download_file": {"file_id": "file_a"},
    "query_table": {"file_id": "file_a", "sql": "select 1"},
    "upload_file": {"path": "a.txt"},
    "describe_file": {},
    "delete_file": {},
    "create_upload": {},
}
A, B = "file_aB3-x_1", "file_b2"

# Tool, argument, values, and what each of them is read as. `...` is the default.
SPELLINGS: list[tuple[str, str, list[Any], Any]] = [
    ("list_files", "limit", [5, "5", " 5 ", 5.0, "5.0", '"5"', [5], ["5"], "+5"], 5),
    ("list_files", "limit", [1000, "1000", "1,000", "1e3"], 1000),
    ("list_files", "limit", [None, "", " ", "null", "None", "undefined"], ...),
    ("list_files", "cursor", [None, "", "null"], ...),
    ("list_files", "within", [None, "", "  ", "null", []], ...),
    ("list_files", "within", ["type:pdf tag:x", ["type:pdf", "tag:x"]], "type:pdf tag:x"),
    ("list_files", "within", [2025, 2025.0, ["2025"]], "2025"),
    ("find_text", "regex", [True, "true", "True", " TRUE ", "yes", "1", 1, 1.0, [True]], True),
    ("find_text", "regex", [False, "false", "no", "0", 0, "off"], False),
    ("find_text", "regex", [None, "", "null", "none"], ...),
    ("find_text", "context", ["2", 2.0], 2),
    ("find_text", "pattern", [2025, "2025", ["2025"]], "2025"),
    ("read_document", "start_char", ["0", 0, 0.0], 0),
    ("read_document", "as_image", ["true"], True),
    ("read_document", "at", ["", None, "null"], ...),
    ("ask_document", "max_tokens", ["1500", 1500.0], 1500),
    ("ask_document", "pages", [2, "2", 2.0, [2], ["2"], "[2]", "page 2", "Page 2", "p. 2", "slide 2", "p2"], "2"),
    ("ask_document", "pages", ["page 2 (labelled iv)"], "2"),
    ("ask_document", "pages", [[1, 2], "[1, 2]", "1,2", "1, 2", ["1", "2"], "1-2", "1 - 2", "1\u20132"], "1-2"),
    ("ask_document", "pages", ["pages 1-2", "pp. 1-2", "1\u20142", "1\u22122", "1..2", "1 to 2", "1:2"], "1-2"),
    ("ask_document", "pages", [[1, 2, 3, 4], "1-2,3-4", [1.0, 2, "3", "page 4"]], "1-4"),
    ("ask_document", "pages", [None, "", "null"], ...),
    ("describe_file", "file_id", [A, f" {A} ", f'"{A}"', f"`{A}`", f"<{A}>", [A], f'["{A}"]', f"['{A}']"], A),
    ("describe_file", "file_id", [f"files-api:///{A}", {"file_id": A, "filename": "a.txt"}, [{"id": A}]], A),
    ("delete_file", "file_ids", [[A, B], f"{A}, {B}", f"{A} {B}", f"{A}\n{B}", f'["{A}", "{B}"]', [[A, B]]], [A, B]),
    ("delete_file", "file_ids", [[A, None, B, ""], [f'["{A}"]', B], [{"file_id": A}, {"file_id": B}]], [A, B]),
    ("ask_document", "file_ids", [A, [A]], [A]),
    ("ask_document", "file_ids", [None, "", "null"], ...),
    ("upload_file", "tags", [["acme", "to sign"], '["acme", "to sign"]', "['acme', 'to sign']"], ["acme", "to sign"]),
    ("upload_file", "tags", [2025, ["2025"], "2025", ["2025", None]], ["2025"]),
    ("upload_file", "title", ["", None, "null"], ...),
    ("download_file", "overwrite", ["FALSE", "no"], False),
    ("query_table", "sheet", [2025, "2025"], "2025"),
]

# Whole calls: what the arguments are read as, and which of them a note names.
CALLS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("describe_file", {"file_id": A, "toolCallId": "call_1"}, {"file_id": A}, ["toolCallId"]),
    ("list_files", {"sessionId": "s", "action": "sendMessage", "chatInput": "hi"}, {}, ["sessionId", "action"]),
    ("list_files", {"sessionId": None}, {}, []),
    ("describe_file", {"fileId": A}, {"file_id": A}, []),
    ("describe_file", {"file-id": A}, {"file_id": A}, []),
    ("describe_file", {"FILE_ID": A}, {"file_id": A}, []),
    ("describe_file", {"file_ids": [A]}, {"file_id": A}, []),
    ("delete_file", {"file_id": A}, {"file_ids": [A]}, []),
    ("delete_file", {"fileIds": [A]}, {"file_ids": [A]}, []),
    ("ask_document", {"question": "When?", "file_id": A}, {"file_ids": [A]}, []),
    ("ask_document", {"question": "When?", "maxTokens": "400"}, {"max_tokens": 400}, []),
    ("read_document", {"file_id": A, "page": 3}, {"pages": "3"}, []),
    ("list_files", {"name_contains": "a b"}, {"within": '"a b"'}, []),
    ("list_files", {"arguments": {"limit": "3"}}, {"limit": 3}, []),
    ("list_files", {"kwargs": {"limit": 3}}, {"limit": 3}, []),
]

# Refused, and what the error says: a reading would be a guess.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("list_files", {"limt": 5}, 'no argument "limt". Did you mean limit?'),
    ("ask_document", {"question": "When?", "max_token": 5}, "Did you mean max_tokens?"),
    ("describe_file", {"file": A}, "Did you mean file_id?"),
    ("upload_file", {"path": "a", "expires_in_hours": 1}, "--expires-in-hours"),
    ("list_files", {"limit": 2.5}, "limit should be a valid integer"),
    ("list_files", {"limit": "many"}, 'limit should be a valid integer, not "many"'),
    ("list_files", {"limit": True}, "limit should be a valid integer"),
    ("list_files", {"limit": "0"}, "limit should be greater than or equal to 1"),
    ("find_text", {"pattern": "a", "regex": "maybe"}, "regex should be a valid boolean"),
    ("ask_document", {"question": "When?", "pages": [1, 3]}, 'pages must be a page like "7" or a range like "3-5"'),
    ("ask_document", {"question": "When?", "pages": "1, 3"}, "apart one after the other"),
    ("ask_document", {"question": "When?", "pages": "last"}, 'pages must be a page like "7"'),
    ("describe_file", {"file_id": [A, B]}, "file_id must be one id; call once for each file"),
    ("describe_file", {"file_id": "a report.pdf"}, "file_id must be"),
    ("describe_file", {"file_id": f"x/{A}"}, "file_id must be an id like"),
    ("describe_file", {"file_id": None}, "file_id is required."),
    ("delete_file", {"file_ids": []}, "should have at least 1 item"),
    ("delete_file", {"file_id": A, "file_ids": [B]}, "file_id is another name of file_ids. Give only file_ids."),
    (
        "ask_document",
        {"query": "When?"},
        'question is required. Ignored, as ask_document has no such arguments: "query"',
    ),
    ("create_upload", {"filename": "a", "mime_type": "string"}, 'mime_type must be like application/pdf, not "string"'),
    ("upload_file", {"path": {"a": 1}}, "path should be a valid string"),
]


def test_there_are_over_a_hundred_and_twenty() -> None:
    assert sum(len(values) for _, _, values, _ in SPELLINGS) + len(CALLS) + len(REFUSED) >= 160


@pytest.mark.parametrize(("tool", "argument", "values", "wanted"), SPELLINGS)
def test_a_spelling_is_read(tool: str, argument: str, values: list[Any], wanted: Any) -> None:
    default = read_arguments(FUNCTIONS[tool], REQUIRED[tool] | {argument: wanted})[0] if wanted is not ... else None
    if default is None:
        default = read_arguments(FUNCTIONS[tool], REQUIRED[tool])[0]
    for value in values:
        got, notes = read_arguments(FUNCTIONS[tool], REQUIRED[tool] | {argument: value})
        assert (value, got[argument], notes) == (value, default[argument], [])
        assert wanted is ... or got[argument] == wanted


@pytest.mark.parametrize(("tool", "given", "wanted", "ignored"), CALLS)
def test_a_call_is_read(tool: str, given: dict[str, Any], wanted: dict[str, Any], ignored: list[str]) -> None:
    got, notes = read_arguments(FUNCTIONS[tool], given)
    assert got | wanted == got
    assert bool(notes) == bool(ignored)
    assert all(f'"{name}"' in notes[0] for name in ignored)


@pytest.mark.parametrize(("tool", "given", "says"), REFUSED)
def test_what_would_be_a_guess_is_refused(tool: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(says)):
        read_arguments(FUNCTIONS[tool], given)


@pytest.mark.anyio
async def test_what_hosts_add_is_named_in_the_notes_of_every_result(agent: Agent) -> None:
    added = {"toolCallId": "call_1"}
    stored = await agent.data("upload_file", path=write_note(agent), **added)
    (file,) = stored["files"]
    ids = {"file_id": file["file_id"]}
    results = [
        stored,
        await agent.data("list_files", **added),
        await agent.data("describe_file", **ids, **added),
        await agent.data("ask_document", question="When does it open?", **added),
        await agent.data("find_text", pattern="harbour", **added),
        await agent.data("download_file", **ids, save_as="copy.txt", **added),
        await agent.data("delete_file", **ids, **added),
    ]
    for result in results:
        assert [note for note in result["notes"] if '"toolCallId"' in note], result


@pytest.mark.anyio
async def test_a_result_without_structure_has_the_note_as_its_first_text(agent: Agent) -> None:
    file = await agent.upload("note.txt", "The harbour opens at six.\n")
    for tool in ("read_document", "download_file"):
        result = await agent.call(tool, file_id=file["file_id"], toolCallId="call_1")
        assert not result.is_error
        assert '"toolCallId"' in getattr(result.content[0], "text", "")


@pytest.mark.anyio
async def test_strict_mode_fills_in_every_argument(agent: Agent) -> None:
    """OpenAI's strict mode makes each argument required, and models fill in what means nothing."""
    file = await agent.upload("note.txt", "The harbour opens at six.\n")
    for nothing in (None, "", "null"):
        shown = await agent.data(
            "ask_document",
            question="When does it open?",
            file_ids=nothing,
            within=nothing,
            pages=nothing,
            max_tokens=nothing,
        )
        assert [passage["file_id"] for passage in shown["passages"]] == [file["file_id"]]
        assert (await agent.data("list_files", within=nothing, limit=nothing, cursor=nothing))["files"]


def write_note(agent: Agent) -> str:
    (agent.root / "note.txt").write_text("The harbour opens at six.\n")
    return "note.txt"
