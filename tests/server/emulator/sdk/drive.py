# pyright: basic, reportMissingImports=false
"""Drives an emulator with whatever version of the official SDK is installed: `drive.py SURROUNDINGS`.

SURROUNDINGS names a JSON file with `url`; `seeded_key`, whose workspace will hold many files once the file named by
`seeded_ids` holds their ids, newest first; and `locked_url` and `locked_key` of an emulator that has one key.
Prints one line of JSON: what passed, what failed and why, and facts.
"""

import asyncio
import json
import sys
import traceback
from pathlib import Path

import anthropic
import check_access
import check_batches
import check_files
import check_lists
import check_messages
import check_versions
from api import apis

# Those on lists wait for the many files, so they come last.
MODULES = [check_access, check_files, check_messages, check_versions, check_batches, check_lists]


async def drive(api, checks, outcome):
    for check in checks:
        name = f"{check.__name__} [{api.name}]"
        try:
            await check(api)
        except Exception:
            outcome["failed"][name] = traceback.format_exc(limit=-4)
        else:
            outcome["passed"].append(name)
    outcome["facts"].extend(api.facts)
    await api.close()


def main():
    outcome = {"sdk": anthropic.__version__, "passed": [], "failed": {}, "facts": []}
    surroundings = json.loads(Path(sys.argv[1]).read_text())
    for module in MODULES:
        for api in apis(surroundings):
            asyncio.run(drive(api, module.CHECKS, outcome))
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
