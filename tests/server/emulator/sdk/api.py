# pyright: basic, reportMissingImports=false
"""Shared by all checks: the client's namespaces, and the form of every error.

The SDK is installed only where the driver runs, so nothing else may import this.
"""

import inspect
import re

import anthropic

VERSION = tuple(int(part) for part in anthropic.__version__.split("."))
HAS_GA_NAMES = VERSION >= (0, 124)
OLD_BETA = "files-api-2025-04-14"
PLAIN_KEYS = {"id", "type", "filename", "mime_type", "size_bytes", "created_at", "downloadable"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class Api:
    """One way to reach the API with this SDK: GA or beta names, sync or async.

    `surroundings` is what the caller says of the emulator; `facts` collects what the caller is to judge.
    """

    def __init__(self, base_url, key, surroundings, *, beta, asynchronous):
        self.name = f"{'beta' if beta else 'ga'} {'async' if asynchronous else 'sync'}"
        self.key = key
        self.base_url = base_url
        self.surroundings = surroundings
        self.facts = []
        self.asynchronous = asynchronous
        self.sends_old_beta = beta and VERSION < (1, 2)
        self.newest_version = VERSION >= (2, 0)
        self._beta = beta
        client, transport = (
            (anthropic.AsyncAnthropic, anthropic.DefaultAsyncHttpxClient)
            if asynchronous
            else (anthropic.Anthropic, anthropic.DefaultHttpxClient)
        )
        self._client = client(
            api_key=key,
            base_url=base_url,
            max_retries=0,
            timeout=300,
            default_headers={"anthropic-beta": OLD_BETA} if self.sends_old_beta else {},
            # Nothing here is encrypted, and loading certificates takes longer than all requests of a check.
            http_client=transport(verify=False),
        )
        names = self._client.beta if beta else self._client
        self.files = names.files
        self.messages = names.messages

    def with_key(self, key, base_url=None):
        """The same way with another key, or to another emulator."""
        where = base_url or self.base_url
        return Api(where, key, self.surroundings, beta=self._beta, asynchronous=self.asynchronous)

    @property
    def metadata_keys(self):
        return PLAIN_KEYS if self.sends_old_beta else PLAIN_KEYS | {"expires_at"}

    async def upload(self, name, content, mime_type="text/plain", **more):
        body = content.encode() if isinstance(content, str) else content
        return await settled(self.files.upload(file=(name, body, mime_type), **more))

    async def raw(self, operation, *arguments, **more):
        """The HTTP response of an operation, as it came."""
        answer = await settled(getattr(self.files.with_raw_response, operation)(*arguments, **more))
        return answer.http_response

    async def close(self):
        await settled(self._client.close())


def apis(surroundings):
    """Every Api that this SDK has; none sees the files of another."""
    # The one version between old and new differs from both in names and shapes alone, which sync calls show.
    styles = [False, True] if not HAS_GA_NAMES or VERSION >= (1, 2) else [False]
    for beta in [False, True] if HAS_GA_NAMES else [True]:
        for asynchronous in styles:
            key = f"sk-{anthropic.__version__}-{beta}-{asynchronous}"
            yield Api(surroundings["url"], key, surroundings, beta=beta, asynchronous=asynchronous)


async def settled(value):
    return await value if inspect.isawaitable(value) else value


async def everything(listing):
    """All items of a listing, over all of its pages."""
    if hasattr(listing, "__aiter__"):
        return [item async for item in listing]
    return list(listing)


async def refusal(expected, operation, message=""):
    """The error that the operation must raise, with the API's envelope and a status that fits its type."""
    try:
        result = operation()
        if hasattr(result, "__aiter__") and not inspect.isawaitable(result):
            result = await everything(result)
        result = await settled(result)
    except expected as error:
        _check_envelope(error, message)
        return error
    raise AssertionError(f"{expected} expected, got {result!r}")


def _check_envelope(error, message):
    body = error.body
    types = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error"}
    assert set(body) == {"type", "error", "request_id"}, body
    assert (body["type"], body["error"]["type"]) == ("error", types[error.status_code]), body
    assert body["error"]["message"], body
    assert body["error"]["message"].startswith(message), body
    assert error.request_id == body["request_id"] == error.response.headers.get("request-id"), body
    assert body["request_id"].startswith("req_"), body
