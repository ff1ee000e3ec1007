"""`python -m docs.publishing`: write generated files; `bundle`: build the .mcpb; `badges`: print badges as Markdown."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from docs.publishing.badges import badges
from docs.publishing.bundle import build_bundle
from docs.publishing.manifest import manifest
from docs.publishing.project import ROOT
from docs.publishing.registry import server_json

__all__ = ["GENERATED", "generated_text"]

GENERATED: dict[Path, Callable[[], dict[str, Any]]] = {
    ROOT / "docs" / "publishing" / "manifest.json": manifest,
    ROOT / "server.json": server_json,
}


def generated_text(path: Path) -> str:
    """The text of a generated file."""
    return json.dumps(GENERATED[path](), indent=2) + "\n"


@click.group(invoke_without_command=True)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Write server.json and the bundle's manifest from the project's metadata."""
    if ctx.invoked_subcommand is None:
        for path in GENERATED:
            path.write_text(generated_text(path), encoding="utf-8")
            click.echo(path)


@main.command()
@click.option("--into", type=click.Path(path_type=Path), default=ROOT / "dist", help="Output folder.")
def bundle(into: Path) -> None:
    """Build the bundle for Claude Desktop (needs Node)."""
    path = build_bundle(into)
    click.echo(f"{path}\nsha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


@main.command(name="badges")
def show_badges() -> None:
    """Print the install badges."""
    click.echo(badges())


if __name__ == "__main__":
    main(prog_name="python -m docs.publishing")
