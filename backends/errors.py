"""The errors that a backend raises on purpose; docs/reference/errors.md lists their codes.

Unreadable is about a file that the caller names, StoreError about the store of files, and UpstreamError about the API.

Agents branch on codes, so a released code never changes.
"""

import math
from typing import ClassVar

__all__ = [
    "AuthenticationFailed",
    "BadFilename",
    "Billing",
    "BudgetExceeded",
    "Busy",
    "ContentDamaged",
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
    """An expected failure: a stable code, one sentence, and the next step.

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
    """An argument has a value that cannot be used."""

    code = "invalid_argument"
    default_next_step = "Correct the argument and call again."


class NotFound(FilesError):
    """No file has this id, or nothing is at this path."""

    code = "not_found"
    default_next_step = "Call list_files to see what exists."


class FileExpired(FilesError):
    """The file has expired: the lifetime set at upload has passed."""

    code = "file_expired"
    default_next_step = "Upload the file again to use it."


class Unreadable(FilesError):
    """The file at this path cannot be used; nothing was stored or sent."""


class OutsideRoots(Unreadable):
    """The path is not under a folder that the operator allowed."""

    code = "outside_roots"
    default_next_step = "Give a path under an allowed folder, or ask the operator to add the folder as a ROOT."


class SensitiveFile(Unreadable):
    """The file looks like a key, a credential or another secret."""

    code = "sensitive_file_refused"
    default_next_step = "Choose another file; only the operator can allow this one, with --allow-sensitive."


class NotARegularFile(Unreadable):
    """The path is a device, a pipe, a socket, or a file with several hard links."""

    code = "not_a_regular_file"
    default_next_step = "Give the path of a regular file."


class FileTooLarge(Unreadable):
    """The file is larger than the limit."""

    code = "file_too_large"
    default_next_step = "Split the file, or upload a smaller one."


class EmptyFile(Unreadable):
    """The file is empty."""

    code = "empty_file"
    default_next_step = "Upload a file that has content."


class FileChanged(Unreadable):
    """The file changed while it was read."""

    code = "file_changed"
    default_next_step = "Nothing was stored. Upload the file again when no program is writing to it."


class BadFilename(Unreadable):
    """The filename is not allowed."""

    code = "bad_filename"
    default_next_step = "Use a name of 1 to 255 characters without control characters."


class PermissionDenied(Unreadable):
    """The system or the API does not let this server use the file."""

    code = "permission_denied"
    default_next_step = "Ask the operator to make the file readable for this server."


class UnsupportedType(FilesError):
    """The file cannot be read as text or shown as images."""

    code = "unsupported_type"
    default_next_step = "The file is stored; call download_file to get its bytes."


class NotDownloadable(FilesError):
    """Uploaded files cannot be downloaded from the Files API."""

    code = "not_downloadable"


class StoreError(FilesError):
    """The store of files failed; files acknowledged before are not affected."""


class StorageFull(StoreError):
    """There is not enough space for the file."""

    code = "storage_full"
    default_next_step = "Nothing was stored. Free disk space or delete files, then call again."


class StoreBusy(StoreError):
    """Another process locked the store for too long."""

    code = "store_busy"
    default_next_step = "Call again in a few seconds."


class StoreDamaged(StoreError):
    """The data on disk is not the data that was written."""

    code = "store_damaged"
    default_next_step = "Nothing was changed. Ask the operator to run `files-api-mcp verify`."


class ContentDamaged(StoreDamaged):
    """The stored bytes of a file differ from the uploaded bytes, or cannot be read."""

    default_next_step = "Upload the file again to mend it, or ask the operator to run `files-api-mcp verify`."


class UpstreamError(FilesError):
    """The API failed or refused the request. `may_pass`: the same request may succeed later if nobody does anything."""

    def __init__(self, sentence: str, next_step: str | None = None, *, may_pass: bool = True) -> None:
        self.may_pass = may_pass
        super().__init__(sentence, next_step)


class UpstreamUnreachable(UpstreamError):
    """The API cannot be reached, or the connection broke."""

    code = "upstream_unreachable"
    default_next_step = "Nothing was changed. Check the connection and call again."


class UpstreamOverloaded(UpstreamError):
    """The API is overloaded or failed."""

    code = "upstream_overloaded"
    default_next_step = "Nothing was changed. Call again in a minute."


class UpstreamBadReply(UpstreamError):
    """The API sent an invalid response."""

    code = "upstream_bad_reply"
    default_next_step = "Call again. If it fails again, the operator should check the base URL."


class RateLimited(UpstreamError):
    """The API's rate limit is reached. `retry_after_s` is the wait that the API asks for, if it says."""

    code = "rate_limited"

    def __init__(self, sentence: str, next_step: str | None = None, *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        wait = "in a minute" if retry_after_s is None else f"in {max(1, math.ceil(retry_after_s))} seconds"
        super().__init__(sentence, f"Nothing was changed. Call again {wait}." if next_step is None else next_step)


class AuthenticationFailed(UpstreamError):
    """The API rejected the key."""

    code = "authentication_failed"
    default_next_step = "Ask the operator to check ANTHROPIC_API_KEY and restart the server."


class Billing(UpstreamError):
    """The account's plan or spend limit does not allow the request."""

    code = "billing"
    default_next_step = "Ask the operator to check the plan and spend limits of the Anthropic account."


class BudgetExceeded(UpstreamError):
    """The operator's budget does not allow the question."""

    code = "budget_exceeded"


class OutcomeUnknown(UpstreamError):
    """The response to an upload was lost, so it is unknown whether the file was stored."""

    code = "outcome_unknown"
    default_next_step = (
        "Call again with the same arguments: the server looks for the stored file before it uploads again."
    )


class ContextWindowExceeded(FilesError):
    """The files are too long for the model."""

    code = "context_window_exceeded"
    default_next_step = "Ask about fewer files, or about fewer pages."


class Busy(FilesError):
    """The server is busy."""

    code = "busy"
    default_next_step = "Call again in a few seconds."


class ReadOnly(FilesError):
    """The server is read-only."""

    code = "read_only"
    default_next_step = "Ask the operator to start the server without --read-only."


class NotConfirmed(FilesError):
    """The user declined, or could not be asked."""

    code = "not_confirmed"


def expected_in(exc: BaseException) -> FilesError | None:
    """Find the expected failure in an exception: itself, or the first of a group of only expected
    failures. None means a crash."""
    if isinstance(exc, FilesError):
        return exc
    if not isinstance(exc, BaseExceptionGroup):
        return None
    found = [expected_in(inner) for inner in exc.exceptions]  # type: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return None if None in found else found[0]
