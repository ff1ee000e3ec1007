"""Runs the command with `python -m files_api_mcp`."""

from files_api_mcp.server.cli.main import main

if __name__ == "__main__":
    main()
