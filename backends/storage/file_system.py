"""Calls of the system about the file system that an open file is on."""

import ctypes
import os
import sys
from functools import cache

__all__ = ["file_system_type", "sync_file_system"]


def file_system_type(fd: int) -> int:
    """The `f_type` of statfs(2); 0 on other systems than Linux.

    Raises:
        OSError: The kernel does not tell.
    """
    if sys.platform != "linux":
        return 0
    buffer = ctypes.create_string_buffer(256)
    _check(_libc().fstatfs(fd, buffer))
    return int.from_bytes(buffer.raw[: ctypes.sizeof(ctypes.c_long)], sys.byteorder)


def sync_file_system(fd: int) -> None:
    """Write all that is changed on the file system to the disk: syncfs(2), Linux only.

    Raises:
        OSError: Something could not be written since the descriptor was opened. A second call does not report it again.
    """
    _check(_libc().syncfs(fd))


def _check(status: int) -> None:
    if status != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
