"""Filters of system calls (seccomp). A filter stays, and holds in all programs that the process starts.

A refused call fails with EPERM, so that a library that can do without it goes on. Calls by the numbers of another
architecture end the process.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Sequence

from files_api_mcp.backends.sandbox.linux_calls import MACHINE, prctl, system_call
from files_api_mcp.backends.sandbox.system_calls import (
    ALLOWED_IN_PARSER,
    AUDIT_ARCH,
    REFUSED_IN_CONVERTER,
    number_of,
)

__all__ = ["converter_filter", "install_filter", "parser_filter"]

# linux/bpf_common.h, linux/seccomp.h
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL_PROCESS, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_SET_FILTER = 1
_ALL_THREADS, _NO_SLOWER_BRANCHES = 1, 4  # the second: older kernels slow down a filtered process
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 1030

Instruction = tuple[int, int, int, int]
"""Code, offset if true, offset if false, value."""


def parser_filter(machine: str = MACHINE) -> list[Instruction]:
    """Allows what reading an open document takes, and nothing else."""
    numbers = number_of(machine)
    rules = [each for name in ALLOWED_IN_PARSER for each in _only(numbers[name], _ALLOW)]
    # Its own limits, which it can only lower.
    rules += _if_argument(numbers["prlimit64"], 0, [0])
    rules += _if_argument(numbers["fcntl"], 1, [_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC])
    return [*_native(machine), *rules, (_RETURN, 0, 0, _REFUSE)]


def converter_filter(machine: str = MACHINE) -> list[Instruction]:
    """Refuses what reaches other processes, the network or the system. Signals go only to the process itself."""
    numbers = number_of(machine)
    rules = [each for name in REFUSED_IN_CONVERTER for each in _only(numbers[name], _REFUSE)]
    for name in ("kill", "tgkill"):
        rules += _if_argument(numbers[name], 0, [os.getpid()])
    return [*_native(machine), *rules, (_RETURN, 0, 0, _ALLOW)]


def install_filter(instructions: Sequence[Instruction]) -> None:
    """Filter the calls of all threads from now on.

    Raises:
        OSError: The kernel has no filters.
    """

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    program = Program(len(instructions), ctypes.addressof(code))
    try:
        system_call(
            number_of(MACHINE)["seccomp"], _SET_FILTER, _ALL_THREADS | _NO_SLOWER_BRANCHES, ctypes.byref(program)
        )
    except OSError:
        prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))


def _native(machine: str) -> list[Instruction]:
    """Ends the process at a call by other numbers than those of the machine; then loads the number."""
    start = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, AUDIT_ARCH[machine]), (_RETURN, 0, 0, _KILL_PROCESS)]
    start.append((_LOAD, 0, 0, _NUMBER))
    if machine == "x86_64":
        start += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _KILL_PROCESS)]
    return start


def _only(number: int, verdict: int) -> list[Instruction]:
    return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, verdict)]


def _if_argument(number: int, position: int, allowed: Sequence[int]) -> list[Instruction]:
    """Allows a call if the low half of an argument is one of these: the kernel takes it as an `int` too."""
    tests = [each for value in allowed for each in _only(value, _ALLOW)]
    body = [(_LOAD, 0, 0, _ARGUMENTS + 8 * position), *tests, (_RETURN, 0, 0, _REFUSE)]
    return [(_EQUAL, 0, len(body), number), *body]
