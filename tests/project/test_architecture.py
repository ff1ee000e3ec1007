"""Rules for the whole code base."""

import ast
import re
import subprocess
import zipfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {"backends": set[str](), "tools": {"backends"}, "server": {"tools", "backends", "examples"}}
LONGEST_FILE = 300
MOST_MODULES = 20


@cache
def nodes_of(source: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source.read_text(encoding="utf-8"))))


@cache
def imported_modules(source: Path) -> frozenset[str]:
    names: set[str] = set()
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source} imports relatively"
            names.add(node.module or "")
    return frozenset(names)


def layers_used(source: Path) -> set[str]:
    found = (re.match(r"files_api_mcp\.(\w+)", name) for name in imported_modules(source))
    return {match[1] for match in found if match}


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_imports_nothing_above_it(layer: str) -> None:
    modules = list((ROOT / layer).rglob("*.py"))
    assert modules
    for module in modules:
        extra = layers_used(module) - MAY_IMPORT[layer] - {layer}
        assert not extra, f"{module.relative_to(ROOT)} imports {sorted(extra)}"


@pytest.mark.parametrize("layer", ["backends", "tools"])
def test_only_the_server_imports_mcp(layer: str) -> None:
    for module in (ROOT / layer).rglob("*.py"):
        tops = {name.partition(".")[0] for name in imported_modules(module)}
        assert not tops & {"mcp", "mcp_types"}, module.relative_to(ROOT)


# Bottom first: each module or folder of `backends` imports only from the layers below its own.
LAYERS = (
    {"file_types", "file_versions", "findings", "table_info", "process_isolation"},
    {"models", "errors", "clock", "tokens", "committed", "damage", "backend_options", "sandbox"},
    {"progress"},
    {"documents", "storage", "validation"},
    {"roots"},
    {"staging", "file_filter"},
    {"text_finder", "table_querier"},
    {"base", "content_source"},
    {"search"},
    {"local", "anthropic"},
    {"registry"},
)
CONCRETE = ("local", "anthropic")


def test_each_layer_of_the_backends_imports_only_from_below() -> None:
    height = {name: number for number, names in enumerate(LAYERS) for name in names}
    for module in (ROOT / "backends").rglob("*.py"):
        path = module.relative_to(ROOT)
        top = path.parts[1].removesuffix(".py")
        if top == "__init__":
            continue
        named = (re.match(r"files_api_mcp\.backends\.(\w+)", name) for name in imported_modules(module))
        for other in {match[1] for match in named if match} - {top}:
            assert height[other] < height[top], f"{path} imports {other}"


def test_only_the_registry_names_a_backend() -> None:
    """A backend imports no other one. The emulator is the local store's HTTP interface and knows nothing else."""
    allowed = {"backends/registry.py": {*CONCRETE}, "server/emulator": {"local"}}
    allowed |= {f"backends/{name}": {name} for name in CONCRETE}
    for layer in MAY_IMPORT:
        for module in (ROOT / layer).rglob("*.py"):
            path = module.relative_to(ROOT)
            may = {name for at, names in allowed.items() if path.is_relative_to(at) for name in names}
            named = (re.match(r"files_api_mcp\.backends\.(\w+)", name) for name in imported_modules(module))
            extra = {match[1] for match in named if match and match[1] in CONCRETE} - may
            assert not extra, f"{path} names {sorted(extra)}"


# Output goes through one module, which escapes it. Logging has a handler, whose formatter escapes.
PRINTS = "server/cli/output.py"
ALSO_MAY = {
    "server/logs.py": {"logging.StreamHandler"},
    # It ends the process after a time limit, and what it writes goes to the null device.
    "server/shutdown.py": {"faulthandler.dump_traceback_later"},
}
PRINTING = re.compile(
    r"(print|pprint\.pp(rint)?|traceback\.print_\w+|logging\.\w*Handler|faulthandler\.\w+"
    r"|sys\.(__)?(stdout|stderr)(__)?(\.\w+)*"
    r"|click\.(echo|secho|style|confirm|prompt|pause|clear|edit|getchar|progressbar|echo_via_pager|get_\w+_stream)"
    r"|rich\.(print\w*|inspect|get_console|console\.Console))"
)


def names_used(source: Path) -> set[str]:
    """Every dotted name in a module, with what it was imported as resolved, and every module that it imports."""
    imported: dict[str, str] = {}
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            imported |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    dotted = (ast.unparse(node) for node in nodes_of(source) if isinstance(node, (ast.Name, ast.Attribute)))
    used = (name.partition(".") for name in dotted)
    return {*imported.values(), *(imported.get(top, top) + dot + rest for top, dot, rest in used)}


def test_one_module_prints_and_no_other_knows_a_code_for_the_terminal() -> None:
    """A document, name or title that reaches the terminal in another way could command it."""
    for layer in MAY_IMPORT:
        for module in (ROOT / layer).rglob("*.py"):
            place = module.relative_to(ROOT).as_posix()
            if place == PRINTS:
                continue
            printing = {name for name in names_used(module) if PRINTING.fullmatch(name)}
            assert not printing - ALSO_MAY.get(place, set()), place
            assert not any("\x1b" in text or "\x9b" in text for text in texts_in(module)), place


def texts_in(source: Path) -> list[str]:
    return [node.value for node in nodes_of(source) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize(
    "line",
    [
        "print('x')",
        "import sys as s; s.stderr.write('x')",
        "from sys import stdout",
        "from click import echo as say; say('x')",
        "import click; click.secho('x')",
        "from rich.console import Console; Console()",
        "import logging; logging.StreamHandler()",
        "import traceback; traceback.print_exc()",
    ],
)
def test_every_way_to_print_is_seen(line: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(line)
    assert any(PRINTING.fullmatch(name) for name in names_used(module))


def test_no_source_file_is_longer_than_300_lines() -> None:
    folders = ("server", "tools", "backends", "tests", "examples", "benchmarks", "docs")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    long = {
        str(p.relative_to(ROOT)): n for p in sources if (n := len(p.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


def test_no_folder_holds_more_than_20_modules() -> None:
    for layer in MAY_IMPORT:
        for folder in (ROOT / layer, *(path for path in (ROOT / layer).rglob("*") if path.is_dir())):
            modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            path = folder.relative_to(ROOT).as_posix()
            assert len(modules) <= MOST_MODULES, path


def test_package_init_files_are_empty() -> None:
    for folder in ("server", "tools", "backends", "examples"):
        for init in (ROOT / folder).rglob("__init__.py"):
            assert init.read_bytes() == b"", init


@pytest.mark.slow
def test_the_wheel_holds_no_top_level_package_but_ours(tmp_path: Path) -> None:
    subprocess.run(
        ["uv", "build", "-q", "--wheel", "--out-dir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"files_api_mcp"}
    assert "files_api_mcp/server/py.typed" in names
    assert "files_api_mcp/examples/documents/annual-report.pdf" in names
