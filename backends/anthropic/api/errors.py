"""Maps the API's statuses and error codes to FilesError."""

import email.utils
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import httpx2
from pydantic import TypeAdapter

from files_api_mcp.backends.anthropic.api.http_client import Reply, explanation, printable
from files_api_mcp.backends.anthropic.api.refusals import PicturesTooLarge, error_by_text, is_about_money
from files_api_mcp.backends.errors import (
    AuthenticationFailed,
    Billing,
    FileExpired,
    FilesError,
    FileTooLarge,
    InvalidArgument,
    NotDownloadable,
    NotFound,
    PermissionDenied,
    RateLimited,
    StorageFull,
    UpstreamBadReply,
    UpstreamOverloaded,
    UpstreamUnreachable,
)

__all__ = [
    "ApiFailure",
    "error_from",
    "failure_of",
    "other_api",
    "output_limit",
    "parsed",
    "refused",
    "retry_after_s",
    "server_time",
]

_SPEND_CODES = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})
_ACCOUNT_CODES = ("organization_", "cmek_key_", "claude_code_key_")
_NETWORK_LOGIN = 511
_JSON = TypeAdapter(Any)
_CHECK_URL = "Ask the operator to check --base-url and ANTHROPIC_BASE_URL: a login page or another API may be there."
_OUTPUT_LIMIT = re.compile(r"max_tokens: \d{1,9} > (\d{1,9})\b")
_LONGEST_WAIT_S = 366 * 86400.0
"""Longer waits are meaningless, and would put hundreds of digits in an error."""


@dataclass(frozen=True, slots=True)
class ApiFailure:
    """A failure as the API describes it. Missing fields are empty strings."""

    status: int
    type: str
    code: str
    message: str
    retry_after_s: float | None
    request_id: str = ""

    @property
    def is_spend_limit(self) -> bool:
        """Whether retrying is useless until someone raises a limit."""
        return self.code in _SPEND_CODES or is_about_money(self.status, self.message)

    @property
    def may_be_retried(self) -> bool:
        """Whether the same request may succeed later, provided that it had no effect."""
        if self.status == 429:
            return not self.is_spend_limit
        return self.status in (408, 409) or (self.status >= 500 and self.status != _NETWORK_LOGIN)

    @property
    def did_nothing(self) -> bool:
        """Whether the request certainly had no effect, because the API refused it."""
        return self.status < 500 and self.status not in (408, 409)


def failure_of(reply: Reply, *, secret: str = "") -> ApiFailure:
    """Read an unsuccessful reply. `secret` is masked in the result."""
    try:
        body = _object(json.loads(reply.body))
    except (ValueError, RecursionError):
        body = {}
    error = _object(body.get("error"))
    return ApiFailure(
        status=reply.status,
        type=_text(error.get("type"), secret),
        code=_text(_object(error.get("details")).get("error_code"), secret),
        message=_text(error.get("message"), secret),
        retry_after_s=retry_after_s(reply),
        request_id=_text(reply.headers.get("request-id"), secret),
    )


async def refused(response: httpx2.Response, *, secret: str) -> ApiFailure:
    """Read the body of an unsuccessful response, up to a limit; see failure_of."""
    return failure_of(Reply(response.status_code, response.headers, await explanation(response)), secret=secret)


def error_from(failure: ApiFailure, *, file_id: str | None = None) -> FilesError:
    """Map a failure to the error shown to the agent. `file_id` is the file of the request."""
    by_code = _by_code(failure, file_id or "the file")
    if by_code is not None:
        return by_code
    by_text = error_by_text(failure.status, failure.message)
    if by_text is not None:
        return by_text
    if failure.status == 404:
        return _not_found(failure, file_id)
    return _by_status(failure)


def _by_status(failure: ApiFailure) -> FilesError:
    match failure.status:
        case 400 | 422:
            return InvalidArgument(f"The API refused the request{_quoted(failure)}", "Change the question or the file.")
        case 401:
            return AuthenticationFailed("The API rejected the key.")
        case 402:
            return Billing(f"The API reports a billing problem{_quoted(failure)}")
        case 403:
            return PermissionDenied(
                f"The API denied permission{_quoted(failure)}", "Ask the operator to check the key's workspace."
            )
        case 413:
            return FileTooLarge("The request is too large for the API.", "Split the file, or ask about fewer files.")
        case 429:
            return RateLimited("The API's rate limit is reached.", retry_after_s=failure.retry_after_s)
        case status if status == _NETWORK_LOGIN:
            return UpstreamUnreachable(
                f"The network asks for a login (status {status}).",
                "Ask the user to open a web page, to log in there, and then call again.",
                may_pass=False,
            )
        case status if status >= 500 or status in (408, 409):
            return UpstreamOverloaded(f"The API failed temporarily (status {status}).")
        case status:
            redirects = 300 <= status < 400
            leads = "redirects to another address" if redirects else "does not return a usable reply"
            return UpstreamBadReply(f"The base URL {leads} (status {status}).", _CHECK_URL)


def _by_code(failure: ApiFailure, file: str) -> FilesError | None:
    match failure.code:
        case "file_expired":
            return FileExpired(f"The content of {file} expired.")
        case "file_not_downloadable":
            return NotDownloadable(
                f"{file} cannot be downloaded: the Files API returns only files that its tools created.",
                "Read it with read_document; describe_file shows where it came from, if known.",
            )
        case "storage_quota_exceeded":
            return StorageFull("The organization's storage at the API is full.", "Delete files, then call again.")
        case "image_dimensions_too_large":
            return PicturesTooLarge("A picture is too large for the model.")
        case code if code in _SPEND_CODES or code.startswith("linked_organization_"):
            return Billing(f"A spend limit of the Anthropic account is reached{_quoted(failure)}")
        case code if code.startswith(_ACCOUNT_CODES) and failure.status < 500:
            return PermissionDenied(
                f"The Anthropic account is blocked ({printable(code)}).", "Ask the operator to check the account."
            )
        case _:
            return None


def _not_found(failure: ApiFailure, file_id: str | None) -> FilesError:
    # Any other 404 comes from some other web server. Taken for the API's, it would mark every file as deleted.
    if failure.type != "not_found_error":
        return UpstreamBadReply("There is no Files API at the base URL (status 404).", _CHECK_URL)
    if file_id:
        return NotFound(f"No file has the id {file_id}.")
    return NotFound(f"The API does not know the requested object{_quoted(failure)}")


def _quoted(failure: ApiFailure) -> str:
    """The API's message in quotes: it is data, never an instruction."""
    return f': "{failure.message}"' if failure.message else "."


def output_limit(failure: ApiFailure | None) -> int | None:
    """The most tokens that the model writes, if a refusal of a higher `max_tokens` names it."""
    found = _OUTPUT_LIMIT.search(failure.message) if failure is not None and failure.status == 400 else None
    return int(found[1]) if found else None


def parsed(reply: Reply) -> dict[str, Any]:
    """The JSON object in a successful reply.

    Raises:
        UpstreamBadReply: The body is not a JSON object.
    """
    try:
        found = _JSON.validate_json(reply.body)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return cast(dict[str, Any], found)
    if reply.body.lstrip()[:1] == b"<":
        raise UpstreamBadReply("The base URL returns a web page instead of the API's reply.", _CHECK_URL)
    raise UpstreamBadReply("The API's reply is not the expected JSON.")


def other_api(reply: dict[str, Any], what: str) -> UpstreamBadReply:
    """The error for a reply that does not have the API's shape; `what` says what it is not."""
    if isinstance(reply.get("object"), str):
        return UpstreamBadReply("The server at the base URL has another API, in the shape of OpenAI's.", _CHECK_URL)
    return UpstreamBadReply(f"The API's reply {what}.")


def retry_after_s(reply: Reply) -> float | None:
    """Seconds that the server asks to wait; None if the header is missing or malformed."""
    millis, plain = reply.headers.get("retry-after-ms"), reply.headers.get("retry-after")
    if millis is not None and (found := _seconds(millis)) is not None:
        return min(found / 1000, _LONGEST_WAIT_S)
    if plain is None:
        return None
    if (found := _seconds(plain)) is not None:
        return min(found, _LONGEST_WAIT_S)
    then, now = _http_date(plain), server_time(reply) or datetime.now(UTC)
    return min(max(0.0, (then - now).total_seconds()), _LONGEST_WAIT_S) if then else None


def server_time(reply: Reply) -> datetime | None:
    """The server's time when it sent the reply, to the second; None if it is missing."""
    return _http_date(reply.headers.get("date", ""))


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _http_date(text: str) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _object(value: object) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _text(value: object, secret: str) -> str:
    return printable(value, secret=secret) if isinstance(value, str) else ""
