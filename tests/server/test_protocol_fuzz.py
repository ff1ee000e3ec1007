"""A sample of `python -m benchmarks.protocol_fuzz`: malformed messages are answered, each readable id exactly once."""

import os
from pathlib import Path

import pytest
from mcp.types import JSONRPCRequest
from pydantic_core import to_json

from benchmarks.protocol_fuzz.http import send_bodies, served
from benchmarks.protocol_fuzz.messages import messages
from benchmarks.protocol_fuzz.oracle import owed
from benchmarks.protocol_fuzz.planted import BUGS, command
from benchmarks.protocol_fuzz.report import Report
from benchmarks.protocol_fuzz.stdio import send_lines
from files_api_mcp.server.jsonrpc.incoming import read_line
from files_api_mcp.server.jsonrpc.outgoing import encode

pytestmark = pytest.mark.slow

SEED = 13


def test_malformed_lines_over_stdio(tmp_path: Path) -> None:
    serve = command(None, "--data-dir", str(tmp_path / "data"), str(tmp_path))
    report = send_lines(serve, messages(500, SEED, modern=False), modern=False)
    assert report.readable > 200
    assert report.faults == 0, str(report)


def test_malformed_bodies_over_http(tmp_path: Path) -> None:
    serve = command(None, "--transport", "http", "--port", "0", "--data-dir", str(tmp_path / "data"))
    with served(serve, tmp_path) as server:
        for modern in (False, True):
            report = send_bodies(server, messages(120, SEED, modern=modern), modern=modern)
            assert report.readable > 50
            assert report.faults == 0, str(report)


def without_transport(bug: str | None) -> Report:
    """What the reader of messages answers; every request that it passes on is answered once."""
    report = Report("reader", os.getpid())
    for sent in messages(2000, SEED, modern=False):
        report.owe(owed(sent.data, is_line=True))
        for incoming in read_line(sent.data):
            planted = BUGS[bug](incoming) if bug and incoming.errors else incoming
            for error in planted.errors:
                report.answer(encode(error))
            if isinstance(planted.message, JSONRPCRequest):
                report.answer(to_json({"id": planted.message.id}))
    return report


def test_the_harness_catches_silence_and_second_answers() -> None:
    sound, silent, double = (without_transport(bug) for bug in (None, *BUGS))
    assert sound.faults == 0, str(sound)
    assert len(silent.silent) > 100
    assert len(double.surplus) > 100
