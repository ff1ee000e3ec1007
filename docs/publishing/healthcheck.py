"""Health check of the container: exits with 0 if the server answers over HTTP, or serves stdio."""

import http.client
import os
import sys
from collections.abc import Mapping


def main(environment: Mapping[str, str]) -> int:
    """0: the server answers, or has no port; 1: it does not answer."""
    if environment.get("FILES_API_MCP_TRANSPORT", "stdio") == "stdio":
        return 0
    token = environment.get(environment.get("FILES_API_MCP_TOKEN_ENV", ""), "")
    # Not urllib: it would send the token to a configured proxy.
    server = http.client.HTTPConnection("127.0.0.1", int(environment.get("FILES_API_MCP_PORT", "8765")), timeout=4)
    try:
        server.request("GET", "/health", headers={"Authorization": f"Bearer {token}"} if token else {})
        return 0 if server.getresponse().status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main(os.environ))
