"""An authorization server with metadata and keys on a real socket; it signs tokens."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

SCOPES = "files:read files:write files:delete files:ask"
_KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
_CURVE = ec.generate_private_key(ec.SECP256R1())


class Issuing:
    """`asked` are the paths that were asked for; `keys` what is published, by id; `status` how it answers,
    once `held` is set."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[str] = []
        self.keys = {"one": RSAAlgorithm.to_jwk(_KEYS[0].public_key(), as_dict=True)}
        self.status = 200
        self.held = threading.Event()
        self.held.set()
        self.metadata: dict[str, Any] = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

    def publish_another(self) -> None:
        """A key that is published later, like a rotated one."""
        self.keys["two"] = RSAAlgorithm.to_jwk(_KEYS[1].public_key(), as_dict=True)

    def publish_curve(self) -> None:
        """A key of another type."""
        self.keys["curve"] = ECAlgorithm.to_jwk(_CURVE.public_key(), as_dict=True)

    def token(self, audience: str, subject: str = "ana", *, key: Any = None, **changes: Any) -> str:
        """An access token, without the claims that are set to None."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": audience, "sub": subject, "exp": now + 600, "iat": now, "scope": SCOPES}
        head = {"kid": changes.pop("kid", "one"), "typ": changes.pop("typ", "at+jwt")}
        algorithm = changes.pop("algorithm", "RS256")
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(claims, key or _KEYS[0], algorithm=algorithm, headers=head)

    def published(self) -> list[dict[str, Any]]:
        return [{"kid": name, **key} for name, key in self.keys.items()]


def other_key() -> RSAPrivateKey:
    return _KEYS[1]


def curve() -> ec.EllipticCurvePrivateKey:
    return _CURVE


@contextmanager
def issuing() -> Generator[Issuing]:
    """Run an authorization server in a thread."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.issuer = Issuing(self.server_port)


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        issuer = self.server.issuer
        issuer.asked.append(self.path)
        issuer.held.wait(10)
        answers: dict[str, Any] = {
            "/.well-known/oauth-authorization-server": issuer.metadata,
            "/keys": {"keys": issuer.published()},
        }
        found = answers.get(self.path)
        body = json.dumps(found or {}).encode()
        self.send_response(issuer.status if found else 404)
        self.send_header("content-length", str(len(body)))
        self.send_header("location", f"{issuer.url}/keys")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parameter's name is given
        """Log nothing."""
