"""Nothing of the working directory is executed or imported, whatever process we start."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from files_api_mcp.backends.process_isolation import (
    absolute_path_variable,
    child_environment,
    find_program,
    python_command,
)
from files_api_mcp.server.install.launcher import launcher
from tests.support import documents
from tests.support.agent import write
from tests.support.terminal import environment

pytestmark = pytest.mark.slow

COMMAND = str(Path(sysconfig.get_path("scripts"), "files-api-mcp"))
"""The console script: unlike `python -m`, it does not import from the working directory itself."""

OWN_MODULES = ("files_api_mcp", "pypdfium2", "pikepdf", "PIL", "pytesseract", "selectolax", "python_calamine", "docx")
STARTED_BY_PYTHON = ("sitecustomize", "usercustomize")
PROGRAMS = ("tesseract", "uvx", "uv", "python", "python3", "xdg-open", "www-browser", "firefox", "lynx", "w3m", "npx")
EXTRACTED = {
    "notes.txt": b"The harbour dues are 42 crowns.",
    "page.html": b"<html><body><p>The harbour dues are 42 crowns.</p></body></html>",
    "report.pdf": documents.pdf(["The harbour dues are 42 crowns."]),
    "letter.docx": documents.word([("Normal", "The harbour dues are 42 crowns.")]),
    "budget.xlsx": documents.sheet([["harbour dues", "42 crowns"]]),
}


class Poison:
    """A folder of modules and programs that leave a trace when they run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "poisoned"
        self._traces = folder / "traces"
        for name in {*sys.stdlib_module_names, *OWN_MODULES, *STARTED_BY_PYTHON}:
            # A folder, as parsers may write no files.
            write(self.folder / f"{name}.py", f"import os; os.makedirs({str(self._traces / name)!r}, exist_ok=True)\n")
        for name in PROGRAMS:
            write(self.folder / name, f"#!/bin/sh\n/bin/mkdir -p {self._traces}/{name}\n").chmod(0o755)

    @property
    def ran(self) -> list[str]:
        return sorted(trace.name for trace in self._traces.iterdir()) if self._traces.exists() else []

    @property
    def search_path(self) -> str:
        """The working directory in every spelling, before the folders of the system."""
        link = self.folder.with_name("link")
        if not link.exists():
            link.symlink_to(self.folder)
        return os.pathsep.join(["", ".", "./", str(self.folder), str(link), environment()["PATH"]])


@pytest.fixture
def poison(tmp_path: Path) -> Poison:
    return Poison(tmp_path)


def run(poison: Poison, arguments: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
    data = poison.folder.with_name("data")
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=poison.folder,
        env=environment(FILES_API_MCP_DATA_DIR=str(data), TMPDIR=str(data.parent), **variables),
        capture_output=True,
        timeout=120,
        text=True,
        check=False,
    )


def test_the_poison_works(poison: Poison) -> None:
    """Without this, every test below could pass for want of a trace."""
    subprocess.run([sys.executable, "-c", "import colorsys"], cwd=poison.folder, check=True, timeout=300)
    assert "colorsys" in poison.ran
    subprocess.run(["tesseract"], cwd=poison.folder, env={"PATH": str(poison.folder)}, check=True, timeout=300)
    assert "tesseract" in poison.ran


def test_parsers_import_nothing_of_the_working_directory(poison: Poison) -> None:
    for name, content in EXTRACTED.items():
        write(poison.folder / name, content)
    done = run(poison, ["ask", "What are the harbour dues?", *EXTRACTED], PATH=poison.search_path)
    assert all(name in done.stdout for name in EXTRACTED), (done.stdout, done.stderr)
    assert poison.ran == []


def test_python_variables_steer_no_parser(poison: Poison) -> None:
    """They are the operator's, for this process only: a parser would read them again in a folder of files."""
    write(poison.folder / "notes.txt", EXTRACTED["notes.txt"])
    done = run(
        poison,
        ["ask", "What are the harbour dues?", "notes.txt"],
        PYTHONSTARTUP=str(poison.folder / "json.py"),
        PYTHONPLATLIBDIR="lib",
        LD_LIBRARY_PATH=":.:",
    )
    assert "42 crowns" in done.stdout, done.stderr
    assert poison.ran == []


def test_what_an_agent_saves_is_not_imported_by_the_next_parser(poison: Poison) -> None:
    """Over MCP, in the server's working directory: upload a text, save it as a module, upload another file."""
    root = poison.folder.with_name("root")
    trace = root / "trace"
    write(root / "notes.txt", f"import os\nos.makedirs({str(trace)!r}, exist_ok=True)\n")
    write(root / "other.csv", "harbour dues,42 crowns\n")
    server = StdioServerParameters(
        command=COMMAND,
        args=["serve", str(root), "--data-dir", str(root.with_name("data"))],
        cwd=root,
        env=environment(),
    )

    async def attack() -> None:
        async with Client(server) as client:
            stored = await client.call_tool("upload_file", {"path": "notes.txt"})
            assert stored.structured_content is not None
            file_id = stored.structured_content["files"][0]["file_id"]
            for module in ("json", "base64", "ctypes", "resource", "signal", "socket", "zipfile", "csv", "codecs"):
                saved = await client.call_tool("download_file", {"file_id": file_id, "save_as": f"{module}.py"})
                assert not saved.is_error
        # In a server of its own: the parser of the first one is still running, and has imported all it needs.
        async with Client(server) as client:
            stored = await client.call_tool("upload_file", {"path": "other.csv"})
            assert stored.structured_content is not None
            assert stored.structured_content["files"][0]["askable"]

    anyio.run(attack)
    assert not trace.exists()


def test_the_demos_server_imports_nothing_of_the_working_directory(poison: Poison) -> None:
    write(poison.folder / "notes.txt", EXTRACTED["notes.txt"])
    done = run(poison, ["demo", "notes.txt", "-q", "What are the harbour dues?"], PATH=poison.search_path)
    assert done.returncode == 0, done.stderr
    assert poison.ran == []


def test_no_browser_of_the_working_directory_shows_an_answer(poison: Poison) -> None:
    write(poison.folder / "notes.txt", EXTRACTED["notes.txt"])
    done = run(
        poison,
        ["ask", "What are the harbour dues?", "notes.txt", "--open"],
        PATH=os.pathsep.join(["", ".", str(poison.folder)]),
        DISPLAY=":99",
    )
    assert "Cited pages" in done.stderr
    assert poison.ran == []


def scan(folder: Path) -> bytes:
    path = folder / "scan.pdf"
    canvas: Any = Canvas(str(path))
    canvas.drawInlineImage(Image.new("L", (300, 100), 255), 100, 100, 300, 100)
    canvas.save()
    return path.read_bytes()


def test_ocr_runs_the_installed_program_only(poison: Poison, tmp_path: Path) -> None:
    pytest.importorskip("pytesseract")
    write(poison.folder / "scan.pdf", scan(tmp_path))
    installed = write(
        tmp_path / "programs" / "tesseract",
        '#!/bin/sh\nif [ "$1" = --list-langs ]; then echo eng; exit; fi\n'
        "cat >/dev/null; [ \"$(pwd)\" = / ] && echo 'The harbour dues are 42 crowns.'\n",
    )
    installed.chmod(0o755)
    path = os.pathsep.join(["", ".", str(poison.folder), str(installed.parent), os.environ["PATH"]])
    done = run(poison, ["ask", "What are the harbour dues?", "scan.pdf"], PATH=path)
    assert "42 crowns" in done.stdout, done.stderr
    assert poison.ran == []


def test_install_names_no_program_of_the_working_directory(
    poison: Poison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it names is started by the host from then on."""

    def is_cached(_: Path) -> bool:
        return True

    monkeypatch.chdir(poison.folder)
    monkeypatch.setattr("files_api_mcp.server.install.launcher._in_a_cache", is_cached)
    installed = write(tmp_path / "programs" / "uvx", "#!/bin/sh\n")
    installed.chmod(0o755)
    search_path = os.pathsep.join(["", ".", str(poison.folder), str(installed.parent)])
    assert launcher({"UV": "uv", "PATH": search_path})[0] == str(installed)


def test_a_program_is_found_by_absolute_path_outside_the_working_directory(
    poison: Poison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(poison.folder)
    monkeypatch.setenv("PATH", poison.search_path)
    assert find_program("xdg-open") != str(poison.folder / "xdg-open")
    assert find_program("www-browser", os.pathsep.join(["", ".", str(poison.folder)])) is None
    below = write(poison.folder / "bin" / "www-browser", "#!/bin/sh\n")
    below.chmod(0o755)
    assert find_program("www-browser", os.pathsep.join([".", "bin", str(below.parent)])) == str(below)


def test_a_child_gets_absolute_import_folders_and_no_variable_that_loads_code(
    poison: Poison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(poison.folder)
    monkeypatch.setattr("sys.path", ["", str(poison.folder), *sys.path])
    monkeypatch.setenv("PATH", poison.search_path)
    for name, value in {"PYTHONPATH": ".", "PYTHONHOME": "/x", "LD_PRELOAD": "./x.so", "TMPDIR": "tmp"}.items():
        monkeypatch.setenv(name, value)
    command = python_command("tests.support", "argument")
    assert command[:2] == [sys.executable, "-I"]
    assert command[-1] == "argument"
    assert not any(f"'{folder}'" in command[-2] for folder in ("", ".", str(poison.folder)))
    assert child_environment().keys() <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "TESSDATA_PREFIX"}
    assert not {"", ".", str(poison.folder)} & {*child_environment()["PATH"].split(os.pathsep)}


def test_a_working_directory_that_was_removed_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert absolute_path_variable(os.pathsep.join(["", "/usr/bin"])) == "/usr/bin"
