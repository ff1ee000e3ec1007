"""Answers to requests that go no further: a status, and one sentence in JSON."""

import json

from starlette.responses import Response

__all__ = ["refusal"]


def refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """The answer; it is never kept by a cache, as the next request may be right."""
    body = json.dumps({"error": sentence}, separators=(",", ":"))
    return Response(body, status, {"cache-control": "no-store", **(headers or {})}, media_type="application/json")
