"""Upload pages for people: the upload form and its outcome."""

import html
import secrets
from importlib.resources import files
from string import Template

from starlette.responses import HTMLResponse

from files_api_mcp.tools.uploads.tickets import TICKET_LIFETIME_S, UploadExpectation

__all__ = ["UploadPages"]

_MESSAGE = Template(
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Upload a file</title><p>$text</p></html>"
)

_DEFAULT_POLICY = ("default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'")


class UploadPages:
    """The pages. The template is read from disk once."""

    def __init__(self) -> None:
        self._form = Template(files("files_api_mcp.server.pages").joinpath("upload.html").read_text("utf-8"))

    def form(self, expected: UploadExpectation, max_file_size: int) -> HTMLResponse:
        """The upload form; it works with and without scripts."""
        nonce = secrets.token_urlsafe(16)
        requested = f"Requested file: {html.escape(expected.filename)}." if expected.filename else ""
        text = self._form.substitute(
            nonce=nonce,
            requested=requested,
            limit=f"{max_file_size:,} bytes",
            lifetime=f"{TICKET_LIFETIME_S // 60} minutes",
        )
        return _page(text, 200, f"script-src 'nonce-{nonce}'", f"style-src 'nonce-{nonce}'", "connect-src 'self'")

    def message(self, text: str, status: int) -> HTMLResponse:
        """A page with a short text: the outcome of an upload, or an error."""
        return _page(_MESSAGE.substitute(text=html.escape(text)), status)


def _page(text: str, status: int, *allowed: str) -> HTMLResponse:
    return HTMLResponse(
        text,
        status,
        {
            "cache-control": "no-store",
            "content-security-policy": "; ".join((*_DEFAULT_POLICY, *allowed)),
            # The URL is secret. Not "no-referrer", because browsers would then omit the form's origin too.
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
        },
    )
