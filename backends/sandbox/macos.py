"""The sandbox of macOS, by its C library. It was written from Apple's manual page and has not been run."""

import ctypes

__all__ = ["compute_only"]

_NAMED_PROFILE = 1


def compute_only() -> None:
    """Refuse all files, programs and networks from now on, but what is open.

    Raises:
        OSError: The system refuses.
    """
    library = ctypes.CDLL("/usr/lib/system/libsystem_sandbox.dylib")
    message = ctypes.c_char_p()
    if library.sandbox_init(b"pure-computation", ctypes.c_uint64(_NAMED_PROFILE), ctypes.byref(message)) != 0:
        raise OSError("the sandbox does not start")
