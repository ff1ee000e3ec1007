"""The arguments of a tool: their schema and their validation, both from the signature of the tool's function."""

import difflib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError, create_model

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["Formerly", "input_schema", "read_arguments", "shortened"]

_MAX_ECHO = 40
_MOVED = {"expires_in_hours": "The operator sets it for all uploads, with --expires-in-hours."}


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Formerly:
    """Another name, in a parameter's annotation, under which an argument is still read. The schema does not show it.
    `read` turns its value into one of the parameter."""

    name: str
    read: Callable[[Any], Any] = _unchanged


def input_schema(function: Callable[..., Any]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, without titles and null: they cost tokens and help no model."""
    schema = _model(function).model_json_schema(by_alias=True)
    properties: dict[str, dict[str, Any]] = {
        name: _minimal_property(value) for name, value in schema.get("properties", {}).items()
    }
    minimal: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if "required" in schema:
        minimal["required"] = schema["required"]
    return minimal


def read_arguments(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The validated arguments of a call of the function, with defaults for those not given.

    Raises:
        InvalidArgument: One is unknown, missing or invalid.
    """
    model = _model(function)
    fields = model.model_fields
    given, former = _renamed(function, given)
    for name in given:
        if name not in fields:
            raise InvalidArgument(f"{function.__name__} has no argument {shortened(name)}.", _suggestion(name, fields))
    parsed = {name: _parsed(value, fields[name].annotation) for name, value in given.items()}
    try:
        arguments = model.model_validate(parsed)
    except ValidationError as exc:
        raise InvalidArgument(_sentence(exc, given, former)) from None
    return {name: getattr(arguments, name) for name in fields}


def shortened(value: object) -> str:
    """A value as JSON, to be repeated in a message; empty if it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MAX_ECHO else ""


@cache
def _model(function: Callable[..., Any]) -> type[BaseModel]:
    """A model with a field for each parameter, except the first, which is the call itself."""
    _, *parameters = inspect.signature(function).parameters.values()
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        one.name: (hints[one.name], ... if one.default is inspect.Parameter.empty else one.default)
        for one in parameters
    }
    return create_model(f"{function.__name__}Arguments", **fields)


def _renamed(function: Callable[..., Any], given: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The arguments under their present names, and the former name of each that was given under it."""
    renamed, used = dict(given), dict[str, str]()
    for former, (name, read) in _former_names(function).items():
        if former not in renamed:
            continue
        value = renamed.pop(former)
        if value is None:
            continue
        if renamed.get(name) is not None:
            raise InvalidArgument(f"{former} is another name of {name}.", f"Give only {name}.")
        renamed[name], used[name] = read(value), former
    return renamed, used


@cache
def _former_names(function: Callable[..., Any]) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    return {
        one.name: (name, one.read)
        for name, field in _model(function).model_fields.items()
        for one in field.metadata
        if isinstance(one, Formerly)
    }


def _minimal_property(value: dict[str, Any]) -> dict[str, Any]:
    value = {key: item for key, item in value.items() if key != "title"}
    choices: list[dict[str, Any]] = value.pop("anyOf", [])
    for choice in choices:
        if choice.get("type") != "null":
            value = {**choice, **value}
    if value.get("default", ...) is None:
        del value["default"]
    return value


def _parsed(value: object, annotation: object) -> object:
    """The value, or what it holds if it is JSON in a string: some hosts send lists that way."""
    if not isinstance(value, str) or annotation is str:
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    # A plain text may also be JSON by accident.
    return value if isinstance(parsed, str | int | float) else parsed


def _suggestion(name: str, known: Mapping[str, Any]) -> str:
    if name in _MOVED:
        return _MOVED[name]
    close = difflib.get_close_matches(name[:_MAX_ECHO], known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Its arguments are {', '.join(known)}."


def _sentence(error: ValidationError, arguments: Mapping[str, Any], former: Mapping[str, str]) -> str:
    """Describes the first invalid argument. A long value is not repeated."""
    first = error.errors(include_url=False, include_context=False)[0]
    location = first["loc"]
    name = str(location[0]) if location else "The arguments"
    if first["type"] == "missing":
        return f"{name} is required."
    got = shortened(arguments.get(name)) if name in arguments else ""
    name = former.get(name, name)
    reason = first["msg"].removeprefix("Value error, ")
    reason = f"{reason[0].lower()}{reason[1:]}".removeprefix("input ")
    return f"{name} {reason}" + (f", not {got}." if got else ".")
