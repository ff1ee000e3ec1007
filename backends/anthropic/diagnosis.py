"""What `doctor` asks the API: whether its files can be listed, and whether it takes questions for the model."""

import json
import time

import anyio

from files_api_mcp.backends.anthropic.api.files import FilesClient
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, HttpClient, open_http_client
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.endpoint import Dialect, Endpoint
from files_api_mcp.backends.errors import FilesError, UpstreamBadReply, expected_in
from files_api_mcp.backends.findings import Finding

__all__ = ["check_api"]

_COUNT_S = 30.0


async def check_api(endpoint: Endpoint, dialect: Dialect, model: str, where: str) -> list[Finding]:
    """List one file, and count the tokens of a question to the model, which costs nothing. `where` begins the text of
    the findings."""
    try:
        async with open_http_client(endpoint) as http:
            started = time.monotonic()
            await FilesClient(RetryingSender(http, None), dialect).page(limit=1)
            took_ms = (time.monotonic() - started) * 1000
            listed = Finding(good=True, text=f"{where}: the key is accepted; the API answered in {took_ms:.0f} ms")
            return [listed, *await _check_model(http, model)]
    except (FilesError, ExceptionGroup) as exc:
        failure = expected_in(exc)
        if failure is None:
            raise
        return [Finding(good=False, text=f"{where}: {failure.text}")]


async def _check_model(http: HttpClient, model: str) -> list[Finding]:
    question = {"model": model, "messages": [{"role": "user", "content": "?"}]}
    request = ApiRequest(
        "POST",
        "/v1/messages/count_tokens",
        content=json.dumps(question).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        await RetryingSender(http, None).send(request, deadline=anyio.current_time() + _COUNT_S)
    except UpstreamBadReply:
        # A gateway that counts no tokens may answer questions all the same.
        return []
    except FilesError as exc:
        return [Finding(good=False, text=f"model {model}: {exc.text}")]
    return [Finding(good=True, text=f"model {model}: the API takes questions for it")]
