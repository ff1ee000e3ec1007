"""What only the text of a refusal tells: the API has one type of error for many causes."""

from collections.abc import Callable
from dataclasses import dataclass

from files_api_mcp.backends.errors import (
    AuthenticationFailed,
    Billing,
    ContextWindowExceeded,
    FilesError,
    InvalidArgument,
    PermissionDenied,
)

__all__ = ["PicturesTooLarge", "error_by_text", "is_about_money"]

_Made = Callable[[str], FilesError]


class PicturesTooLarge(InvalidArgument):
    """A picture has more pixels or bytes than the model takes."""

    default_next_step = "Store a smaller version of the picture, or ask about fewer pictures at once."


@dataclass(frozen=True, slots=True)
class _Rule:
    """Applies to refusals with one of the statuses whose text, in lower case, has one of the `words`."""

    statuses: tuple[int, ...]
    words: tuple[str, ...]
    error: _Made


def _low_credit(_: str) -> FilesError:
    return Billing(
        "The credit balance of the Anthropic account is too low.", "Ask the operator to buy credit in the Console."
    )


def _usage_limit(quoted: str) -> FilesError:
    return Billing(
        f"A usage limit of the Anthropic account is reached{quoted}",
        "Wait until it renews, or ask the operator to raise it in the Console.",
    )


def _disabled(quoted: str) -> FilesError:
    return PermissionDenied(
        f"The organization or workspace of the key is disabled{quoted}",
        "Ask the operator to check the account in the Console, or to use another key.",
    )


def _no_files(_: str) -> FilesError:
    return PermissionDenied(
        "The Files API is not enabled for the workspace of the key.",
        "Ask the operator to enable it in the Console, or to use --backend local.",
    )


def _region(_: str) -> FilesError:
    return PermissionDenied(
        "The API does not serve the country or region that this machine is in.",
        "Ask the operator to check the network and the proxy, or to use --backend local.",
    )


def _retired_key(_: str) -> FilesError:
    return AuthenticationFailed(
        "The key is archived or disabled.",
        "Ask the operator to create a new key in the Console and restart the server.",
    )


def _expired_token(_: str) -> FilesError:
    return AuthenticationFailed(
        "The API rejected the token: it expired, or is of a kind that it does not accept.",
        "Ask the operator to renew ANTHROPIC_AUTH_TOKEN and restart the server.",
    )


def _too_long(_: str) -> FilesError:
    return ContextWindowExceeded("The files are too long for the model's context window.")


def _pictures_too_large(_: str) -> FilesError:
    return PicturesTooLarge("A picture is too large for the model.")


def _too_many_tokens(quoted: str) -> FilesError:
    return InvalidArgument(
        f"The model cannot write as many tokens as asked for{quoted}", "Call again with a smaller max_tokens."
    )


def _retired_model(quoted: str) -> FilesError:
    return InvalidArgument(
        f"The model is deprecated and no longer served{quoted}", "Ask the operator to set another --model."
    )


def _unknown_model(quoted: str) -> FilesError:
    return InvalidArgument(f"The API does not know the model{quoted}", "Ask the operator to check --model.")


_REFUSED = (400, 403, 404, 410, 422)
_RULES = (
    _Rule((400, 402, 403, 429), ("credit balance is too low", "insufficient credit"), _low_credit),
    _Rule((400, 402, 403, 429), ("usage limit", "spend limit", "spending limit"), _usage_limit),
    _Rule(
        (400, 401, 403),
        ("organization has been disabled", "organization is disabled", "workspace has been disabled",
         "workspace is disabled", "workspace has been archived", "workspace is archived", "account has been disabled"),
        _disabled,
    ),
    _Rule((400, 401, 403), ("key has been archived", "key is archived", "key has been disabled", "key is disabled",
                            "key is inactive", "key has been revoked"), _retired_key),
    _Rule((401, 403), ("oauth", "token has expired", "token is expired", "expired token"), _expired_token),
    _Rule((400, 403), ("not available in your country", "not available in your region", "unsupported country",
                       "unsupported region", "request not allowed"), _region),
    _Rule((400, 403, 404), ("files api is not", "files api has not", "not have access to the files api",
                            "files api access"), _no_files),
    _Rule((400, 422), ("prompt is too long", "exceed context limit", "context window", "pdf pages",
                       "too many total text"), _too_long),
    _Rule((400, 413, 422), ("image dimensions", "image exceeds"), _pictures_too_large),
    _Rule((400, 422), ("max_tokens",), _too_many_tokens),
    _Rule(_REFUSED, ("model is deprecated", "model has been deprecated", "model has been retired", "model is retired",
                     "been deprecated and", "reached its end-of-life", "reached end-of-life"), _retired_model),
    _Rule((404,), ("model: ",), _unknown_model),
    _Rule(_REFUSED, ("model not found", "invalid model", "unknown model", "model does not exist",
                     "model_not_found"), _unknown_model),
)  # fmt: skip


def error_by_text(status: int, text: str) -> FilesError | None:
    """The error that the text of a refusal tells; None if it tells none. `text` is quoted: it is data."""
    lower = text.lower()
    for rule in _RULES:
        if status in rule.statuses and any(words in lower for words in rule.words):
            return rule.error(f': "{text}"')
    return None


def is_about_money(status: int, text: str) -> bool:
    """Whether a refusal says that the account may not spend more, so that to wait is in vain."""
    return isinstance(error_by_text(status, text), Billing)
