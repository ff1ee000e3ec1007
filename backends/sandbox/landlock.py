"""Landlock: what this process and all that it starts may do with files, TCP ports, sockets and signals."""

import ctypes
import os
from collections.abc import Sequence

from files_api_mcp.backends.sandbox.linux_calls import MACHINE, prctl, system_call
from files_api_mcp.backends.sandbox.system_calls import AUDIT_ARCH, number_of

__all__ = ["landlock_version", "restrict_to"]

# linux/landlock.h
_GET_VERSION = 1
_RULE_PATH_BENEATH = 1
_FILE_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many of the rights to files, from the lowest bit on, a version knows."""
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
_BIND_AND_CONNECT, _SOCKETS_AND_SIGNALS = 3, 3
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 2, 4, 8
_PR_SET_NO_NEW_PRIVS = 38


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def landlock_version() -> int:
    """The version of the kernel's Landlock; 0 without it."""
    if MACHINE not in AUDIT_ARCH:
        return 0
    try:
        return system_call(number_of(MACHINE)["landlock_create_ruleset"], None, 0, _GET_VERSION)
    except OSError:
        return 0


def restrict_to(readable: Sequence[str] = ()) -> int:
    """Allow nothing from now on but to read files in these folders, to run programs there, and, if there are any, to
    throw output away. Returns Landlock's version, which says what it covers: from 4 on TCP too, from 6 on signals and
    abstract sockets.

    Raises:
        OSError: The kernel has no Landlock.
    """
    numbers, version = number_of(MACHINE), landlock_version()
    rights = max((count for since, count in _FILE_RIGHTS_BY_VERSION.items() if since <= version), default=13)
    ruleset = _Ruleset(
        (1 << rights) - 1,
        _BIND_AND_CONNECT if version >= _NETWORK_SINCE else 0,
        _SOCKETS_AND_SIGNALS if version >= _SCOPES_SINCE else 0,
    )
    # Older kernels refuse a longer structure only if what they do not know is set.
    size = ctypes.sizeof(ruleset)
    fd = system_call(numbers["landlock_create_ruleset"], ctypes.byref(ruleset), size, 0)
    try:
        for path in readable:
            _allow(numbers["landlock_add_rule"], fd, path, _READ_FILE | _EXECUTE)
        if readable:
            _allow(numbers["landlock_add_rule"], fd, os.devnull, _READ_FILE | _WRITE_FILE)
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        system_call(numbers["landlock_restrict_self"], fd, 0)
    finally:
        os.close(fd)
    return version


def _allow(add_rule: int, ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # nothing is there
    try:
        rule = _PathBeneath(rights | (_READ_FOLDER if os.path.isdir(path) else 0), fd)  # noqa: PTH112
        system_call(add_rule, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(fd)
