"""show_progress: middleware that gives every request with a progress token its progress and signs of life."""

from dataclasses import dataclass
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.jsonrpc_dispatcher import progress_token_from_params

from files_api_mcp.backends.progress.call_progress import CallProgress

__all__ = ["progress_of", "show_progress"]


@dataclass(kw_only=True)
class _Followed(ServerRequestContext[Any, Any]):
    """A request whose sender follows its progress."""

    progress: CallProgress


async def show_progress(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Around all else that may wait. A request without a progress token costs nothing here."""
    if ctx.request_id is None or progress_token_from_params(ctx.params) is None:
        return await call_next(ctx)
    progress = CallProgress(ctx.session.report_progress)
    followed = _Followed(**vars(ctx), progress=progress)
    return await progress.during(lambda: call_next(followed))


def progress_of(request: ServerRequestContext[Any, Any]) -> CallProgress:
    """The progress of a request."""
    return request.progress if isinstance(request, _Followed) else CallProgress(request.session.report_progress)
