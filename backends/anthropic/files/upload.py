"""Uploader: sends a file so that one call creates at most one. If a reply is lost, it checks the server first."""

import logging
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import anyio
from anyio import CancelScope

from files_api_mcp.backends.anthropic.api.descriptions import FileDescriptions
from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from, failure_of
from files_api_mcp.backends.anthropic.api.files import ApiFile, FilesClient, valid
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, RequestNotSent, ResponseLost
from files_api_mcp.backends.anthropic.api.multipart import MultipartBody, UploadPart
from files_api_mcp.backends.anthropic.api.retry import ATTEMPTS, may_pass
from files_api_mcp.backends.anthropic.files.lost_uploads import LostUploads, unknown
from files_api_mcp.backends.anthropic.files.upload_progress import Reported, SentBytes, reported
from files_api_mcp.backends.anthropic.ledger.details import FileDetails, RecordedFile
from files_api_mcp.backends.anthropic.ledger.doubts import DOUBT_S
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger, entry_of
from files_api_mcp.backends.anthropic.ledger.rows import Content, Intent, Origin
from files_api_mcp.backends.anthropic.ledger.upload_match import describes
from files_api_mcp.backends.clock import from_us
from files_api_mcp.backends.errors import (
    Busy,
    FilesError,
    NotFound,
    OutcomeUnknown,
    UpstreamBadReply,
    UpstreamError,
)
from files_api_mcp.backends.models import Progress
from files_api_mcp.backends.progress.waits import waiting

__all__ = ["Slots", "Timing", "Uploader"]

Slots = AbstractAsyncContextManager[object]
"""A semaphore, which limits how many uploads are being sent."""

_log = logging.getLogger(__name__)

_UPLOAD = ApiRequest("POST", "/v1/files")
_SETTLED_WITHIN_US = 120 * 1_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """Time limits in seconds (`call_s` for all calls but uploads), and when to check the server after a lost reply.

    `looks` are the pauses before each check of the server's list, which may show a new file late. An upload gets extra
    time at `bytes_per_s`, the speed of a slow uplink. `slack_s` is how far the server's clocks may differ. A file that
    was not found may still appear for `doubt_s`.
    """

    call_s: float = 30.0
    upload_s: float = 30.0
    bytes_per_s: float = 250_000
    reply_s: float = 15.0
    reply_bytes_per_s: float = 10_000_000
    looks: tuple[float, ...] = (0.0, 3.0, 7.0)
    slack_s: float = 5.0
    doubt_s: float = DOUBT_S

    def deadline_s(self, size_bytes: int) -> float:
        """Seconds for the whole call, checks included."""
        return self.upload_s + size_bytes / self.bytes_per_s

    def reply_within_s(self, size_bytes: int) -> float:
        """Seconds that the server may take to answer after the last byte."""
        return self.reply_s + size_bytes / self.reply_bytes_per_s

    @property
    def reserve_s(self) -> float:
        """Seconds reserved for checks after a lost reply."""
        return min(sum(self.looks) + 3.0, self.upload_s / 2)


class Uploader:
    """Sends frozen bytes; one call creates at most one file. Callers must serialise uploads of the same name and size,
    which the API's list cannot distinguish."""

    def __init__(self, client: FilesClient, ledger: Ledger, timing: Timing) -> None:
        self._client = client
        self._descriptions = FileDescriptions(client)
        self._ledger = ledger
        self._timing = timing
        self._lost = LostUploads(client, ledger, timing.slack_s)

    async def begin(self, content: Content, lifetime_s: int | None, origin: Origin) -> Intent | None:
        """Record the intent to send a content of which nothing is known; None if something is."""
        return await self._ledger.begin_new(content, lifetime_s, origin)

    async def send(
        self, part: UploadPart, content: Content, lifetime_s: int | None, origin: Origin, progress: Progress
    ) -> tuple[ApiFile, RecordedFile]:
        """Send the bytes, unless an unfinished upload sent them, and return the file and what was recorded of it.

        Raises:
            OutcomeUnknown: The bytes were sent, and no check of the server showed the outcome; the next call for the
                same file checks again before it sends.
            FilesError: Nothing was stored.
        """
        deadline = anyio.current_time() + self._timing.deadline_s(part.size_bytes)
        adopted = await self._earlier(content, lifetime_s, deadline)
        if adopted is not None:
            file, recorded = adopted
            return file, await self._ledger.catalog.read_again(recorded.entry, content, origin)
        intent = await self._ledger.begin(content, lifetime_s, origin)
        return await self.carry_out(intent, part, progress, deadline=deadline)

    async def carry_out(
        self,
        intent: Intent,
        part: UploadPart,
        progress: Progress,
        *,
        deadline: float | None = None,
        slots: Slots | None = None,
    ) -> tuple[ApiFile, RecordedFile]:
        """Send the bytes of an intent; see `send`. `deadline` is on the loop's clock. One of the `slots` is occupied
        until the server answers."""
        sent = SentBytes(part.size_bytes)
        body = MultipartBody(part, _fields(intent.lifetime_s), progress=sent.note)
        try:
            async with AsyncExitStack() as occupied:
                if slots is not None:
                    await occupied.enter_async_context(slots)
                if deadline is None:
                    deadline = anyio.current_time() + self._timing.deadline_s(part.size_bytes)
                report = partial(reported, sent=sent, progress=progress, answered=occupied.aclose)
                return await self._attempts(intent, body, deadline, report)
        except FilesError as exc:
            if not isinstance(exc, OutcomeUnknown):
                with suppress(FilesError):
                    await self._ledger.drop(intent)
            raise
        except BaseException:
            # Cancelled. An intent that may have created a file stays, so that the next call resolves it.
            if not body.whole_sent:
                with CancelScope(shield=True), anyio.move_on_after(1):
                    await self._ledger.drop(intent)
            raise

    async def _earlier(
        self, content: Content, lifetime_s: int | None, deadline: float
    ) -> tuple[ApiFile, RecordedFile] | None:
        """Resolve earlier unfinished uploads of this name and size; return the one that matches this upload."""
        if await self._ledger.has_strangers(content.filename, content.size_bytes, _SETTLED_WITHIN_US):
            raise Busy("Another upload with this name and size is unfinished.", "Call again in two minutes.")
        wanted: tuple[ApiFile, RecordedFile] | None = None
        for intent in await self._ledger.intents(content.filename, content.size_bytes):
            age_s = max(0.0, (datetime.now(UTC) - from_us(intent.begun_us)).total_seconds())
            found = await self._lost.own(intent, await self._lost.candidates(intent, age_s, deadline))
            if found is None:
                await self._ledger.doubt(intent)
                await self._ledger.drop(intent)
                continue
            recorded = await self._recorded(intent, found)
            if (intent.content.source_sha256, intent.lifetime_s) == (content.source_sha256, lifetime_s):
                wanted = found, recorded
        return wanted

    async def _attempts(
        self, intent: Intent, body: MultipartBody, deadline: float, report: Reported
    ) -> tuple[ApiFile, RecordedFile]:
        sender = self._client.sender
        attempt, unsure = 0, False
        while True:
            began = anyio.current_time()
            with self._descriptions.expected():
                result = await self._attempt(intent, body, deadline, report)
            if isinstance(result, ApiFile):
                try:
                    recorded = await self._recorded(intent, result, is_new=True)
                except UpstreamBadReply as exc:
                    result = _Failed(exc, doubtful=True)
                else:
                    sender.budget.earn()
                    return result, recorded
            if result.doubtful:
                candidates = await self._settled(intent, began, deadline, result.error)
                found = await self._lost.own(intent, candidates)
                if found is not None:
                    return found, await self._recorded(intent, found)
                await self._lost.doubt(intent)
                unsure = unsure or bool(candidates) or not intent.may_adopt
            attempt += 1
            retry = may_pass(result.error, result.failure)
            until = deadline - self._timing.reserve_s
            if not retry or attempt == ATTEMPTS or not await sender.pause(attempt - 1, result.failure, until):
                raise sender.failed(_UPLOAD, unknown(intent) if unsure else result.error, result.failure)

    async def _attempt(
        self, intent: Intent, body: MultipartBody, deadline: float, report: Reported
    ) -> "ApiFile | _Failed":
        until = deadline - self._timing.reserve_s
        await self._client.sender.turn(until)
        request = ApiRequest(
            "POST",
            "/v1/files",
            content=body,
            headers={
                **self._client.headers,
                "content-type": body.content_type,
                "content-length": str(body.content_length),
            },
            reply_within=self._timing.reply_within_s(intent.content.size_bytes),
        )
        try:
            sending = partial(self._client.sender.http.send, request, deadline=until)
            with waiting("Waiting for the API"):
                reply = await report(sending)
        except RequestNotSent as exc:
            return _Failed(self._client.sender.unreachable(exc), doubtful=False)
        except ResponseLost as exc:
            # Without the last bytes of the form, the server cannot store the file.
            return _Failed(self._client.sender.unreachable(exc), doubtful=body.whole_sent)
        except UpstreamBadReply as exc:
            return _Failed(exc, doubtful=True)
        if not 200 <= reply.status < 300:
            failure = failure_of(reply, secret=self._client.sender.http.endpoint.key)
            return _Failed(error_from(failure), doubtful=not failure.did_nothing and body.whole_sent, failure=failure)
        # The file is stored, whatever the ledger can take.
        with suppress(FilesError):
            await self._ledger.view.learn_workspace(
                self._client.sender.http.endpoint.base_url, reply.headers.get("anthropic-workspace-id")
            )
        try:
            file = valid(reply)
            await self._refuse_other(file, intent.content)
        except UpstreamBadReply as exc:
            return _Failed(exc, doubtful=True)
        return file

    async def _refuse_other(self, file: ApiFile, content: Content) -> None:
        """Accept only an acknowledgement of the file sent. Its id is trusted after the server describes that file, if
        the ledger knows no other with it: a wrong id could never be traced to its bytes later."""
        try:
            if describes(file, content) and describes(await self._descriptions.of(file.id), content):
                return
        except NotFound:
            pass
        except UpstreamError:
            # Unreachable now, but the acknowledgement itself was valid.
            return
        raise UpstreamBadReply("The API acknowledged a different file than the one sent.")

    async def _recorded(self, intent: Intent, file: ApiFile, *, is_new: bool = False) -> RecordedFile:
        """Record the file of an intent. It is stored even if that fails: the intent leads the next upload to it."""
        try:
            return await self._ledger.commit(intent, file, is_new=is_new)
        except UpstreamBadReply:
            raise
        except FilesError as exc:
            if self._ledger.view.is_private:
                # Its owner could not see it.
                raise unknown(intent) from exc
            _log.warning("upload %s: stored as %s, but not recorded: %s", intent.id, file.id, exc.sentence)
            entry = entry_of(intent, file)
            return RecordedFile(entry, FileDetails(entry, intent.origin.tags))

    async def _settled(self, intent: Intent, began: float, deadline: float, error: FilesError) -> list[ApiFile]:
        """Files that an attempt with an unknown outcome may have created; none if that could not be told apart."""
        _log.warning("upload %s: %s; looking for what became of it", intent.id, error.code)
        for pause in self._timing.looks if intent.may_adopt else ():
            if anyio.current_time() + pause >= deadline:
                raise unknown(intent) from error
            with waiting("Checking whether the API stored the file"):
                await anyio.sleep(pause)
                found = await self._lost.candidates(intent, anyio.current_time() - began, deadline)
            if found:
                return found
        return []


@dataclass(frozen=True, slots=True)
class _Failed:
    """An attempt that returned no file. `doubtful`: it may have created one all the same."""

    error: FilesError
    doubtful: bool
    failure: ApiFailure | None = None


def _fields(lifetime_s: int | None) -> dict[str, str]:
    return {} if lifetime_s is None else {"expires_in_seconds": str(lifetime_s)}
