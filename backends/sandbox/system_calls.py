"""Numbers of Linux's system calls, for x86-64 and 64-bit ARM."""

__all__ = ["ALLOWED_IN_PARSER", "AUDIT_ARCH", "REFUSED_IN_CONVERTER", "number_of"]

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h

# Name, number on x86-64, number on ARM. Calls that came later have one number everywhere.
_TABLE = """
read 0 63|write 1 64|close 3 57|fstat 5 80|lseek 8 62|mmap 9 222|mprotect 10 226|munmap 11 215|brk 12 214
rt_sigaction 13 134|rt_sigprocmask 14 135|rt_sigreturn 15 139|pread64 17 67|readv 19 65|writev 20 66
sched_yield 24 124|mremap 25 216|madvise 28 233|dup 32 23|nanosleep 35 101|getpid 39 172|socket 41 198|connect 42 203
sendto 44 206|sendmsg 46 211|recvmsg 47 212|bind 49 200|listen 50 201|socketpair 53 199|clone 56 220|execve 59 221
exit 60 93|kill 62 129|fcntl 72 25|gettimeofday 96 169|getrusage 98 165|sysinfo 99 179|ptrace 101 117|getppid 110 173
capset 126 91|sigaltstack 131 132|pivot_root 155 41|chroot 161 51|mount 165 40|umount2 166 39|reboot 169 142
init_module 175 105|delete_module 176 106|gettid 186 178|tkill 200 130|futex 202 98|sched_getaffinity 204 123
restart_syscall 219 128|clock_gettime 228 113|clock_getres 229 114|clock_nanosleep 230 115|exit_group 231 94
tgkill 234 131|kexec_load 246 104|add_key 248 217|request_key 249 218|keyctl 250 219|newfstatat 262 79|unshare 272 97
set_robust_list 273 99|perf_event_open 298 241|prlimit64 302 261|name_to_handle_at 303 264|open_by_handle_at 304 265
setns 308 268|process_vm_readv 310 270|process_vm_writev 311 271|kcmp 312 272|finit_module 313 273|seccomp 317 277
getrandom 318 278|memfd_create 319 279|bpf 321 280|userfaultfd 323 282|membarrier 324 283|rseq 334 293
pidfd_send_signal 424 424|io_uring_setup 425 425|io_uring_enter 426 426|io_uring_register 427 427|open_tree 428 428
move_mount 429 429|fsopen 430 430|fsconfig 431 431|fsmount 432 432|fspick 433 433|pidfd_open 434 434
close_range 436 436|pidfd_getfd 438 438|mount_setattr 442 442|landlock_create_ruleset 444 444
landlock_add_rule 445 445|landlock_restrict_self 446 446
"""
_COLUMN = {"x86_64": 1, "aarch64": 2}

ALLOWED_IN_PARSER = """
read write close fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 readv writev
sched_yield mremap madvise dup nanosleep getpid recvmsg exit gettimeofday getrusage sysinfo getppid sigaltstack gettid
futex sched_getaffinity restart_syscall clock_gettime clock_getres clock_nanosleep exit_group newfstatat
set_robust_list getrandom membarrier rseq close_range
""".split()
"""What parsers, Python and the C library need once all is loaded. `newfstatat` is how some C libraries look at an open
file; the empty root directory keeps it from paths."""

REFUSED_IN_CONVERTER = """
socket connect sendto sendmsg bind listen socketpair ptrace pivot_root chroot mount umount2 reboot init_module
delete_module finit_module tkill kexec_load add_key request_key keyctl unshare setns perf_event_open name_to_handle_at
open_by_handle_at process_vm_readv process_vm_writev kcmp memfd_create bpf userfaultfd pidfd_send_signal
io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open
pidfd_getfd mount_setattr
""".split()


def number_of(machine: str) -> dict[str, int]:
    """The number of each call by name."""
    rows = (row.split() for row in _TABLE.replace("|", "\n").strip().splitlines())
    return {row[0]: int(row[_COLUMN[machine]]) for row in rows}
