"""OCR: text of pictures, by Tesseract. Needs Tesseract and the extra `ocr`."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

from files_api_mcp.backends.process_isolation import find_program

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Scans", "find_tesseract"]

# What is left of a page's limit goes to making the picture.
_PART_OF_PAGE = 0.6
_PARTS_OF_DOCUMENT = 20
_MOST_LANGUAGES = 4
_MOST_SIDE = 4_000
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Scans:
    """Reads pictures, each within its share of `page_seconds`, and all together within 20 times that.

    `spent` are the seconds that this took so far.
    """

    def __init__(self, program: str, page_seconds: float) -> None:
        self._program = program
        self._each = page_seconds * _PART_OF_PAGE
        self._all = page_seconds * _PARTS_OF_DOCUMENT
        self.spent = 0.0
        self._languages: str | None = None

    def text(self, image: "Image") -> str:
        """The text in a picture; empty if reading it takes too long or fails."""
        begun = time.monotonic()
        end = begun + min(self._each, self._all - self.spent)
        try:
            return self._read(_picture(image), end) if end > begun else ""
        except (subprocess.SubprocessError, OSError):
            return ""
        finally:
            self.spent += time.monotonic() - begun

    def _read(self, picture: bytes, end: float) -> str:
        if self._languages is None:
            # The default if it cannot be determined; checking again would cost the same for every page.
            self._languages = "eng"
            self._languages = _installed_languages(self._program, end - time.monotonic())
        # Through pipes: the worker may write no files, and neither may its child processes.
        done = subprocess.run(
            [self._program, "stdin", "stdout", "-l", self._languages],
            input=picture,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            timeout=end - time.monotonic(),
            check=True,
            # Safe: there the worker has one thread.
            preexec_fn=_end_with_worker if sys.platform == "linux" else None,
        )
        return "\n".join(line.rstrip() for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip())


def find_tesseract() -> str | None:
    """Absolute path of Tesseract; None if it or the extra `ocr` is not installed."""
    return find_program("tesseract") if find_spec("pytesseract") else None


def _installed_languages(program: str, seconds: float) -> str:
    """The languages that the operator installed, English first; only English if all languages are installed."""
    import pytesseract  # pyright: ignore[reportMissingTypeStubs]  it ships none

    library: Any = pytesseract
    library.pytesseract.tesseract_cmd = program  # else it looks for one by name
    with _alarm(seconds):
        found: list[str] = library.get_languages()
    chosen = sorted({*found} - {"osd"}, key=lambda name: (name != "eng", name))
    return "+".join(chosen) if 0 < len(chosen) <= _MOST_LANGUAGES else "eng"


@contextmanager
def _alarm(seconds: float) -> Generator[None]:
    """Sets a time limit on a call that has none, and ends the processes that it started."""

    def ring(*_: object) -> None:
        raise TimeoutError

    former = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _picture(image: "Image") -> bytes:
    grey = image.convert("L")
    grey.thumbnail((_MOST_SIDE, _MOST_SIDE))
    out = BytesIO()
    grey.save(out, "PNG", compress_level=1, dpi=(300, 300))
    return out.getvalue()


def _end_with_worker() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
