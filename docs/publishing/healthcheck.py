"""Exit code 0 when the container's server answers, by the variables that set it up; over stdio nobody can ask it."""

import http.client
import os
import sys
from collections.abc import Mapping


def main(environment: Mapping[str, str]) -> int:
    """0: it answers, or has no port to be asked at; 1: it does not."""
    if environment.get("FILES_API_MCP_TRANSPORT", "stdio") == "stdio":
        return 0
    token = environment.get(environment.get("FILES_API_MCP_TOKEN_ENV", ""), "")
    # Not urllib, which would send the token to a proxy where one is set.
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
