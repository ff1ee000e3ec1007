"""The arguments of a tool: their schema and their validation, both from the signature of the tool's function."""

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError, create_model

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["check_arguments", "input_schema", "model_of", "shortened"]

_MAX_ECHO = 40


def input_schema(function: Callable[..., Any]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, without titles and null: they cost tokens and help no model."""
    schema = model_of(function).model_json_schema(by_alias=True)
    properties: dict[str, dict[str, Any]] = {
        name: _minimal_property(value) for name, value in schema.get("properties", {}).items()
    }
    minimal: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if "required" in schema:
        minimal["required"] = schema["required"]
    return minimal


def check_arguments(
    function: Callable[..., Any], given: Mapping[str, Any], named: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The validated arguments of a call of the function, with defaults for those not given. `named` holds the names
    that the caller used for some of them.

    Raises:
        InvalidArgument: One is missing or invalid.
    """
    model = model_of(function)
    try:
        arguments = model.model_validate(given)
    except ValidationError as exc:
        raise InvalidArgument(_sentence(exc, given, named or {})) from None
    return {name: getattr(arguments, name) for name in model.model_fields}


def shortened(value: object) -> str:
    """A value as JSON, to be repeated in a message; empty if it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MAX_ECHO else ""


@cache
def model_of(function: Callable[..., Any]) -> type[BaseModel]:
    """A model with a field for each parameter, except the first, which is the call itself."""
    _, *parameters = inspect.signature(function).parameters.values()
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        one.name: (hints[one.name], ... if one.default is inspect.Parameter.empty else one.default)
        for one in parameters
    }
    return create_model(f"{function.__name__}Arguments", **fields)


def _minimal_property(value: dict[str, Any]) -> dict[str, Any]:
    value = {key: item for key, item in value.items() if key != "title"}
    choices: list[dict[str, Any]] = value.pop("anyOf", [])
    for choice in choices:
        if choice.get("type") != "null":
            value = {**choice, **value}
    if value.get("default", ...) is None:
        del value["default"]
    return value


def _sentence(error: ValidationError, arguments: Mapping[str, Any], named: Mapping[str, str]) -> str:
    """Describes the first invalid argument. A long value is not repeated."""
    first = error.errors(include_url=False, include_context=False)[0]
    location = first["loc"]
    name = str(location[0]) if location else "The arguments"
    if first["type"] == "missing":
        return f"{name} is required."
    got = shortened(arguments.get(name)) if name in arguments else ""
    reason = first["msg"].removeprefix("Value error, ")
    reason = f"{reason[0].lower()}{reason[1:]}".removeprefix("input ")
    return f"{named.get(name, name)} {reason}" + (f", not {got}." if got else ".")
