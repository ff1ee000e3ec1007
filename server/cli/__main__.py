"""Run the command as `python -m files_api_mcp`."""

from files_api_mcp.server.cli.main import main

if __name__ == "__main__":
    main()
