"""Calls of small tools over both transports and in both protocol versions, beside a tool that does nothing."""

import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from benchmarks.speed.figures import Row
from benchmarks.speed.http import HttpClient, free_port, listening
from benchmarks.speed.messages import LEGACY, MODERN, Era
from benchmarks.speed.peers import node_server
from benchmarks.speed.programs import BARE_TOOL, Settings, Version, bare
from benchmarks.speed.rounds import Program, Unavailable, interleaved
from benchmarks.speed.stdio import StdioClient, connected

CALLS, AT_ONCE = 20, 8
SPOKEN: tuple[tuple[str, Era], ...] = (("stdio", "legacy"), ("HTTP", "modern"), ("stdio", "modern"), ("HTTP", "legacy"))
REVISIONS: Mapping[Era, str] = {"legacy": LEGACY, "modern": MODERN}
FILES = 5
TEXT = "The harbour master decides about dues. Ships pay twelve crowns a day.\n"
QUESTION = "What does the harbour master decide about dues?"
Client = StdioClient | HttpClient
Call = tuple[str, dict[str, Any]]
TOOLS = {"list": "`list_files` (5 files)", "describe": "`describe_file`", "ask": "`ask_document` on a small file"}


def measure(settings: Settings) -> Iterator[Row]:
    """Two rows for each tool, transport and protocol version: a call, and calls a second with eight at once.

    All servers of a transport run for all rounds, and each has its turn in every round.
    """
    for transport, era in SPOKEN[: 2 if settings.is_quick else None]:
        with ExitStack() as stack:
            found = interleaved(_programs(settings, transport, era, stack), settings.rounds(10, 5))
        for tool, name in TOOLS.items():
            title = f"{name}, {transport}, {REVISIONS[era]}"
            yield found.row("calls", title, "ms", tool)
            yield found.row("calls", f"{title}, {AT_ONCE} at once", "a second", f"{tool} rate", is_less_better=False)


def _programs(settings: Settings, transport: str, era: Era, stack: ExitStack) -> list[Program]:
    programs = [
        Program(version.name, version.role, _lazily(partial(_version, settings, version, transport, era, stack)))
        for version in settings.versions
    ]
    programs.append(Program("bare MCPServer, no-op", "limit", _lazily(partial(_bare, transport, era, stack))))
    if transport == "stdio" and era == "legacy":
        programs.append(Program("server-filesystem (Node)", "peer", _lazily(partial(_node, settings, stack))))
    return programs


def _lazily(start: Any) -> Any:
    """A round of calls to a server that the first round starts."""
    held: list[tuple[Client, Mapping[str, Call]]] = []

    def once() -> Mapping[str, float]:
        if not held:
            held.append(start())
        return timed(*held[0])

    return once


def timed(client: Client, calls: Mapping[str, Call]) -> Mapping[str, float]:
    """The median milliseconds of each call, and how many a second are answered with eight at once."""
    took: dict[str, float] = {}
    for tool, arguments in calls.values():
        client.timed(tool, arguments)  # opens the connection, and wakes the server
    for name, (tool, arguments) in calls.items():
        took[name] = statistics.median(client.timed(tool, arguments) for _ in range(CALLS))
        took[f"{name} rate"] = client.a_second(tool, arguments, 2 * CALLS, AT_ONCE)
    client.rest()
    return took


def _version(
    settings: Settings, version: Version, transport: str, era: Era, stack: ExitStack
) -> tuple[Client, Mapping[str, Call]]:
    """A server with five small files."""
    folder = settings.fresh("calls")
    command = version.serve(folder)
    for number in range(FILES):
        (folder / "root" / f"{number}.txt").write_text(f"{TEXT}{number}\n", "utf-8")
    client = _connected(command, transport, era, stack)
    files = [client.call("upload_file", path=f"{number}.txt")["files"][0] for number in range(FILES)]
    if not all(file["askable"] for file in files):
        raise Unavailable("a small file cannot be asked about")
    file_id = files[0]["file_id"]
    return client, {
        "list": ("list_files", {}),
        "describe": ("describe_file", {"file_id": file_id}),
        "ask": ("ask_document", {"question": QUESTION, "file_ids": [file_id]}),
    }


def _bare(transport: str, era: Era, stack: ExitStack) -> tuple[Client, Mapping[str, Call]]:
    client = _connected(bare(), transport, era, stack)
    return client, dict.fromkeys(TOOLS, (BARE_TOOL, {}))


def _node(settings: Settings, stack: ExitStack) -> tuple[Client, Mapping[str, Call]]:
    """The calls of the file system's server that come next to ours. It reads the file, and answers no question."""
    root = settings.fresh("node")
    path = root / "0.txt"
    path.write_text(TEXT, "utf-8")
    client = stack.enter_context(connected(node_server(settings.folder, root)))
    client.shake_hands()
    return client, {
        "list": ("list_directory", {"path": str(root)}),
        "describe": ("get_file_info", {"path": str(path)}),
        "ask": ("read_text_file", {"path": str(path)}),
    }


def _connected(command: list[str], transport: str, era: Era, stack: ExitStack) -> Client:
    if transport == "stdio":
        client: Client = stack.enter_context(connected(command, era))
    else:
        port = free_port()
        options = [str(port)] if "serve" not in command else ["--transport", "http", "--port", str(port)]
        client = HttpClient(stack.enter_context(listening([*command, *options], port)), era)
        stack.callback(client.close)
    client.shake_hands()
    return client
