"""Malformed lines to a real server over its pipes."""

import subprocess
import threading
from collections.abc import Iterable
from typing import IO

from benchmarks.protocol_fuzz.messages import Sent
from benchmarks.protocol_fuzz.oracle import owed
from benchmarks.protocol_fuzz.report import HANGS_AFTER_S, Report

__all__ = ["send_lines"]

_OUTSTANDING = 100
"""Answers that may be missing when the next line is sent."""
_MEASURED_EVERY = 1_000
_HANDSHAKE = (
    b'{"jsonrpc":"2.0","id":"handshake","method":"initialize","params":{"protocolVersion":"2025-06-18",'
    b'"capabilities":{},"clientInfo":{"name":"fuzz","version":"1"}}}',
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
)


def send_lines(command: list[str], lines: Iterable[Sent], *, modern: bool) -> Report:
    """Sends the lines, closes stdin, and counts all answers until the server ends."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        report = Report(f"stdio, {'newer' if modern else 'older'} version", process.pid)
        threads = [
            threading.Thread(target=_count, args=(process.stdout, report)),
            threading.Thread(target=_drain, args=(process.stderr, report)),
        ]
        for thread in threads:
            thread.start()
        for line in (*(() if modern else _HANDSHAKE), *(sent.data for sent in lines)):
            report.owe(owed(line, is_line=True))
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            report.wait_for_answers(_OUTSTANDING)
            if report.sent % _MEASURED_EVERY == 0:
                report.measure()
        report.wait_for_answers()
        report.measure()
        process.stdin.close()
        try:
            report.exit_code = process.wait(HANGS_AFTER_S)
        except subprocess.TimeoutExpired:
            report.hangs += 1
            process.kill()
        for thread in threads:
            thread.join()
    return report


def _count(stdout: IO[bytes], report: Report) -> None:
    for line in stdout:
        report.answer(line)


def _drain(stderr: IO[bytes], report: Report) -> None:
    report.tracebacks = sum(line.startswith(b"Traceback") for line in stderr)
