"""Starts isolated child processes: no file in the working directory runs in one, or in place of one.

The working directory may hold any file that an agent saved or a stranger sent: `json.py`, `tesseract`, `uvx`.
"""

import os
import sys

__all__ = [
    "NEUTRAL_DIRECTORY",
    "absolute_path_variable",
    "child_environment",
    "find_program",
    "parser_environment",
    "python_command",
]

NEUTRAL_DIRECTORY = os.sep
"""The working directory of child processes."""

_INHERITED = ("LANG", "LC_ALL", "LC_CTYPE")
# Folders that the loader or a program takes code or data from. The working directory must not be one of them.
_SEARCH_PATHS = ("PATH", "LD_LIBRARY_PATH")
_FOLDERS = ("TMPDIR", "TESSDATA_PREFIX")
_NEEDED_BY_PYTHON = (*_INHERITED, "LD_LIBRARY_PATH")


def find_program(name: str, search_path: str | None = None) -> str | None:
    """Absolute path of a program on PATH (or on `search_path`), or None. The working directory never counts."""
    import shutil  # imported here, because most commands start no program, and it takes a while to load

    given = os.environ.get("PATH", os.defpath) if search_path is None else search_path
    return shutil.which(name, path=absolute_path_variable(given))


def absolute_path_variable(value: str) -> str:
    """The folders of a variable such as PATH, without relative ones and the working directory."""
    return os.pathsep.join(_outside_working_directory(value.split(os.pathsep)))


def child_environment() -> dict[str, str]:
    """Environment of a child process: no key, no `PYTHON*`, no folder that depends on the working directory."""
    given = os.environ
    passed = {name: given[name] for name in _INHERITED if name in given}
    for name in _SEARCH_PATHS:
        if folders := absolute_path_variable(given.get(name, "")):
            passed[name] = folders
    return passed | {name: given[name] for name in _FOLDERS if os.path.isabs(given.get(name, ""))}  # noqa: PTH117


def parser_environment() -> dict[str, str]:
    """Environment of a process that reads documents: only what Python needs to start."""
    return {name: value for name, value in child_environment().items() if name in _NEEDED_BY_PYTHON}


def python_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs `main()` of a module in an isolated Python with the import path of this process.

    `-I` keeps the working directory, the user's site folder and all `PYTHON*` variables out. This process may
    import from other folders than the remaining ones (`pip --user`, PYTHONPATH), so these are passed on.
    """
    folders = _outside_working_directory(sys.path)
    start = (
        f"import sys; own = {folders!r}; sys.path[:] = [*own, *(each for each in sys.path if each not in own)]; "
        f"from {module} import main; main()"
    )
    no_bytecode = ["-B"] if sys.dont_write_bytecode else []
    return [sys.executable, "-I", *no_bytecode, "-c", start, *arguments]


def _outside_working_directory(folders: list[str]) -> list[str]:
    here = _working_directory()
    return [each for each in folders if os.path.isabs(each) and os.path.realpath(each) != here]  # noqa: PTH117


def _working_directory() -> str | None:
    try:
        return os.path.realpath(os.getcwd())  # noqa: PTH109
    except FileNotFoundError:
        return None  # it was removed, so nothing is in it
