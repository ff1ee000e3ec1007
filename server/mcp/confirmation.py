"""Asks the user of an MCP client for a yes before a tool runs, and understands the answer of any client."""

import hashlib
import logging
from collections.abc import Mapping
from typing import Any, cast

import anyio
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from pydantic import ValidationError

from files_api_mcp.backends.progress.waits import waiting
from files_api_mcp.server.mcp.caller import asks_in_results

__all__ = ["confirmation", "with_valid_answers"]

_log = logging.getLogger(__name__)

_KEY = "confirmation"
_ANSWERS = "inputResponses"
_CANCELLED = {"action": "cancel"}
_NO_FIELDS: dict[str, Any] = {"type": "object", "properties": {}}
"""The form: to accept it is the whole answer."""
_ANSWERED_WITHIN_S = 600.0


async def confirmation(question: str, context: Context[Any]) -> bool | InputRequiredResult:
    """Whether the user says yes; in newer protocol versions first the request that the client must answer.

    A client that fails to ask, or does not answer for ten minutes, has not said yes.
    """
    if asks_in_results(context):
        # The answer counts for this question only: what is asked may change between two requests.
        state = hashlib.sha256(question.encode(errors="surrogatepass")).hexdigest()
        if context.request_state != state:
            return InputRequiredResult(input_requests={_KEY: _request(question)}, request_state=state)
        return _is_yes((context.input_responses or {}).get(_KEY))
    with waiting("Waiting for the user"), anyio.move_on_after(_ANSWERED_WITHIN_S):
        try:
            request_id = context.request_context.request_id
            return _is_yes(await context.session.elicit_form(question, _NO_FIELDS, request_id))
        except (MCPError, ValueError) as exc:  # an error, or an answer that is none
            _log.info("The client did not ask its user: %s", exc)
    return False


def with_valid_answers(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a call, where an answer that is none counts as cancelled: it would be a protocol error."""
    answers = params.get(_ANSWERS)
    if not answers:
        return params
    given = cast(dict[str, Any], answers) if isinstance(answers, dict) else {}
    return {**params, _ANSWERS: {key: answer if _is_valid(answer) else _CANCELLED for key, answer in given.items()}}


def _is_valid(answer: object) -> bool:
    try:
        ElicitResult.model_validate(answer)
    except ValidationError:
        return False
    return True


def _request(question: str) -> ElicitRequest:
    return ElicitRequest(params=ElicitRequestFormParams(message=question, requested_schema=_NO_FIELDS))


def _is_yes(answer: object) -> bool:
    """Clients accept with content, with an empty one, with null or without any. A no may also be in a field."""
    if not isinstance(answer, ElicitResult) or answer.action != "accept":
        return False
    return str((answer.content or {}).get("confirm", True)).lower() not in ("false", "no")
