"""Detects keys and credentials by content. They are not uploaded unless the operator allows it."""

import re
from bisect import bisect_left

from files_api_mcp.backends.errors import SensitiveFile

__all__ = ["refuse_sensitive_content"]

# The secret's first line follows one of these, with headers, quoting or the line ends of JSON between. The search
# covers a bounded stretch, because a file could make one pattern for everything backtrack without end.
_KEY_BEGINS = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rb"|PuTTY-User-Key-File-\d: [^\r\n]{1,50}\r?\nEncryption: "
)
# The frame is evidence enough: however little of the key is left at a line's start, base64 suffices.
_KEY_LINE = re.compile(
    rb"-----|PuTTY-|([A-Za-z0-9+/=]{20})|(?:[\r\n]|\\[rn])[ \t\"'>]{0,20}([A-Za-z0-9+/=]{8,19})(?=[\s\"'\\.]|$)"
)
_KEY_WITHIN = 1200
# A complete frame with only base64 inside is a key file, whatever it encodes.
_WHOLE_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----[\r\n\\][A-Za-z0-9+/=\s\\]{4,16000}-----END "
)
# A mark that must be present; then the shape, with the secret as group 1.
_SHAPES: tuple[tuple[str, bytes, re.Pattern[bytes]], ...] = (
    ("a private key", b"AGE-SECRET-KEY-1", re.compile(rb"AGE-SECRET-KEY-1([A-Z0-9]{50,})")),
    ("an API key", b"sk-", re.compile(rb"\bsk-(?:ant|proj|svcacct|admin)-([A-Za-z0-9_\-]{32,})")),
    ("an API key", b"T3BlbkFJ", re.compile(rb"\bsk-([A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})")),
    ("a GitHub token", b"gh", re.compile(rb"\bgh[pousr]_([A-Za-z0-9]{36,})")),
    ("a GitHub token", b"github_pat_", re.compile(rb"\bgithub_pat_([A-Za-z0-9_]{60,})")),
    ("a GitLab token", b"glpat-", re.compile(rb"\bglpat-([A-Za-z0-9_\-]{20,})")),
    ("a Slack token", b"xox", re.compile(rb"\bxox[abeoprs]-((?:[0-9]{6,}-){1,3}[A-Za-z0-9\-]{20,})")),
    ("a Google key", b"AIza", re.compile(rb"\bAIza([A-Za-z0-9_\-]{35})(?![A-Za-z0-9_\-])")),
    ("a Google key", b"GOCSPX-", re.compile(rb"\bGOCSPX-([A-Za-z0-9_\-]{28})")),
    ("a Stripe key", b"k_live_", re.compile(rb"\b[sr]k_live_([A-Za-z0-9]{20,})")),
    ("an npm token", b"npm_", re.compile(rb"\bnpm_([A-Za-z0-9]{36})\b")),
    ("a PyPI token", b"pypi-AgE", re.compile(rb"\bpypi-(AgE[A-Za-z0-9_\-]{50,})")),
    ("a Hugging Face token", b"hf_", re.compile(rb"\bhf_([A-Za-z0-9]{34})\b")),
    ("a SendGrid key", b"SG.", re.compile(rb"\bSG\.([A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43})\b")),
)
# All that the patterns find has one of these marks, which are much quicker to find. A new pattern needs its mark here.
# Each begins with one rare character, or with the one that ends a prefix: such a search runs at the speed of memory.
_MARKS = (
    re.compile(rb"I(?:(?<=A[KS]I)A|(?<=AI)za)"),
    re.compile(rb"SG\.[A-Za-z0-9_\-]{22}"),
    re.compile(rb"_(?<=[a-z]_)(?:(?<=gh[pousr]_)|(?<=github_pat_)|(?<=k_live_)|(?<=npm_)|(?<=hf_))[A-Za-z0-9_]{20}"),
    re.compile(
        rb"-(?:BEGIN (?<=-----BEGIN )|(?<=AGE-)SECRET-KEY-1|(?<=PuTTY-)User-Key-File-"
        rb"|(?<=[a-zX]-)(?:(?<=sk-)|(?<=sk-ant-)|(?<=sk-proj-)|(?<=sk-svcacct-)|(?<=sk-admin-)|(?<=glpat-)"
        rb"|(?<=xox[abeoprs]-)|(?<=GOCSPX-)|(?<=pypi-))[A-Za-z0-9_\-]{20})"
    ),
)
_AWS_ID = re.compile(rb"(?<![A-Za-z0-9])(?:AKIA|ASIA)(?![A-Z0-9]*EXAMPLE)[A-Z0-9]{16}(?![A-Za-z0-9])")
_AWS_SECRET = re.compile(
    rb"(?<![A-Za-z0-9/+=])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}[A-Z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"
)
_BESIDE = 400
_PLACEHOLDER = re.compile(rb"xxxx|your|example|placeholder|redacted|dummy", re.IGNORECASE)
_KINDS = (re.compile(rb"[a-z]"), re.compile(rb"[A-Z]"), re.compile(rb"[0-9]"))
_FEWEST_DISTINCT = 6
_LOOKED_AT = 200
_SAMPLE = 4096


def refuse_sensitive_content(data: bytes) -> None:
    """Look for anything shaped like a key, in any encoding that writes ASCII with NULs between or without.

    Raises:
        SensitiveFile: There is one; the text says of which kind, never the key.
    """
    # No mark holds a NUL, so a mark of the data is one of this copy too.
    without_nuls = _without_nuls(data)
    if not _has_mark(without_nuls):
        return
    for text in (data, without_nuls) if len(without_nuls) < len(data) else (data,):
        if what := _kind_of_secret(text):
            raise SensitiveFile(f"The file contains what looks like {what}.")


def _without_nuls(data: bytes) -> bytes:
    # `replace` is twenty times as fast as `translate` where NULs are rare, and much slower where they are not.
    is_dense = data.count(b"\0", 0, _SAMPLE) * 16 > min(len(data), _SAMPLE)
    return data.translate(None, b"\0") if is_dense else data.replace(b"\0", b"")


def _has_mark(data: bytes) -> bool:
    """Whether there is anything that the search for secrets could find. It takes a tenth of the search's time."""
    return any(mark.search(data) for mark in _MARKS)


def _kind_of_secret(data: bytes) -> str | None:
    for what, mark, shape in _SHAPES:
        if mark in data and any(_looks_real(match.group(1)) for match in shape.finditer(data)):
            return what
    if _WHOLE_KEY.search(data) or any(_key_follows(data, match.end()) for match in _KEY_BEGINS.finditer(data)):
        return "a private key"
    return "an AWS key" if _holds_aws_pair(data) else None


def _key_follows(data: bytes, start: int) -> bool:
    line = _KEY_LINE.search(data, start, start + _KEY_WITHIN)
    return line is not None and _is_mixed(line[1] or line[2] or b"")


def _holds_aws_pair(data: bytes) -> bool:
    """An id gives no access by itself; it is refused only with something like its secret next to it."""
    if b"AKIA" not in data and b"ASIA" not in data:
        return False
    ids = [match.start() for match in _AWS_ID.finditer(data)]
    if not ids:
        return False
    for match in _AWS_SECRET.finditer(data):
        at = bisect_left(ids, match.start() - _BESIDE)
        if at < len(ids) and ids[at] <= match.end() + _BESIDE and _looks_real(match.group()):
            return True
    return False


def _looks_real(secret: bytes) -> bool:
    """Whether it can be a real key: examples in manuals have few different characters, or words."""
    secret = secret[:_LOOKED_AT]
    if len(set(secret)) < _FEWEST_DISTINCT or _PLACEHOLDER.search(secret):
        return False
    return _is_mixed(secret)


def _is_mixed(text: bytes) -> bool:
    return sum(bool(kind.search(text)) for kind in _KINDS) > 1
