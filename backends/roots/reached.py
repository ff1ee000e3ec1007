"""What an open descriptor really stands for, whatever path and links led to it."""

import ctypes
import os
import sys
from functools import cache

__all__ = ["is_kernel_state", "printable", "reached_path"]

# f_type of file systems whose "files" are the kernel's own state: proc, sysfs, debugfs, tracefs, securityfs, cgroup,
# cgroup2, bpf, pstore, efivarfs, configfs, selinuxfs, binfmt_misc, fusectl, mqueue, devpts (statfs(2),
# linux/magic.h). The device number does not tell: btrfs, overlayfs and tmpfs have major number 0 too.
_KERNEL_STATE = frozenset(
    {
        0x9FA0, 0x62656572, 0x64626720, 0x74726163, 0x73636673, 0x27E0EB, 0x63677270, 0xCAFE4A11, 0x6165676C,
        0xDE5E81E4, 0x62656570, 0xF97CFF8C, 0x42494E4D, 0x65735543, 0x19800202, 0x1CD1,
    }
)  # fmt: skip


def reached_path(fd: int) -> str:
    """The absolute path of what is open; on Linux an unlinked file's ends in ` (deleted)`."""
    if sys.platform == "linux":
        return os.readlink(f"/proc/self/fd/{fd}")  # noqa: PTH115  bytes that are no text must survive
    import fcntl

    return os.fsdecode(fcntl.fcntl(fd, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))


def is_kernel_state(fd: int) -> bool:
    """Whether the file is a view of the kernel, such as /proc/self/environ: regular by type, and no document."""
    if sys.platform != "linux":
        return False
    buffer = ctypes.create_string_buffer(256)
    if _libc().fstatfs(fd, buffer) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int.from_bytes(buffer.raw[: ctypes.sizeof(ctypes.c_long)], sys.byteorder) in _KERNEL_STATE


def printable(path: str) -> str:
    """A path as text that any channel carries: undecodable bytes are shown escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
