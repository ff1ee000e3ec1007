"""Everything that a backend may raise on purpose; docs/reference/errors.md lists the codes.

Unreadable is what the caller pointed at and cannot be taken, StoreError the place that holds the files, and
UpstreamError the service behind an address.

Codes are part of the contract with agents (they branch on them), so a released code never changes.
"""

import math
from typing import ClassVar

__all__ = [
    "AuthenticationFailed",
    "BadFilename",
    "Billing",
    "Busy",
    "ContextWindowExceeded",
    "EmptyFile",
    "FileChanged",
    "FileExpired",
    "FileTooLarge",
    "FilesError",
    "InvalidArgument",
    "NotARegularFile",
    "NotConfirmed",
    "NotDownloadable",
    "NotFound",
    "OutcomeUnknown",
    "OutsideRoots",
    "PermissionDenied",
    "RateLimited",
    "ReadOnly",
    "SensitiveFile",
    "StorageFull",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "Unreadable",
    "UnsupportedType",
    "UpstreamBadReply",
    "UpstreamError",
    "UpstreamOverloaded",
    "UpstreamUnreachable",
    "expected_in",
]


class FilesError(Exception):
    """An expected failure: a stable code, one sentence, and what to do next.

    `sentence` and `next_step` are shown to the model, so neither may hold a path that the caller did not
    give, a secret, or text of a document.
    """

    code: ClassVar[str] = "failed"
    default_next_step: ClassVar[str] = ""

    def __init__(self, sentence: str, next_step: str | None = None) -> None:
        self.sentence = sentence
        self.next_step = self.default_next_step if next_step is None else next_step
        super().__init__(f"{self.sentence} {self.next_step}".strip())

    @property
    def text(self) -> str:
        """`[code] Sentence. Next step.`: what an agent reads."""
        return f"[{self.code}] {self}"


class InvalidArgument(FilesError):
    """An argument is not one that can be used."""

    code = "invalid_argument"
    default_next_step = "Correct the argument and call again."


class NotFound(FilesError):
    """No file has this id, or nothing is at this path."""

    code = "not_found"
    default_next_step = "Call list_files to see what exists."


class FileExpired(FilesError):
    """The file outlived the time that it was given at upload."""

    code = "file_expired"
    default_next_step = "Upload the file again to use it."


class Unreadable(FilesError):
    """The file that the caller pointed at cannot be taken; nothing was stored or sent."""


class OutsideRoots(Unreadable):
    """The path is not under a folder that the operator allowed."""

    code = "outside_roots"
    default_next_step = "Give a path under an allowed folder, or ask the operator to add the folder as a ROOT."


class SensitiveFile(Unreadable):
    """The file looks like a key, a credential or another secret."""

    code = "sensitive_file_refused"
    default_next_step = "Choose another file; only the operator can allow this one, with --allow-sensitive."


class NotARegularFile(Unreadable):
    """The path is a device, a pipe, a socket, or a file of several names."""

    code = "not_a_regular_file"
    default_next_step = "Give the path of an ordinary file."


class FileTooLarge(Unreadable):
    """The file is larger than the limit."""

    code = "file_too_large"
    default_next_step = "Split the file, or upload a smaller one."


class EmptyFile(Unreadable):
    """The file holds nothing."""

    code = "empty_file"
    default_next_step = "Upload a file that has content."


class FileChanged(Unreadable):
    """The file was written to while it was read."""

    code = "file_changed"
    default_next_step = "Nothing was stored; upload again once the file is no longer being written."


class BadFilename(Unreadable):
    """The name cannot be a file's name in the store."""

    code = "bad_filename"
    default_next_step = "Use a name of 1 to 255 characters without control characters."


class PermissionDenied(Unreadable):
    """The system, or the service, does not let this server at the file."""

    code = "permission_denied"
    default_next_step = "Ask the operator to make the file readable for this server."


class UnsupportedType(FilesError):
    """The file is not one that can be read as text or pictures."""

    code = "unsupported_type"
    default_next_step = "The file stays stored; download_file returns its bytes."


class NotDownloadable(FilesError):
    """The service gives no bytes of files that were uploaded to it."""

    code = "not_downloadable"


class StoreError(FilesError):
    """The place that holds the files failed; what was acknowledged before still stands."""


class StorageFull(StoreError):
    """There is no room for the file."""

    code = "storage_full"
    default_next_step = "Nothing was stored; free disk space or delete files, then call again."


class StoreBusy(StoreError):
    """Another process held the store for too long."""

    code = "store_busy"
    default_next_step = "Another process holds the store; call again in a few seconds."


class StoreDamaged(StoreError):
    """What is on the disk is not what was written."""

    code = "store_damaged"
    default_next_step = "Nothing was changed; the operator can run `files-api-mcp doctor` to see what is wrong."


class UpstreamError(FilesError):
    """The service that holds the files, or answers, did not do what was asked."""


class UpstreamUnreachable(UpstreamError):
    """The service gave no answer in time, or broke off."""

    code = "upstream_unreachable"
    default_next_step = "Nothing was changed; check the connection and call again."


class UpstreamOverloaded(UpstreamError):
    """The service has too much to do, or failed."""

    code = "upstream_overloaded"
    default_next_step = "Nothing was changed; call again in a minute."


class UpstreamBadReply(UpstreamError):
    """The service answered with something that it never should."""

    code = "upstream_bad_reply"
    default_next_step = "Call again; if it stays so, the operator should check the base URL."


class RateLimited(UpstreamError):
    """The service takes no more calls just now. `retry_after_s` is how long it asks to wait, where it says so."""

    code = "rate_limited"

    def __init__(self, sentence: str, next_step: str | None = None, *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        wait = "in a minute" if retry_after_s is None else f"in {max(1, math.ceil(retry_after_s))} seconds"
        super().__init__(sentence, f"Nothing was changed; call again {wait}." if next_step is None else next_step)


class AuthenticationFailed(UpstreamError):
    """The service does not know the key."""

    code = "authentication_failed"
    default_next_step = "Ask the operator to check ANTHROPIC_API_KEY and restart the server."


class Billing(UpstreamError):
    """The account's plan or spend limit does not allow the call."""

    code = "billing"
    default_next_step = "Ask the operator to check the plan and spend limits of the Anthropic account."


class OutcomeUnknown(UpstreamError):
    """An upload's reply was lost, and whether it became a file cannot be found out now."""

    code = "outcome_unknown"
    default_next_step = "Call again with the same arguments: it looks for the first one's result before it sends."


class ContextWindowExceeded(FilesError):
    """The files asked are too long for the model."""

    code = "context_window_exceeded"
    default_next_step = "Ask fewer files at once, or ask about fewer pages."


class Busy(FilesError):
    """Too much is going on at once."""

    code = "busy"
    default_next_step = "Call again in a few seconds."


class ReadOnly(FilesError):
    """The server was started without what writes."""

    code = "read_only"
    default_next_step = "Ask the operator to start the server without --read-only."


class NotConfirmed(FilesError):
    """The person did not agree, or could not be asked."""

    code = "not_confirmed"


def expected_in(exc: BaseException) -> FilesError | None:
    """The expected failure that an exception is, or that a group of nothing but such holds first; None: a crash."""
    if isinstance(exc, FilesError):
        return exc
    if not isinstance(exc, BaseExceptionGroup):
        return None
    found = [expected_in(inner) for inner in exc.exceptions]  # type: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return None if None in found else found[0]
