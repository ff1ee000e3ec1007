"""Reads the arguments of a call as models and their hosts write them, and says what to mend where it cannot."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.tools.arguments.signature import check_arguments, model_of
from files_api_mcp.tools.arguments.spellings import READERS, is_absent
from files_api_mcp.tools.arguments.types import AlsoNamed

__all__ = ["read_arguments"]

_LONGEST_NAME = 40
_MOST_NAMED = 5
_NEARLY = 0.7
"""The share of equal letters that makes a name a misspelling of another."""
_MOVED = {"expires_in_hours": "The operator sets it for all uploads, with --expires-in-hours."}
_WRAPPERS = frozenset({"arguments", "args", "input", "params", "parameters", "kwargs"})


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter of a tool: the type of its value, whether a call must give it, and its other names."""

    kind: type
    is_required: bool
    others: tuple[AlsoNamed, ...]


def read_arguments(function: Callable[..., Any], given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The validated arguments of a call, and a note on those that the tool does not know.

    Raises:
        InvalidArgument: One is missing, invalid, or nearly one that the tool knows.
    """
    parameters = _parameters(function)
    values, named, unknown = _by_parameter(function, _unwrapped(function, given))
    present = {
        name: _read(parameters[name].kind, value)
        for name, value in values.items()
        if value is not None and (parameters[name].is_required or not is_absent(value, parameters[name].kind))
    }
    notes = _notes(function, unknown)
    if missing := [name for name, one in parameters.items() if one.is_required and name not in present]:
        raise InvalidArgument(f"{missing[0]} is required.", " ".join([*notes, _known(parameters)]) if notes else None)
    return check_arguments(function, present, named), notes


def _read(kind: type, value: object) -> object:
    return READERS[kind](value) if kind in READERS else value


@cache
def _parameters(function: Callable[..., Any]) -> dict[str, _Parameter]:
    return {
        name: _Parameter(
            _kind(field.annotation),
            field.is_required(),
            tuple(one for one in (*field.metadata, *_metadata(field.annotation)) if isinstance(one, AlsoNamed)),
        )
        for name, field in model_of(function).model_fields.items()
    }


def _kind(annotation: Any) -> type:
    """The type of a value under its annotation: `int` for `Annotated[int, ...] | None`."""
    origin = get_origin(annotation)
    if origin is Annotated or origin in (Union, UnionType):
        return _kind(get_args(annotation)[0])
    return cast(type, origin or annotation)


def _metadata(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from annotation.__metadata__
    elif origin in (Union, UnionType):
        for one in get_args(annotation):
            yield from _metadata(one)


@cache
def _names(function: Callable[..., Any]) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    """The parameter that each name means, folded, and what reads a value that came under it."""
    parameters = _parameters(function)
    others = {_folded(other.name): (name, other.read) for name, one in parameters.items() for other in one.others}
    return others | {_folded(name): (name, _unchanged) for name in parameters}


def _unchanged(value: Any) -> Any:
    return value


def _folded(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def _unwrapped(function: Callable[..., Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments inside an object that a host put around them."""
    if len(given) == 1:
        ((name, value),) = given.items()
        if name in _WRAPPERS and isinstance(value, dict) and _folded(name) not in _names(function):
            return cast(dict[str, Any], value)
    return given


def _by_parameter(
    function: Callable[..., Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """The values by parameter, the other names under which some came, and the names that mean no parameter."""
    parameters, names = _parameters(function), _names(function)
    values = {name: value for name, value in given.items() if name in parameters}
    named, unknown = dict[str, str](), list[str]()
    for used, value in given.items():
        if used in parameters or value is None:
            continue
        name, read = names.get(_folded(used), ("", _unchanged))
        if not name:
            unknown.append(used)
        elif values.get(name) is None:
            values[name], named[name] = read(value), used
        else:
            raise InvalidArgument(f"{used} is another name of {name}.", f"Give only {name}.")
    return values, named, unknown


def _notes(function: Callable[..., Any], unknown: Sequence[str]) -> list[str]:
    """A note that names the arguments that no tool knows.

    Raises:
        InvalidArgument: One is nearly an argument of the tool.
    """
    if not unknown:
        return []
    parameters = _parameters(function)
    for name in unknown:
        close = difflib.get_close_matches(name[:_LONGEST_NAME], parameters, n=1, cutoff=_NEARLY)
        if close or name in _MOVED:
            advice = _MOVED.get(name) or f"Did you mean {close[0]}?"
            raise InvalidArgument(f"{function.__name__} has no argument {_shown(name)}.", advice)
    shown = ", ".join(map(_shown, unknown[:_MOST_NAMED]))
    more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
    return [f"Ignored, as {function.__name__} has no such arguments: {shown}{more}."]


def _shown(name: str) -> str:
    plain = "".join(one if one.isprintable() else "?" for one in name)
    return f'"{plain if len(plain) <= _LONGEST_NAME else plain[:_LONGEST_NAME] + "..."}"'


def _known(parameters: Mapping[str, _Parameter]) -> str:
    return f"Its arguments are {', '.join(parameters)}."
