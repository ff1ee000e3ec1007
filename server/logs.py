"""Logging: to stderr only, one line a record, keys scrubbed, and nothing in it that a terminal obeys."""

import logging
import re

from files_api_mcp.server.cli.output import escape, escape_lines

__all__ = ["configure_logging", "scrub"]

# Key shapes of the services whose keys sit in the same environment; the prefix stays so that a person can tell which.
_SECRETS = re.compile(r"\b(sk-ant-|sk-|ghp_|gho_|github_pat_|xox[abp]-|AKIA)[A-Za-z0-9_\-]{8,}")


def scrub(text: str, secret: str | None = None) -> str:
    """Blank every key-shaped string, and the secret, which may have any shape."""
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
        """One line, so that a client cannot forge another; only a traceback has several."""
        return escape(super().formatMessage(record))


def configure_logging(level: str, *, secret: str | None = None) -> None:
    """Send all logging to stderr, `secret` blanked: libraries log what they send and hear, and a server may say it
    again. Called before the SDK's server is built, whose own set-up then stands back."""
    handler = logging.StreamHandler()
    handler.setFormatter(_ScrubbingFormatter(secret))
    logging.basicConfig(level=level, handlers=[handler], force=True)
