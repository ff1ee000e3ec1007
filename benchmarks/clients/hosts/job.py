"""The agent job in a host: what the model sees after each call, and whether it is right."""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp_types import PROTOCOL_VERSION_META_KEY

from benchmarks.clients.hosts.dialects import Seen
from benchmarks.clients.hosts.model import ScriptedModel, scripted_model
from benchmarks.clients.hosts.programs import Host, environment
from benchmarks.clients.story import DOCUMENT, FARES, PAGES, QUESTION

__all__ = ["Job", "negotiated", "run_in"]

COPYING = ["sh", "-c", 'tee "$0.in" | "$@" | tee "$0.out"']
"""Starts the command in its arguments, and copies what it reads and writes into files that begin like the first."""
SERVER = [sys.executable, "-m", "files_api_mcp.server.cli.main", "serve"]
LONGEST_S = 180.0
CallTool = Callable[..., Seen]


@dataclass
class Job:
    """The tools that ran with a right result, and those that the host refused, with what the model then saw."""

    refusable: Iterable[str]
    ran: list[str] = field(default_factory=list[str])
    refused: dict[str, str] = field(default_factory=dict[str, str])
    pictures: int = 0
    first_tools: int | None = None
    protocol: str = "none"
    seconds: float = 0.0

    def do(self, call: CallTool, root: Path) -> None:
        """Upload, list, describe, ask, find, query, read, download and delete.

        Raises:
            AssertionError: A result is wrong, or the host refused a tool that is not in `refusable`.
        """
        (root / "fares.csv").write_text(FARES, encoding="utf-8")
        files: list[dict[str, Any]] = []
        for name in (DOCUMENT.name, "fares.csv"):
            seen = self._seen(call, "upload_file", path=str(root / name))
            files += seen.data["files"] if seen else []
        report, fares = [file["file_id"] for file in files] or ("file_unknown", "file_unknown")
        assert not files or files[0]["pages"] == PAGES
        self._read(call, report)
        if seen := self._seen(call, "query_table", file_id=fares, sql="SELECT SUM(fare) FROM data"):
            assert seen.data["rows"] == [[16.5]], seen
        copy = root / "copy.pdf"
        if self._seen(call, "download_file", file_id=report, save_as=str(copy)):
            assert copy.read_bytes() == DOCUMENT.read_bytes()
        assert copy.exists() == ("download_file" in self.ran)
        if seen := self._seen(call, "delete_file", file_ids=[report]):
            assert seen.data["files"][0]["deleted"], seen

    def _read(self, call: CallTool, report: str) -> None:
        if seen := self._seen(call, "list_files", limit=5):
            assert report in [file["file_id"] for file in seen.data["files"]], seen
        if seen := self._seen(call, "describe_file", file_id=report):
            assert seen.data["filename"] == DOCUMENT.name
        page = "1"
        if seen := self._seen(call, "ask_document", question=QUESTION, file_ids=[report], max_tokens=400):
            passage = seen.data["passages"][0]
            assert "0.42 crowns" in passage["text"], seen
            page = passage["where"].removeprefix("page ")
        if seen := self._seen(call, "find_text", pattern="crowns", file_ids=[report]):
            assert seen.data["total"] > 0, seen
        if seen := self._seen(call, "read_document", file_id=report, pages=page):
            assert "0.42 crowns" in seen.text, seen
        if seen := self._seen(call, "read_document", file_id=report, pages=page, as_image=True):
            self.pictures = seen.pictures

    def _seen(self, call: CallTool, tool: str, **arguments: Any) -> Seen | None:
        """The result of a call; None if the host refused it."""
        seen = call(tool, **arguments)
        if tool in self.refusable:
            assert "{" not in seen.text, seen
            self.refused[tool] = seen.text.splitlines()[-1]
            return None
        assert not seen.is_error, (tool, seen.text)
        self.ran += [] if tool in self.ran else [tool]
        return seen


def run_in(host: Host, program: str) -> Job:
    """Run the job in a host, in a fake home, with a server of its own."""
    with tempfile.TemporaryDirectory() as name, scripted_model() as model:
        home, root = Path(name) / "home", Path(name) / "root"
        home.mkdir()
        root.mkdir()
        shutil.copy(DOCUMENT, root)
        wire = Path(name) / "wire"
        options = ["--backend", "local", "--data-dir", str(Path(name) / "data"), *host.options]
        entry = [*COPYING, str(wire), *SERVER, *options, str(root)]
        job = Job(host.refused)
        began = time.monotonic()
        doing = _in_thread(job, model, root)
        done = subprocess.run(
            [program, *host.configure(home, entry, model.url)],
            cwd=home,
            env=environment(host, home, model.url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        job.first_tools, job.seconds = model.first_tools, time.monotonic() - began
        job.protocol = negotiated(wire)
        try:
            doing.result(timeout=1)
            assert done.returncode == 0, f"exit code {done.returncode}"
        except Exception as exc:
            exc.add_note(f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
            raise
        return job


def negotiated(wire: Path) -> str:
    """The protocol version of a session, from the copies of its messages; "none" if there was no session."""
    for suffix in (".out", ".in"):
        copied = wire.with_name(wire.name + suffix)
        for line in copied.read_text("utf-8").splitlines() if copied.exists() else ():
            message = json.loads(line)
            started = message.get("result", {}).get("protocolVersion")
            # Since 2026-07-28 each request says it.
            if version := started or message.get("params", {}).get("_meta", {}).get(PROTOCOL_VERSION_META_KEY):
                return version
    return "none"


def _in_thread(job: Job, model: ScriptedModel, root: Path) -> "Future[None]":
    done: Future[None] = Future()

    def work() -> None:
        try:
            job.do(model.call, root)
            done.set_result(None)
        except Exception as exc:  # noqa: BLE001  the caller of `result` gets it
            done.set_exception(exc)
        finally:
            model.finish()

    threading.Thread(target=work, daemon=True).start()
    return done
