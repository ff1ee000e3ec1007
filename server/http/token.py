"""The bearer token that opens the server, known here by its digest alone."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from files_api_mcp.server.settings import BadSettings

__all__ = ["Token", "bearer_in", "token_from"]

_SENDABLE = re.compile(r"[\x21-\x7e]+")
_SCHEME = b"bearer "


class Token:
    """Tells whether what a client sent is the token. It cannot be shown: only its digest is kept."""

    __slots__ = ("_digest",)

    def __init__(self, value: str) -> None:
        self._digest = hashlib.sha256(value.encode()).digest()

    def matches(self, given: bytes) -> bool:
        """Compare in a time that tells neither the token's content nor its length."""
        return hmac.compare_digest(hashlib.sha256(given).digest(), self._digest)

    def __repr__(self) -> str:
        return "Token(***)"


def token_from(environment: Mapping[str, str], variable: str) -> Token:
    """The token in the variable that the operator named.

    Raises:
        BadSettings: The variable is not set, is empty, or holds what no header can carry.
    """
    value = environment.get(variable, "")
    if not value:
        raise BadSettings(f"--token-env names {variable}, which is not set or empty. Put the token into it.")
    if not _SENDABLE.fullmatch(value):
        raise BadSettings(
            f"The token in {variable} holds blanks, line ends or characters other than ASCII. Choose another token."
        )
    return Token(value)


def bearer_in(values: Sequence[bytes]) -> bytes | None:
    """The token in a request's `Authorization` headers; None without one, or when there are several headers."""
    if len(values) != 1 or values[0][: len(_SCHEME)].lower() != _SCHEME:
        return None
    return values[0][len(_SCHEME) :] or None
