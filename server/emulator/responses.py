"""JSON responses, the API's error envelope, and ids."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from files_api_mcp.backends.validation import new_file_id

__all__ = ["ApiError", "api_response", "error_response", "json_bytes", "json_response", "new_id"]

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


class ApiError(Exception):
    """An error of the API: a status, a message, and for some causes a code."""

    def __init__(
        self, status: int, message: str, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> dict[str, Any]:
        """The envelope: {"type": "error", "error": {...}, "request_id": ...}."""
        error: dict[str, Any] = {"type": _TYPES.get(self.status, "api_error"), "message": self.message}
        if self.code is not None:
            error["details"] = {"error_code": self.code}
        return {"type": "error", "error": error, "request_id": request_id}


def new_id(prefix: str) -> str:
    """An id in the API's style, such as `req_011C...`."""
    return f"{prefix}_011C{new_file_id()[-20:]}"


def api_response(data: Any, status: int = 200) -> Response:
    """A JSON response."""
    return json_response(json_bytes(data), status)


def json_response(text: bytes, status: int = 200) -> Response:
    """A response with this JSON."""
    return Response(text, status, media_type="application/json")


def json_bytes(data: Any) -> bytes:
    """JSON in UTF-8. If the data has lone surrogates, non-ASCII characters are escaped."""
    try:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(data, separators=(",", ":")).encode()


def error_response(error: ApiError, request_id: str) -> Response:
    """The response for an error: its envelope, status and headers."""
    response = api_response(error.body(request_id), error.status)
    response.headers.update(error.headers)
    return response
