"""A parser that was captured: it tries what an attacker would do after its imports, and tells what succeeded.

Arguments: `walled` or `free`, and facts as JSON: paths, ports, a process and a descriptor that are there to be reached.
"""

import ctypes
import json
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from files_api_mcp.backends.documents import worker as worker
from files_api_mcp.backends.sandbox.confine import confine_parser

_libc = ctypes.CDLL(None, use_errno=True)
_LIBC_NAMES = ("eventfd", "getpriority")


def call(name: str, *arguments: object) -> int:
    """A function of the C library."""
    ctypes.set_errno(0)
    result = getattr(_libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def number(value: int, *arguments: object) -> int:
    """A system call by its number, which is the same on all machines."""
    return call("syscall", ctypes.c_long(value), *arguments)


def attempts(facts: dict[str, Any]) -> dict[str, Callable[[], object]]:  # noqa: C901  a list of small ones
    secret, folder, victim = facts["secret"], Path(facts["folder"]), facts["victim"]
    buffer = ctypes.create_string_buffer(256)

    def use(family: int, kind: int, address: Any, protocol: int = 0) -> None:
        with socket.socket(family, kind, protocol) as one:
            if kind == socket.SOCK_DGRAM:
                one.sendto(b"x", address)
            elif address is not None:
                one.connect(address)

    def fork() -> None:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    def thread() -> None:
        one = threading.Thread(target=int)
        one.start()
        one.join()

    def raised(limit: int) -> None:
        # By as much as the process had before it was confined.
        value = facts["limits"][str(limit)]
        resource.setrlimit(limit, (value, value))

    def variable() -> None:
        if os.environ.get("CANARY") is None:
            raise OSError

    def many() -> None:
        opened = [os.dup(0) for _ in range(100)]
        for one in opened:
            os.close(one)

    return {
        "read a system file": lambda: open("/etc/passwd").read(),
        "read a file of the user": lambda: open(secret).read(),
        "stat a file": lambda: os.stat(secret),
        "list a folder": lambda: os.listdir(folder),
        "create a file": lambda: open(folder / "made", "x").close(),
        "append to a file": lambda: open(folder / "written", "a").close(),
        "truncate a file": lambda: os.truncate(folder / "written", 0),
        "remove a file": lambda: os.unlink(folder / "removed"),
        "rename a file": lambda: os.rename(folder / "renamed", folder / "other"),
        "make a folder": lambda: os.mkdir(folder / "folder"),
        "make a link": lambda: os.symlink(secret, folder / "link"),
        "make a hard link": lambda: os.link(secret, folder / "hard"),
        "change a mode": lambda: os.chmod(folder / "written", 0o644),
        "change the mode of the open document": lambda: os.fchmod(facts["document"], 0o644),
        "change the times of the open document": lambda: os.utime(facts["document"]),
        "lock the open document": lambda: call("flock", facts["document"], 2),
        "make a FIFO": lambda: os.mkfifo(folder / "fifo"),
        "change the directory": lambda: os.chdir(folder),
        "make a file in memory": lambda: os.memfd_create("x"),
        "open a device": lambda: open("/dev/zero", "rb").close(),
        "its own environment": lambda: open("/proc/self/environ").read(),
        "its variables": variable,
        "environment of another process": lambda: open(f"/proc/{victim}/environ").read(),
        "memory of another process": lambda: open(f"/proc/{victim}/mem", "rb").close(),
        "trace another process": lambda: call("ptrace", 0x4206, victim, None, None),
        "signal another process": lambda: os.kill(victim, 0),
        "open another process": lambda: os.pidfd_open(victim),
        "priority of another process": lambda: os.setpriority(os.PRIO_PROCESS, victim, 1),
        "limits of another process": lambda: resource.prlimit(victim, resource.RLIMIT_CORE),
        "TCP": lambda: use(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", facts["port"])),
        "UDP": lambda: use(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", facts["port"])),
        "IPv6": lambda: use(socket.AF_INET6, socket.SOCK_STREAM, None),
        "a listening socket": lambda: socket.create_server(("127.0.0.1", 0)).close(),
        "a Unix socket": lambda: use(socket.AF_UNIX, socket.SOCK_STREAM, facts["unix"]),
        "an abstract socket": lambda: use(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + facts["abstract"]),
        "Netlink": lambda: use(socket.AF_NETLINK, socket.SOCK_RAW, None),
        "VSOCK": lambda: use(socket.AF_VSOCK, socket.SOCK_STREAM, None),
        "a socket pair": lambda: [each.close() for each in socket.socketpair()],
        "fork": fork,
        "start a program": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
        "start a thread": thread,
        "io_uring": lambda: number(425, 4, ctypes.create_string_buffer(120)),
        "an event descriptor": lambda: call("eventfd", 0, 0),
        "shared memory": lambda: call("shmget", 0, 4096, 0o1600),
        "a message queue": lambda: call("msgget", 0, 0o1600),
        "watch files": lambda: call("inotify_init"),
        "an inherited descriptor": lambda: os.pread(facts["inherited"], 1, 0),
        "more descriptors": many,
        "more memory": lambda: raised(resource.RLIMIT_AS),
        "larger files": lambda: raised(resource.RLIMIT_FSIZE),
        "more processes": lambda: raised(resource.RLIMIT_NPROC),
        "outlive its parent": lambda: call("prctl", 1, 0, 0, 0, 0),
        "be inspected": lambda: call("prctl", 4, 1, 0, 0, 0),
        "its name": lambda: call("prctl", 15, buffer, 0, 0, 0),
        "new namespaces": lambda: call("unshare", 0x10000000),
    }


def main() -> None:
    facts: dict[str, Any] = json.loads(sys.argv[2])
    limits = (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)
    facts["limits"] = {str(limit): resource.getrlimit(limit)[1] for limit in limits}
    tried = attempts(facts)
    parts: dict[str, bool] = {}
    if sys.argv[1] == "walled":
        parts = confine_parser([0, 1, 2, facts["document"]], 1 << 30, 60)
    done: dict[str, bool] = {}
    for name, attempt in tried.items():
        try:
            attempt()
        except (OSError, RuntimeError, ValueError):
            done[name] = False
        else:
            done[name] = True
    sys.stdout.write(json.dumps({"parts": parts, "done": done}))


if __name__ == "__main__":
    main()
