"""What a connection failed by: certificates, the proxy, the name, or a server that speaks something else."""

import socket
import ssl
from collections.abc import Iterator

import httpcore2

from files_api_mcp.backends.anthropic.api.http_client import RequestNotSent
from files_api_mcp.backends.errors import UpstreamUnreachable

__all__ = ["unreachable"]

_EXPIRED, _NOT_YET_VALID = 10, 9
_OTHER_HOST, _OTHER_ADDRESS = 62, 64
"""OpenSSL's X509_V_ERR_* numbers."""
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
)
_UNFINISHED = (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""The connection ended, or the time did, while the other side was silent."""
_NOT_HTTP = ("illegal status line", "illegal request line")
_CHECK_URL = "Ask the operator to check --base-url and ANTHROPIC_BASE_URL."
_CHECK_PROXY = "Ask the operator to check HTTPS_PROXY."


def unreachable(reason: Exception, *, through_proxy: bool = False) -> UpstreamUnreachable:
    """The error for a request without a reply. The reason itself belongs in the log: it may contain addresses."""
    causes = list(_causes(reason))
    found = _secure(causes) or _proxy(causes)
    if found is not None:
        return found
    if any(words in str(cause) for cause in causes for words in _NOT_HTTP):
        return _lasting("The server at the base URL does not speak HTTP/1.1.", _CHECK_URL)
    if not isinstance(reason, RequestNotSent):
        return UpstreamUnreachable("The API did not answer in time, or closed the connection.")
    place, check = ("proxy", _CHECK_PROXY) if through_proxy else ("API", _CHECK_URL)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        sentence = f"The host name of the {place} cannot be resolved."
        return UpstreamUnreachable(sentence, f"Nothing was changed. Check the connection. {check}")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        sentence = f"The {place} refused the connection: nothing listens at its address."
        return UpstreamUnreachable(sentence, f"Nothing was changed. {check}")
    return UpstreamUnreachable(f"The {place} cannot be reached.")


def _secure(causes: list[BaseException]) -> UpstreamUnreachable | None:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause.verify_code)
        if isinstance(cause, ssl.SSLError):
            name = cause.reason or ""
            if name in _NOT_TLS:
                return _lasting("The server at the base URL speaks plain HTTP, not https.", _CHECK_URL)
            if "NO_APPLICATION_PROTOCOL" in name:
                return _lasting("The server at the base URL does not speak HTTP/1.1.", _CHECK_URL)
            if isinstance(cause, _UNFINISHED):
                continue
            return _lasting("The API and this machine do not agree on a secure connection.", _CHECK_URL)
    return None


def _untrusted(code: int) -> UpstreamUnreachable:
    if code in (_EXPIRED, _NOT_YET_VALID):
        when = "has expired" if code == _EXPIRED else "is not valid yet"
        return _lasting(
            f"The certificate of the API {when}.", f"Ask the operator to check the clock of this machine. {_CHECK_URL}"
        )
    if code in (_OTHER_HOST, _OTHER_ADDRESS):
        return _lasting(
            "The certificate at the base URL is for another host.",
            f"A login page or a filter of the network may answer instead. {_CHECK_URL}",
        )
    return _lasting(
        "This machine does not trust the certificate of the API.",
        "If a proxy or gateway of the company signed it, ask the operator to set SSL_CERT_FILE to its certificates.",
    )


def _proxy(causes: list[BaseException]) -> UpstreamUnreachable | None:
    for cause in causes:
        if isinstance(cause, httpcore2.ProxyError):
            status = str(cause)[:3]
            if status == "407":
                return _lasting(
                    "The proxy asks for a user and a password (status 407).",
                    "Ask the operator to set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT.",
                )
            shown = f" (status {status})" if status.isdecimal() else ""
            return _lasting(f"The proxy refused to connect to the API{shown}.", _CHECK_PROXY)
    return None


def _lasting(sentence: str, next_step: str) -> UpstreamUnreachable:
    return UpstreamUnreachable(sentence, next_step, may_pass=False)


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it came from, also inside groups."""
    seen: set[int] = set()
    left = [exc]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [one.__context__, one.__cause__]
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions  # type: ignore[reportUnknownMemberType]
