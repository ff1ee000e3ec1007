"""System calls of Linux for which Python has no function."""

import ctypes
import os
import platform

__all__ = ["MACHINE", "prctl", "system_call"]

MACHINE = platform.machine()
_libc = ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: object) -> int:
    """The result of a system call.

    Raises:
        OSError: It failed.
    """
    return _checked(_libc.syscall(ctypes.c_long(number), *(_word(each) for each in arguments)))


def prctl(option: int, *arguments: int) -> int:
    """Set or ask for an attribute of this process.

    Raises:
        OSError: It failed.
    """
    given = [*arguments, 0, 0, 0, 0][:4]
    return _checked(_libc.prctl(option, *map(ctypes.c_ulong, given)))


def _word(argument: object) -> object:
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
