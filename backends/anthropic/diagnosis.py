"""What `doctor` asks the API: whether its files can be listed, and whether it takes questions for the model."""

import json
import math
import time
from pathlib import Path

import anyio

from files_api_mcp.backends.anthropic.api.files import FilesClient
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, HttpClient, open_http_client
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.endpoint import Dialect, Endpoint
from files_api_mcp.backends.anthropic.spending.budget import Limit
from files_api_mcp.backends.anthropic.spending.report import spending_in
from files_api_mcp.backends.clock import utc_now
from files_api_mcp.backends.errors import FilesError, UpstreamBadReply, expected_in
from files_api_mcp.backends.findings import Finding

__all__ = ["check_api", "check_budget"]

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


def check_budget(data_dir: Path, limit: Limit) -> Finding:
    """Say what the budget is, and what is spent of it today."""
    if math.isinf(limit.usd):
        return Finding(good=True, text="budget: none. --budget USD limits what questions cost a day.")
    try:
        today = [one for one in spending_in(data_dir / "ledger.db") if one.day == utc_now().date().isoformat()]
    except FilesError as exc:
        return Finding(good=False, text=f"budget: {exc.text}")
    spent = sum(one.spent_usd + one.reserved_usd for one in today)
    text = f"budget: {spent:.2f} of {limit.usd:g} USD spent or reserved today (UTC)"
    if limit.price is None:
        advice = "Set --price-input and --price-output, or --budget inf; until then, no question is asked."
        return Finding(good=False, text=f"{text}; the price of {limit.model} is not known. {advice}")
    prices = f"{limit.price.input:g} and {limit.price.output:g} USD"
    return Finding(good=True, text=f"{text}; a million tokens of {limit.model} cost {prices} (in, out)")


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
