"""Twelve tasks of an agent, over stdio: calls, tokens, and whether the answers are right.

    python -m benchmarks.agent_tasks                              # all tasks
    python -m benchmarks.agent_tasks --peer PYTHON                # beside the version of another interpreter
    python -m benchmarks.agent_tasks --only quote --verbose       # one task, with every call
    python -m benchmarks.agent_tasks --peer PYTHON --write        # into docs/agents.md

Scripts play the agent. A script knows the goal of its task and follows only what the tool definitions and the results
say: it uses a tool or an argument if the version offers it. Tokens are estimated from the JSON of the arguments and of
what a model sees of the results. The definitions count once. Reading scans needs tesseract.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import anyio

from benchmarks.agent_tasks.inputs import write_inputs
from benchmarks.agent_tasks.play import Played, play
from benchmarks.agent_tasks.report import show, show_steps, write
from benchmarks.agent_tasks.servers import Version
from benchmarks.agent_tasks.tasks import TASKS


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the tasks, and print the table; 1 if an answer of this version is wrong."""
    options = _options(arguments)
    versions = [Version("this version"), *([Version(options.name, options.peer)] if options.peer else [])]
    played = anyio.run(_play, versions, options)
    show(played)
    if options.write:
        write(played)
    return int(not all(one.is_right for one in played[versions[0].name]))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="the interpreter of another version, to play with that too")
    parser.add_argument("--name", default="earlier version", help="what to call that version")
    parser.add_argument("--only", nargs="+", default=[], metavar="TASK", choices=[task.name for task in TASKS])
    parser.add_argument("--verbose", action="store_true", help="print every call, with the start of its result")
    parser.add_argument("--write", action="store_true", help="write the table into the docs")
    return parser.parse_args(arguments)


async def _play(versions: Sequence[Version], options: argparse.Namespace) -> dict[str, list[Played]]:
    played: dict[str, list[Played]] = {version.name: [] for version in versions}
    with tempfile.TemporaryDirectory() as name:
        inputs = Path(name)
        write_inputs(inputs)
        for task in TASKS:
            for version in versions if not options.only or task.name in options.only else ():
                one = await play(task, version, inputs)
                played[version.name].append(one)
                if options.verbose or not one.is_right:
                    show_steps(version.name, one, is_verbose=options.verbose)
    return played


if __name__ == "__main__":
    sys.exit(main())
