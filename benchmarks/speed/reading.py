"""Waits until the text of uploaded files can be found."""

import re
import time
from typing import Any

from benchmarks.speed.rounds import Unavailable
from benchmarks.speed.stdio import StdioClient

LONGEST_S = 300
_POLL_S = 0.02
_WAITING = re.compile(r"not indexed yet|being read")


def wait_until_read(client: StdioClient) -> None:
    """Ask about everything until the answer no longer says that files are waiting to be read.

    Raises:
        Unavailable: Files still wait after five minutes.
    """
    ends = time.monotonic() + LONGEST_S
    while time.monotonic() < ends:
        answer = client.call("ask_document", question="What decides the harbour master?", max_tokens=300)
        if not _WAITING.search(" ".join(answer.get("notes") or ())):
            return
        time.sleep(_POLL_S)
    raise Unavailable(f"not all files were read within {LONGEST_S} s")


def check_uploaded(result: dict[str, Any], count: int) -> None:
    """Raises Unavailable unless all files of a folder were stored."""
    counts = result.get("counts")
    stored = counts["files"] - counts["failed"] if counts else len(result["files"])
    if stored != count:
        raise Unavailable(f"stored {stored} of {count} files: {result.get('next')}")
