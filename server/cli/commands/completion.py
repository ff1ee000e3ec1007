"""`files-api-mcp completion`."""

import click

from files_api_mcp.server.cli.completion import SHELLS, completion_script
from files_api_mcp.server.cli.output import print_text

__all__ = ["completion"]


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a shell's completion script, for commands, options, paths and file ids.

    \b
    bash   echo 'eval "$(files-api-mcp completion bash)"' >> ~/.bashrc
    zsh    echo 'eval "$(files-api-mcp completion zsh)"' >> ~/.zshrc
    fish   files-api-mcp completion fish > ~/.config/fish/completions/files-api-mcp.fish
    """
    print_text(completion_script(ctx.find_root().command, shell) + "\n")
