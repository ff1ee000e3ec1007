"""Only messages reach the client's pipe."""

import subprocess
import sys

STRAY = """
import os
from files_api_mcp.server.stdio.stdout import claim_stdout, write_line
with claim_stdout() as stdout:
    print("from Python", flush=True)
    os.system("echo from a child")
    os.write(1, b"from C\\n")
    write_line(stdout, b"{}" * 500_000)
print("after", flush=True)
"""


def test_other_output_goes_to_stderr() -> None:
    done = subprocess.run([sys.executable, "-c", STRAY], capture_output=True, check=True)
    assert done.stdout == b"{}" * 500_000 + b"\nafter\n"
    assert done.stderr == b"from Python\nfrom a child\nfrom C\n"


def test_a_closed_stderr_does_not_lead_to_the_client() -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec '{sys.executable}' -c '{STRAY}' 2>&-"], stdout=subprocess.PIPE, check=True
    )
    assert done.stdout == b"{}" * 500_000 + b"\nafter\n"
