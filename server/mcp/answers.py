"""ensure_answer: middleware that turns whatever a request's handler does into an answer that can be sent."""

import logging
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from files_api_mcp.server.jsonrpc.surrogates import replace_lone_surrogates, without_lone_surrogates
from files_api_mcp.server.mcp.result_limit import within_limits

__all__ = ["ensure_answer"]

_log = logging.getLogger(__name__)


async def ensure_answer(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Lone surrogates become U+FFFD, because no transport of the SDK can send them: it drops the answer or ends.

    Raises:
        MCPError: The handler failed, or its result is too large. The cause of an unexpected failure is logged, and
            hidden from the client.
    """
    try:
        result = await call_next(ctx)
    except MCPError as exc:
        if ctx.request_id is None:
            return None  # A notification gets no answer, and the SDK would log the error.
        error = exc.error
        raise MCPError(error.code, replace_lone_surrogates(error.message), without_lone_surrogates(error.data)) from exc
    except ValidationError:
        raise  # The SDK answers that the params are invalid.
    except Exception as exc:
        _log.exception("Unexpected error in a request")
        raise MCPError(INTERNAL_ERROR, "Internal server error") from exc
    if isinstance(result, BaseModel):
        result = result.model_dump(by_alias=True, mode="json", exclude_none=True)
    try:
        encoded = to_json(result)
    except PydanticSerializationError:
        result = without_lone_surrogates(result)
        encoded = to_json(result)
    return result if result is None else within_limits(result, encoded, ctx.method, ctx.params)
