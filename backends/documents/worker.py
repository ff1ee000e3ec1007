"""The worker process that parses documents: hostile bytes can hang or crash only this process.

Jobs come as JSON lines on stdin, and each job's document as an open descriptor on a socket: this process opens no
document itself. Several jobs may be sent ahead. Each job is answered by JSON lines on stdout; a line with `size` is
followed by that many bytes. The last answer holds `end` or `error`. The `kind` of an error that is no verdict about the
document is `content` (the bytes are not those of the job) or `stopped`. An answer with `scan` is a picture, whose text
the process waits for: a line on stdin with `scanned`.

The process loads all that it needs, and then enters a sandbox for good: no document can lead it elsewhere.
"""

import ctypes
import errno
import gc
import hashlib
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO

from files_api_mcp.backends.documents.extract import Document, extract, render
from files_api_mcp.backends.documents.marks import to_json
from files_api_mcp.backends.documents.ocr import Scans
from files_api_mcp.backends.documents.preload import load_parsers
from files_api_mcp.backends.errors import UnsupportedType
from files_api_mcp.backends.sandbox.confine import confine_parser

__all__ = ["Answer", "Job", "main", "opened_document"]

Answer = dict[str, Any]
"""JSON values, and bytes under `body`."""
Job = Callable[[BinaryIO, dict[str, Any]], Iterator[Answer]]

_PIECE = 64 * 1024
_CHUNK = 1024 * 1024
_PART = 64 * _CHUNK
_DISK_ERRORS = {errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENODEV, errno.ENXIO}
"""Errors of the machine. A parser may raise others on bytes made to break it."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOOKS_EVERY_S = 0.5
_JOBS_OF_LIFE = 20
"""The processor time of a process, as a multiple of the limit of a job."""


def main(more_jobs: Mapping[str, Job] | None = None) -> None:
    """Serve jobs until stdin ends. Arguments: bytes of memory, seconds of processor time for a job, the descriptor of
    the socket that documents come by, the parent's process id, and the family of documents.

    `more_jobs` are jobs of another program by name, beside `extract`, `render`, `tables` and `query`. A job may send
    answers at any time with its `report`, to show that it goes on.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the output of a library must not be taken for an answer
    memory_bytes, cpu_seconds, documents, parent = map(int, sys.argv[1:5])
    _die_with(parent=parent)
    load_parsers(sys.argv[5])
    # Parsers make millions of objects that stay: to look through them all again and again takes a third of the time.
    gc.set_threshold(200_000, 20, 100)
    jobs: Mapping[str, Job] = {
        "extract": _extract,
        "render": _render,
        "tables": _tables,
        "query": _query,
        **(more_jobs or {}),
    }
    requests = _Requests(sys.stdin.buffer)
    with socket.socket(fileno=documents) as received:
        confine_parser([0, 1, 2, out.fileno(), documents], memory_bytes, cpu_seconds * _JOBS_OF_LIFE)
        for request in requests.jobs():
            _limit_job(cpu_seconds)
            job: dict[str, Any] = {**request, "report": partial(_send, out), "scan": partial(_scanned, out, requests)}
            # Parsers may close what they read.
            with _document(received) as content, open(os.dup(content.fileno()), "rb", buffering=0) as whole:
                for answer in _answers(jobs[job["job"]], content, whole.fileno(), job):
                    _send(out, answer)


class _Requests:
    """The lines on stdin: jobs, and the replies to what a job asks for. Jobs may come ahead of a reply."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self._ahead: deque[dict[str, Any]] = deque()

    def jobs(self) -> Iterator[dict[str, Any]]:
        while self._ahead or (line := self._lines.readline()):
            yield self._ahead.popleft() if self._ahead else json.loads(line)  # pyright: ignore[reportPossiblyUnboundVariable]

    def reply(self) -> str:
        """The text of the picture that was sent. Ends the process if the server is gone."""
        for line in self._lines:
            message = json.loads(line)
            if "scanned" in message:
                return message["scanned"]
            self._ahead.append(message)
        os._exit(1)


def _scanned(out: BinaryIO, requests: _Requests, picture: bytes) -> str:
    _send(out, {"scan": True, "body": picture})
    return requests.reply()


def _send(out: BinaryIO, answer: Answer) -> None:
    body = answer.pop("body", None)
    if body is not None:
        answer["size"] = len(body)
    out.write(json.dumps(answer).encode() + b"\n")
    if body is not None:
        out.write(body)
    out.flush()


def _document(received: socket.socket) -> BinaryIO:
    _, (fd, *_), *_ = socket.recv_fds(received, 1, 1)
    return open(fd, "rb")


def _answers(work: Job, content: BinaryIO, whole: int, job: dict[str, Any]) -> Iterator[Answer]:
    """Answers about bytes that have the job's hash, if it has one. What a parser says of other bytes is not passed on
    as a verdict."""
    try:
        state = _state(whole)
        yield from _check(whole, job)
        last = yield from _parse(work, content, job)
        if "error" in last or _state(whole) != state:
            yield from _check(whole, job)
    except _Differs:
        last = {"error": "differ from the uploaded bytes", "kind": "content"}
    except OSError:
        last = {"error": "cannot be read", "kind": "content"}
    yield last


def _parse(work: Job, content: BinaryIO, job: dict[str, Any]) -> Generator[Answer, None, Answer]:
    """Yields the answers, and returns the last one."""
    try:
        yield from work(content, job)
    except UnsupportedType as exc:
        return {"error": exc.sentence}
    except MemoryError:
        return {"error": "The file needs more memory to read than the limit.", "kind": "stopped"}
    except RecursionError:
        return {"error": "The file is nested too deeply to read."}
    except Exception as exc:
        if isinstance(exc, OSError) and exc.errno in _DISK_ERRORS:
            raise
        return {"error": "The file is damaged, or its content does not match its type."}
    return {"end": True}


def _check(whole: int, job: dict[str, Any]) -> Iterator[Answer]:
    """Compare the whole content with the job's hash. Of a long one, each part is an answer: it shows progress.

    Raises:
        _Differs: The content has another hash.
    """
    wanted = job.get("sha256")
    if wanted is None:
        return
    digest, at = hashlib.sha256(), 0
    while chunk := os.pread(whole, _CHUNK, at):
        digest.update(chunk)
        at += len(chunk)
        if at % _PART == 0:
            yield {"checked": at}
    if digest.hexdigest() != wanted:
        raise _Differs


def _state(whole: int) -> tuple[int, ...]:
    """Facts that change with the content. They may change without it, as when the file is removed."""
    found = os.fstat(whole)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


class _Differs(Exception):
    """The content has another hash than the job."""


def opened_document(content: BinaryIO, job: dict[str, Any]) -> Document:
    """The job's document, with OCR if the server reads pictures."""
    scans = Scans(job["scan"]) if job["scans"] else None
    return extract(content, job["mime_type"], scans, job.get("filename", ""))


def _extract(content: BinaryIO, job: dict[str, Any]) -> Iterator[Answer]:
    document = opened_document(content, job)
    yield {"paginated": document.paginated, "pages": document.pages}
    for number, piece in enumerate(document.texts, start=1):
        text = piece.text
        page = {"page": number, "label": document.label(number), "scanned": document.is_scanned(number)}
        for start in range(0, max(1, len(text)), _PIECE):
            more = start + _PIECE < len(text)
            yield {
                **page,
                "text": text[start : start + _PIECE],
                "more": more,
                "marks": [] if more else to_json(piece.marks),
                "invisible": piece.invisible,
            }


def _render(content: BinaryIO, job: dict[str, Any]) -> Iterator[Answer]:
    for image in render(content, job["mime_type"], job["pages"], job["max_side"], job["marks"]):
        yield {"page": image.page, "mime_type": image.mime_type, "body": image.data}


def _tables(content: BinaryIO, job: dict[str, Any]) -> Iterator[Answer]:
    from files_api_mcp.backends.documents.tables.sql import jobs  # most processes get no job about tables

    return jobs.tables(content, job)


def _query(content: BinaryIO, job: dict[str, Any]) -> Iterator[Answer]:
    from files_api_mcp.backends.documents.tables.sql import jobs

    return jobs.query(content, job)


def _limit_job(cpu_seconds: int) -> None:
    """Limit this job's processor time as well: a suspended parent cannot end it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + cpu_seconds, hard))


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    # The parent may have died before.
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    """End after the parent, even in the middle of a job, on systems that do not do so."""
    while os.getppid() == parent:
        time.sleep(_LOOKS_EVERY_S)
    os._exit(1)


if __name__ == "__main__":
    main()
