"""The command and its subcommands. Each imports what it needs when it runs, so that the others start fast."""

import os
import sys
from pathlib import Path
from typing import IO, Any

import click

from files_api_mcp.server.options import (
    ALLOW_SENSITIVE,
    DATA_DIR,
    LOG_LEVEL,
    MAX_FILE_SIZE,
    PREFIX,
    ROOTS,
    SEMANTIC_MODEL,
    backend_options,
    option,
)
from files_api_mcp.server.settings import (
    DEFAULT_MAX_FILE_SIZE,
    BadSettings,
    Settings,
    default_data_dir,
    upstream_from,
    usable_roots,
)

__all__ = ["command", "main"]


class _ServeByDefault(click.Group):
    """A group that serves when its first word names no subcommand: `files-api-mcp ~/Documents`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ServeByDefault,
    context_settings={
        "auto_envvar_prefix": PREFIX,
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
)
@click.version_option(package_name="files-api-mcp", message="%(prog)s %(version)s")
def command() -> None:
    """Give any agent the Files API: upload a local file once, then list, ask, cite, download or delete it by id.

    \b
    files-api-mcp ~/Documents      serve MCP over stdio; agents may read ~/Documents
    files-api-mcp demo             see an agent's whole job on sample documents
    files-api-mcp ask              a question by a person, with the cited pages shown
    files-api-mcp batch            many questions to many files, at half the price
    files-api-mcp doctor           check the set-up
    files-api-mcp emulator         the Files API over HTTP, on this machine

    Every option can also be set by a variable: serve's --data-dir is FILES_API_MCP_DATA_DIR.
    """


@command.command()
@ROOTS
@option(
    "--transport",
    type=click.Choice(["stdio", "http", "sse"]),
    default="stdio",
    show_default=True,
    help="How clients connect. Only stdio is built so far.",
)
@backend_options
@DATA_DIR
@option("--read-only", is_flag=True, help="Offer no tool that writes: no upload, download or delete.")
@option(
    "--confirm-deletes",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Ask the person before deleting: where the client can, always (else refuse), or never.",
)
@option("--tools", metavar="A,B", help="Offer these tools alone.")
@option("--exclude-tools", metavar="C,D", help="Leave these tools out.")
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@SEMANTIC_MODEL
@LOG_LEVEL
def serve(roots: tuple[Path, ...], **options: Any) -> None:
    """Serve MCP. ROOTs are the folders that agents may read from.

    Without a ROOT it is the working directory, unless that is / or your home folder.
    """
    settings = _settings(roots, options)
    from files_api_mcp.server.transports import serve_stdio

    serve_stdio(settings)


@command.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILE]...")
@click.option("--question", "-q", multiple=True, help="Ask this of the files instead of a question made from them.")
@click.option(
    "--backend", type=click.Choice(["local", "anthropic"]), default="local", show_default=True, help="As for serve."
)
@click.option("--base-url", metavar="URL", help="As for serve, such as that of a running emulator.")
def demo(files: tuple[Path, ...], question: tuple[str, ...], backend: str, base_url: str | None) -> None:
    """Run an agent's whole job on sample documents, or on each FILE, through a real server and client.

    It uploads, lists, describes, asks, reads the cited page and deletes, in a data folder of its own that is
    removed at the end. Exit code 1 says that a step's result was wrong.
    """
    from files_api_mcp.server.demo import run_demo

    upstream_from(backend, os.environ, {"base_url": base_url})
    place = ["--backend", backend, *(["--base-url", base_url] if base_url else [])]
    sys.exit(run_demo(files, question, place))


@command.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE..."
)
@click.option(
    "--questions",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="Questions, one a line; empty lines and lines that begin with # are passed over. - is standard input.",
)
@click.option("--question", "-q", multiple=True, help="Ask this too; repeatable.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to standard output."
)
@click.option(
    "--max-tokens", type=click.IntRange(100, 20_000), default=1500, show_default=True, help="For each answer."
)
@click.option("--cancel", is_flag=True, help="End the batches that this command began, and ask nothing.")
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@SEMANTIC_MODEL
@LOG_LEVEL
def batch(
    files: tuple[Path, ...], questions: IO[str] | None, question: tuple[str, ...], output: Path | None, **options: Any
) -> None:
    """Ask every question of every FILE, and write one line of JSON for each answer, with its citations.

    At Anthropic's API this is a Message Batch: half the price, documents cached, done within minutes to a day. An
    interrupted command loses nothing: the same command again collects the answers, and asks anew only what failed.

    \b
    files-api-mcp batch reports/*.pdf --questions questions.txt -o answers.jsonl
    """
    from files_api_mcp.server.batch import BatchOrder, questions_in, run_batch
    from files_api_mcp.server.logs import configure_logging

    asked = questions_in("\n".join([*question, questions.read() if questions else ""]))
    if not asked:
        raise BadSettings("There is no question. Give --questions FILE or --question TEXT.")
    settings = _settings(tuple(dict.fromkeys(file.resolve().parent for file in files)), options)
    order = BatchOrder(files, asked, options["max_tokens"], output, options["cancel"])
    configure_logging(settings.log_level)
    sys.exit(run_batch(order, settings))


@command.command()
@click.argument("question")
@click.argument("files", nargs=-1, metavar="[FILE|FILE_ID]...")
@click.option(
    "--max-tokens", type=click.IntRange(100, 20_000), default=1500, show_default=True, help="Of the passages together."
)
@click.option("--json", "as_json", is_flag=True, help="Print what an agent gets, in one line.")
@click.option("--open", "as_page", is_flag=True, help="Show the passages in a browser, beside the pages they stand on.")
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@SEMANTIC_MODEL
@LOG_LEVEL
def ask(question: str, files: tuple[str, ...], **options: Any) -> None:
    """Ask a QUESTION of files, by path or file_id, or of everything stored; print passages with file and page.

    \b
    files-api-mcp ask "What dividend does the board propose?" report.pdf --open
    """
    from files_api_mcp.server.ask import AskOrder, run_ask
    from files_api_mcp.server.logs import configure_logging

    folders = dict.fromkeys(path.resolve().parent for path in map(Path, files) if path.is_file())
    settings = _settings(tuple(folders), options)
    configure_logging(settings.log_level)
    order = AskOrder(question, files, options["max_tokens"], options["as_json"], options["as_page"])
    sys.exit(run_ask(order, settings))


@command.command()
@ROOTS
@backend_options
@DATA_DIR
def doctor(roots: tuple[Path, ...], **options: Any) -> None:
    """Check the set-up: versions, backend, data folder, store, roots. Exit code 1 says that something must be done."""
    settings = _settings(roots, options)
    from files_api_mcp.server.doctor import run_doctor

    sys.exit(run_doctor(settings))


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8790, show_default=True, help="The port; 0: any free one."
)
@DATA_DIR
@option("--api-key", multiple=True, metavar="KEY", help="Let in this key alone (repeatable); default: any key.")
@click.option("--rate-limit", type=click.IntRange(min=0), default=0, help="Calls a minute about files; 0: no limit.")
@click.option(
    "--storage-limit", type=click.IntRange(min=1), default=1_000_000_000_000, show_default=True, metavar="BYTES"
)
@LOG_LEVEL
def emulator(**options: Any) -> None:
    """Speak the Files API itself, over HTTP: files, Messages, batches, answered on this machine.

    Point an SDK at it with ANTHROPIC_BASE_URL. Each key is a workspace of its own. Answers are passages of the
    documents, cited as the API cites; there is no model behind it.
    """
    from files_api_mcp.server.emulator.app import EmulatorSettings
    from files_api_mcp.server.emulator.serving import serve_emulator

    settings = EmulatorSettings(
        data_dir=_data_dir(options) / "emulator",
        api_keys=options["api_key"],
        files_per_minute=options["rate_limit"],
        storage_bytes=options["storage_limit"],
    )
    serve_emulator(settings, host=options["host"], port=options["port"], log_level=options["log_level"])


def _data_dir(options: dict[str, Any]) -> Path:
    return Path.cwd() / (options["data_dir"] or default_data_dir()).expanduser()


def _settings(roots: tuple[Path, ...], options: dict[str, Any]) -> Settings:
    if options.get("transport", "stdio") != "stdio":
        raise BadSettings("Only the stdio transport is built so far. Leave --transport out.")
    tools = options.get("tools")
    return Settings(
        roots=usable_roots(roots, cwd=Path.cwd(), home=Path.home()),
        data_dir=_data_dir(options),
        read_only=options.get("read_only", False),
        confirm_deletes=options.get("confirm_deletes", "auto"),
        allow_sensitive=options.get("allow_sensitive", False),
        max_file_size=options.get("max_file_size", DEFAULT_MAX_FILE_SIZE),
        tools=_names(tools) if tools else None,
        exclude_tools=_names(options.get("exclude_tools") or ""),
        log_level=options.get("log_level", "WARNING"),
        semantic_model=options.get("semantic_model"),
        upstream=upstream_from(options["backend"], os.environ, options),
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def main() -> None:
    """Run the command. Exit codes: 0 done, 1 failed (one line on stderr), 2 wrong usage."""
    try:
        command(prog_name="files-api-mcp")
    except BadSettings as exc:
        click.echo(f"files-api-mcp: {exc}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
