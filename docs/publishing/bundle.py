"""Builds the bundle: the sources, their lock file and the manifest, packed by MCPB's packer."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from docs.publishing.project import ROOT, project
from files_api_mcp.backends.process_isolation import find_program

__all__ = ["PACKER", "build_bundle", "copy_contents"]

PACKER = "@anthropic-ai/mcpb@2.1.2"

_FOLDERS = ("server", "tools", "backends", "examples")
_FILES = ("pyproject.toml", "uv.lock", "README.md", "LICENSE")


def build_bundle(into: Path) -> Path:
    """Pack the bundle into a folder; returns its path. The packer validates the manifest first.

    Raises:
        subprocess.CalledProcessError: The packer failed; stderr has the reason.
        FileNotFoundError: Neither mcpb nor npx is installed.
    """
    about = project()
    bundle = into.resolve() / f"{about['name']}-{about['version']}.mcpb"
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy_contents(Path(folder))
        subprocess.run([*_packer(), "pack", folder, str(bundle)], check=True)
    return bundle


def _packer() -> list[str]:
    mcpb, npx = find_program("mcpb"), find_program("npx")
    if mcpb:
        return [mcpb]
    if npx:
        return [npx, "--yes", PACKER]
    raise FileNotFoundError("Neither mcpb nor npx is on the path.")


def copy_contents(folder: Path) -> None:
    """Copy the contents of the bundle into a folder."""
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / "docs" / "publishing" / "manifest.json", folder)
