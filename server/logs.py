"""Logging to stderr: one line per record, secrets scrubbed, control characters escaped."""

import logging
import re

from files_api_mcp.server.cli.output import escape, escape_lines

__all__ = ["configure_logging", "scrub"]

# Key formats of services whose keys are often in the same environment. The prefix stays, to show which key it was.
_SECRETS = re.compile(r"\b(sk-ant-|sk-|ghp_|gho_|github_pat_|xox[abp]-|AKIA)[A-Za-z0-9_\-]{8,}")


def scrub(text: str, secret: str | None = None) -> str:
    """Replaces every string in a known key format, and `secret`, which may have any format, with asterisks."""
    if secret:
        text = text.replace(secret, "***")
    return _SECRETS.sub(r"\1***", text)


class _ScrubbingFormatter(logging.Formatter):
    def __init__(self, secret: str | None) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        return escape_lines(scrub(super().format(record), self._secret))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """A record as one line, so that a client cannot forge another record. Only tracebacks have several lines."""
        return escape(super().formatMessage(record))


def configure_logging(level: str, *, secret: str | None = None) -> None:
    """Sends all logging to stderr, with `secret` scrubbed: libraries log requests and responses that may contain it.

    Call it before the SDK's server is built, which then keeps this configuration.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_ScrubbingFormatter(secret))
    logging.basicConfig(level=level, handlers=[handler], force=True)
