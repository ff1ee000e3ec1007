"""Privileges that a process gives up for good: namespaces, the root directory, capabilities, inspection by others."""

import ctypes
import os
import struct
from contextlib import suppress

from files_api_mcp.backends.sandbox.linux_calls import MACHINE, prctl, system_call
from files_api_mcp.backends.sandbox.system_calls import number_of

__all__ = ["drop_capabilities", "enter_empty_root", "enter_namespaces", "forbid_inspection", "forbid_new_privileges"]

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_NEW_USER, _NEW_NETWORK, _NEW_IPC, _NEW_UTS = 0x10000000, 0x40000000, 0x08000000, 0x04000000
_CAPABILITY_VERSION_3 = 0x20080522


def forbid_inspection() -> None:
    """Keep other processes of the user from this one's memory, environment and descriptors. It dumps no core."""
    with suppress(OSError, AttributeError):
        prctl(_PR_SET_DUMPABLE, 0)


def forbid_new_privileges() -> None:
    """No program that this process starts gets more rights than it has, whatever its file says."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def enter_namespaces() -> None:
    """Enter a network without interfaces, and namespaces of its own for users, System V IPC and the host's name. The
    process must have one thread.

    Raises:
        OSError: The kernel, or a container's rules, do not allow it.
    """
    unshare = number_of(MACHINE)["unshare"]
    try:
        system_call(unshare, _NEW_USER | _NEW_NETWORK | _NEW_IPC | _NEW_UTS)
    except OSError:
        system_call(unshare, _NEW_NETWORK | _NEW_IPC | _NEW_UTS)  # root may do so in some containers


def enter_empty_root() -> None:
    """Make a folder of the kernel the root directory, where only this process's descriptors have names.

    Raises:
        OSError: The process may not do so: it has no user namespace of its own.
    """
    os.chroot("/proc/self/fdinfo")
    os.chdir("/")


def drop_capabilities() -> None:
    """Give up all capabilities, as root or in a user namespace has them."""
    header = ctypes.create_string_buffer(struct.pack("Ii", _CAPABILITY_VERSION_3, 0))
    system_call(number_of(MACHINE)["capset"], header, ctypes.create_string_buffer(24))
