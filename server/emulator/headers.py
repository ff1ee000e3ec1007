"""Request and part headers, parsed as the API does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from files_api_mcp.server.emulator.responses import ApiError

__all__ = ["PartHeaders", "api_key", "betas", "multipart_boundary", "part_headers"]

_PARAMETER = re.compile(r';\s*([A-Za-z0-9_*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*))')
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class PartHeaders:
    """The headers of a form part; None if a header or parameter is missing."""

    name: str
    filename: str | None
    content_type: str | None


def part_headers(headers: Mapping[str, str]) -> PartHeaders:
    """Parses a part's headers (lower-case names). Forms have no extended parameters such as `filename*` (RFC 7578)."""
    found = _parameters(headers.get("content-disposition", ""))
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return PartHeaders(found.get("name", ""), found.get("filename"), kind or None)


def multipart_boundary(content_type: str) -> bytes:
    """The boundary of a multipart form.

    Raises:
        ApiError: The request is not a multipart form.
    """
    kind = content_type.partition(";")[0].strip().lower()
    boundary = _parameters(content_type).get("boundary", "")
    if kind != "multipart/form-data" or not boundary or not boundary.isascii():
        raise ApiError(400, "Content-Type must be multipart/form-data with a boundary")
    return boundary.encode()


def api_key(headers: Mapping[str, str]) -> str:
    """The API key of a request, from `x-api-key` or a bearer token; empty if there is none."""
    key = headers.get("x-api-key", "")
    if key:
        return key
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def betas(headers: Mapping[str, str]) -> frozenset[str]:
    """The comma-separated names in the `anthropic-beta` header."""
    return frozenset(name.strip() for name in headers.get("anthropic-beta", "").split(",") if name.strip())


def _parameters(value: str) -> dict[str, str]:
    return {
        match[1].lower(): _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3]
        for match in _PARAMETER.finditer(value)
    }
