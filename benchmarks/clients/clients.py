"""The clients, and how to install and start each."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients.shapes import SHAPES
from tests.server.emulator.sdk.running import isolated

__all__ = ["CLIENTS", "RealClient"]

DRIVERS = Path(__file__).resolve().parent / "drivers"


@dataclass(frozen=True)
class RealClient:
    """A client: its name, package, driver and protocol version, and how it changes arguments."""

    name: str
    package: str
    driver: str
    era: str = "auto"
    shape: str = ""

    def command(self, node_modules: Path) -> list[str]:
        """The command that starts the driver in a separate environment; the connection is its last argument."""
        if self.driver.endswith(".py"):
            return [*isolated(self.package), str(DRIVERS / self.driver)]
        folder = node_modules / self.package.replace("/", "_")
        folder.mkdir(exist_ok=True)
        install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), self.package]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
        # Node looks for packages next to the program.
        return ["node", str(shutil.copy(DRIVERS / self.driver, folder))]


_SDK = ("mcp==2.3.*", "mcp_new.py")

CLIENTS = (
    RealClient("MCP Python SDK 1.30", "mcp==1.30.*", "mcp_old.py"),
    RealClient('MCP Python SDK 2.3, `mode="legacy"`', *_SDK, "legacy"),
    RealClient("MCP Python SDK 2.3", *_SDK),
    RealClient("MCP TypeScript SDK 1.32", "@modelcontextprotocol/sdk@1.32.2", "typescript.mjs", "legacy"),
    RealClient("MCP TypeScript SDK 2.4", "@modelcontextprotocol/client@2.4.0", "typescript.mjs"),
    RealClient("FastMCP 4.1", "fastmcp==4.1.*", "fastmcp_client.py"),
    RealClient("LangChain, langchain-mcp-adapters 0.3", "langchain-mcp-adapters==0.3.*", "langchain_tools.py"),
    RealClient("OpenAI Agents SDK 0.24", "openai-agents==0.24.*", "openai_agents.py"),
    RealClient("Pydantic AI 2.68 with its test model", "pydantic-ai-slim[mcp]==2.68.*", "pydantic_ai_agent.py"),
    *(
        RealClient(f"{shape}, {era}", *_SDK, mode, shape)
        for shape in SHAPES
        if shape
        for era, mode in (("older era", "legacy"), ("newer era", "auto"))
    ),
)
