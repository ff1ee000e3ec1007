"""Confines the process for good: as a parser that reads only what is open, or as a converter of documents."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from files_api_mcp.backends.sandbox import macos
from files_api_mcp.backends.sandbox.landlock import landlock_version, restrict_to
from files_api_mcp.backends.sandbox.limits import lower_limits
from files_api_mcp.backends.sandbox.linux_calls import MACHINE
from files_api_mcp.backends.sandbox.privileges import (
    drop_capabilities,
    enter_empty_root,
    enter_namespaces,
    forbid_inspection,
    forbid_new_privileges,
)
from files_api_mcp.backends.sandbox.seccomp import converter_filter, install_filter, parser_filter
from files_api_mcp.backends.sandbox.system_calls import AUDIT_ARCH

__all__ = ["confine_converter", "confine_parser"]

_MOST_DESCRIPTORS = 4096


def confine_parser(keep: Sequence[int], memory_bytes: int, cpu_seconds: int) -> dict[str, bool]:
    """Leave this process only these descriptors and what is loaded. Returns which parts of the sandbox hold.

    A part that the system does not have is left out: the others stand without it.
    """
    _close_all_but(keep)
    os.environ.clear()
    if sys.platform == "darwin":
        lower_limits(memory_bytes, cpu_seconds, processes=False)
        return _hold({"sandbox": macos.compute_only})
    if MACHINE not in AUDIT_ARCH:
        lower_limits(memory_bytes, cpu_seconds, processes=False)
        return dict.fromkeys(("namespaces", "empty root", "landlock", "seccomp"), False)
    parts = _hold({"namespaces": enter_namespaces, "empty root": enter_empty_root})
    lower_limits(memory_bytes, cpu_seconds, processes=False)
    _hold({"capabilities": drop_capabilities, "privileges": forbid_new_privileges})
    forbid_inspection()
    return parts | _hold({_landlock(): restrict_to, "seccomp": lambda: install_filter(parser_filter())})


def confine_converter(readable: Sequence[str], memory_bytes: int, cpu_seconds: int) -> None:
    """Leave this process, and the program that it becomes, these folders to read and to run programs from."""
    lower_limits(memory_bytes, cpu_seconds, processes=True)
    if sys.platform == "linux" and MACHINE in AUDIT_ARCH:
        _hold({"namespaces": enter_namespaces})
        _hold({"capabilities": drop_capabilities, "privileges": forbid_new_privileges})
        _hold({"landlock": partial(restrict_to, readable), "seccomp": lambda: install_filter(converter_filter())})


def _hold(parts: dict[str, Callable[[], object]]) -> dict[str, bool]:
    return {name: _holds(build) for name, build in parts.items()}


def _holds(build: Callable[[], object]) -> bool:
    try:
        build()
    except (OSError, AttributeError):
        return False
    return True


def _landlock() -> str:
    version = landlock_version()
    return f"landlock {version}" if version else "landlock"


def _close_all_but(keep: Iterable[int]) -> None:
    """Close the other descriptors. Python closes all if it is given an empty range."""
    first = 0
    for fd in [*sorted({*keep}), _MOST_DESCRIPTORS]:
        if first < fd:
            os.closerange(first, fd)
        first = fd + 1
