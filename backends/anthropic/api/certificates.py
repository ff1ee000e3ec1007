"""The certificates that this machine trusts."""

import os
import ssl
from pathlib import Path

import httpx2

from files_api_mcp.backends.errors import UpstreamUnreachable

__all__ = ["trusted_context"]

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def trusted_context() -> ssl.SSLContext:
    """The system's certificates, or those of SSL_CERT_FILE or SSL_CERT_DIR.

    Raises:
        UpstreamUnreachable: The file or folder that one of these names cannot be used.
    """
    name = next((name for name in _VARIABLES if os.environ.get(name)), None)
    # OpenSSL takes any folder, and then trusts nobody.
    if name == "SSL_CERT_DIR" and not Path(os.environ[name]).is_dir():
        raise _unusable(name, "names a folder that does not exist")
    try:
        return httpx2.create_ssl_context()
    except OSError as exc:
        if name is None:
            raise
        absent = isinstance(exc, FileNotFoundError)
        problem = "names a file that does not exist" if absent else "names a file that holds no usable certificates"
        raise _unusable(name, problem) from exc


def _unusable(name: str, problem: str) -> UpstreamUnreachable:
    step = f"Ask the operator to correct or unset {name} and restart the server."
    return UpstreamUnreachable(f"{name} {problem}.", step, may_pass=False)
