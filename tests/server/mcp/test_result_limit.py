"""The last look at the size of a result."""

from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from pydantic_core import to_json

from files_api_mcp.server.mcp.result_limit import within_limits

MOST_BYTES, MOST_TOKENS = 1_000_000, 25_000


def limited(result: dict[str, Any], tool: str | None = None) -> dict[str, Any]:
    method = "tools/call" if tool else "resources/list"
    return within_limits(result, to_json(result), method, {"name": tool})


def of_tool(structure: dict[str, Any]) -> dict[str, Any]:
    text = to_json(structure).decode()
    return {"content": [{"type": "text", "text": text}], "structuredContent": structure, "isError": False}


def test_what_fits_is_unchanged() -> None:
    result = of_tool({"files": ["x" * 90_000]})
    assert limited(result, "list_files") is result


def test_what_only_reads_becomes_an_error_with_the_next_step() -> None:
    for text in ("x" * 110_000, "\x00" * 80_000, "\u6f22" * 26_000):
        found = limited(of_tool({"matches": [text]}), "find_text")
        assert found["isError"]
        assert "structuredContent" not in found
        assert found["content"][0]["text"].endswith("Set a smaller limit or context.")


def test_what_changed_something_is_told_in_any_case() -> None:
    files = [{"file_id": f"file_{number}", "note": "x" * 5_000} for number in range(300)]
    found = limited(of_tool({"counts": {"new": 300}, "failed": [], "files": files}), "upload_file")
    assert not found["isError"]
    assert found["structuredContent"]["counts"] == {"new": 300}
    assert found["structuredContent"]["files"][0]["file_id"] == "file_0"
    assert found["structuredContent"]["notes"]
    assert to_json(found["structuredContent"]).decode() == found["content"][0]["text"]
    assert len(to_json(found)) < MOST_BYTES
    inline = {"content": [{"type": "text", "text": "{}"}, {"type": "resource", "resource": {"blob": "A" * MOST_BYTES}}]}
    assert len(limited(inline, "download_file")["content"]) == 2


def test_a_long_error_is_cut() -> None:
    error = {"content": [{"type": "text", "text": "[not_found] " + "x" * 200_000}], "isError": True}
    assert len(limited(error, "list_files")["content"][0]["text"]) < MOST_TOKENS


def test_other_results_become_errors() -> None:
    with pytest.raises(MCPError):
        limited({"resources": ["x" * MOST_BYTES]})
