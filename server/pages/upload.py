"""Pages for people: where a file is handed over, and what came of it."""

import html
import secrets
from importlib.resources import files
from string import Template

from starlette.responses import HTMLResponse

from files_api_mcp.tools.upload_tickets import UploadExpectation

__all__ = ["Pages"]

_OUTCOME = Template(
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Hand over a file</title><p>$text</p></html>"
)


_NOTHING_ELSE = ("default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'")


class Pages:
    """The pages, read once from the disk."""

    def __init__(self) -> None:
        self._form = Template(files("files_api_mcp.server.pages").joinpath("upload.html").read_text("utf-8"))

    def form(self, expected: UploadExpectation, max_file_size: int) -> HTMLResponse:
        """The form by which a file is handed over, with scripts or without."""
        nonce = secrets.token_urlsafe(16)
        asked = f"You were asked for {html.escape(expected.filename)}." if expected.filename else ""
        text = self._form.substitute(nonce=nonce, wish=asked, limit=f"{max_file_size:,} bytes")
        return _page(text, 200, f"script-src 'nonce-{nonce}'", f"style-src 'nonce-{nonce}'", "connect-src 'self'")

    def outcome(self, text: str, status: int) -> HTMLResponse:
        """One sentence or two."""
        return _page(_OUTCOME.substitute(text=html.escape(text)), status)


def _page(text: str, status: int, *allowed: str) -> HTMLResponse:
    return HTMLResponse(
        text,
        status,
        {
            "cache-control": "no-store",
            "content-security-policy": "; ".join((*_NOTHING_ELSE, *allowed)),
            # The address is the secret. Not "no-referrer": browsers then name no origin with the form either.
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
        },
    )
