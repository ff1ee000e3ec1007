"""Collects every regular expression of the package, and how the code uses it."""

import ast
import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import files_api_mcp.backends
import files_api_mcp.server
import files_api_mcp.tools

__all__ = ["ROOT", "Used", "collected", "escaping_calls", "sources"]

ROOT = Path(__file__).resolve().parents[2]
_LAYERS = (files_api_mcp.backends, files_api_mcp.tools, files_api_mcp.server)
_DEEPEST = 6
_METHODS = frozenset({"match", "search", "fullmatch", "finditer", "findall", "sub", "subn", "split"})
_SCANNING = "finditer"
"""The mode for all methods that try each position of a text."""
# All but the last compile patterns of callers, files and languages, and have their own tests; the last runs at import.
_COMPILE_INSIDE = frozenset(
    {
        "backends/roots/glob.py:Glob.__init__",
        "backends/roots/wildmatch.py:compiled",
        "backends/documents/formats/spreadsheet/xlsx/row_patterns.py:RowPatterns.learn",
        "backends/documents/formats/text/code.py:SourceCode.__init__",
        "backends/documents/formats/text/code.py:SourceCode._next_begin",
        "backends/search/find/phrase.py:Phrase.__init__",
        "backends/search/find/phrase.py:Phrase._broken",
        "backends/roots/sensitive_names.py:_any_of",
    }
)


@dataclass(frozen=True, slots=True)
class Used:
    """A compiled pattern, its location, and the methods used on it: match, fullmatch or finditer."""

    name: str
    pattern: Any
    modes: tuple[str, ...]

    @property
    def kind(self) -> type:
        """The type of its texts: str or bytes."""
        return bytes if isinstance(self.pattern.pattern, bytes) else str


def sources() -> list[Path]:
    """The source files of the package."""
    return sorted(path for layer in ("backends", "tools", "server") for path in (ROOT / layer).rglob("*.py"))


@cache
def collected() -> list[Used]:
    """All patterns in the package's modules, also inside containers, each once for a module."""
    found: dict[tuple[str, int], Used] = {}
    for name in sorted(_module_names()):
        module = importlib.import_module(name)
        calls = _calls(Path(module.__file__ or ""))
        for variable, value in vars(module).items():
            for number, pattern in enumerate(_patterns(value, _DEEPEST)):
                if (name, id(pattern)) not in found and not variable.startswith("__"):
                    label = f"{name.removeprefix('files_api_mcp.')}.{variable}" + (f"[{number}]" if number else "")
                    found[name, id(pattern)] = Used(label, pattern, _modes(calls.get(variable, set())))
    return list(found.values())


def escaping_calls() -> list[str]:
    """Uses of `re` and `fnmatch` in the source that `collected` cannot find."""
    return [f"{path.relative_to(ROOT)}:{line}" for path in sources() for line in _escaping(path)]


def _module_names() -> Iterator[str]:
    for layer in _LAYERS:
        yield layer.__name__
        for module in pkgutil.walk_packages(layer.__path__, f"{layer.__name__}."):
            yield module.name


def _patterns(value: Any, deepest: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif deepest and isinstance(value, dict):
        for one in (*value.keys(), *value.values()):  # pyright: ignore[reportUnknownVariableType]
            yield from _patterns(one, deepest - 1)
    elif deepest and isinstance(value, (list, tuple, set, frozenset)):
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _patterns(one, deepest - 1)
    elif deepest and dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _patterns(getattr(value, field.name, None), deepest - 1)
    elif deepest == _DEEPEST and isinstance(value, type) and value.__module__.startswith("files_api_mcp."):
        for one in vars(value).values():
            yield from _patterns(one, deepest - 1)


def _calls(path: Path) -> dict[str, set[str]]:
    """For each name, the pattern methods that the module calls on it."""
    calls: dict[str, set[str]] = {}
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _METHODS:
                calls.setdefault(node.value.id, set()).add(node.attr)
    return calls


def _modes(methods: set[str]) -> tuple[str, ...]:
    """The methods used on a pattern; all of them if its calls are unknown, as inside a container."""
    modes = {method if method in ("match", "fullmatch") else _SCANNING for method in methods}
    return tuple(sorted(modes)) or ("match", _SCANNING, "fullmatch")


def _escaping(path: Path) -> Iterator[int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {node: place for place, function in _functions(tree, "") for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("re", "fnmatch"):
            yield node.lineno
        elif isinstance(node, ast.Import):
            yield from (node.lineno for alias in node.names if alias.name in ("re", "fnmatch") and alias.asname)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            place = f"{path.relative_to(ROOT)}:{inside[node]}" if node in inside else None
            if _escapes(node.value.id, node.attr, place):
                yield node.lineno


def _escapes(module: str, function: str, place: str | None) -> bool:
    if module == "fnmatch":
        return function != "translate" or not (place is None or place in _COMPILE_INSIDE)
    if module == "re" and function == "compile":
        return not (place is None or place in _COMPILE_INSIDE)
    return module == "re" and function in _METHODS


def _functions(node: ast.AST, above: str) -> Iterator[tuple[str, ast.AST]]:
    """Functions and methods with their qualified names; inner ones come last, so they win."""
    for child in ast.iter_child_nodes(node):
        name = above
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{above}.{child.name}".lstrip(".")
            if not isinstance(child, ast.ClassDef):
                yield name, child
        elif isinstance(child, ast.Lambda):
            name = f"{above}.<lambda>".lstrip(".")
            yield name, child
        yield from _functions(child, name)
