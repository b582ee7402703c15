"""JSON Schemas of the models, for editors and for the reference pages.

In: a model. Out: JSON Schema 2020-12 of the file that it is read from. Never: a length in millipoints; files
hold lengths with their unit, so the schema does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from printstream.base.units import MPT_PER_IN, MPT_PER_PT, parse_length_mpt

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import core_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LENGTH = "length"
_LENGTH_PATTERN = r"^\s*-?\d+(\.\d+)?\s*(pt|in|mm|cm|dpt)\s*$"


class _Generator(GenerateJsonSchema):
    """Writes lengths as the files hold them: text with a unit, or 0."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        if schema["function"]["function"] is parse_length_mpt:
            # Keywords for numbers bind numbers only, and pattern binds text only.
            limits = {"minimum": 0, "maximum": 0}
            return {"type": ["string", "integer"], "format": LENGTH, "pattern": _LENGTH_PATTERN, **limits}
        return super().function_before_schema(schema)


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Give the JSON Schema of the YAML file that the model is read from."""
    schema = model.model_json_schema(schema_generator=_Generator)
    for node in _nodes(schema):
        _tidy(node)
    return {"$schema": DIALECT, **schema}


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Walk all schemas within a schema; names of properties are no schemas, but walking them does no harm."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _nodes(value)


def _tidy(node: dict[str, Any]) -> None:
    """Drop titles that only repeat a key, and write default lengths with their unit."""
    if node.get("type") != "object" and isinstance(node.get("title"), str):
        del node["title"]
    default = node.get("default")
    if is_length(node) and isinstance(default, int):
        node["default"] = length_text(default)
    elif isinstance(default, dict | list) and default:
        # The defaults of its own keys say the same, with units.
        del node["default"]


def is_length(schema: Mapping[str, Any]) -> bool:
    """Tell whether a value, where there is one, is a length."""
    branches = [b for b in schema.get("anyOf", [schema]) if b.get("type") != "null"]
    return len(branches) == 1 and branches[0].get("format") == LENGTH


def length_text(length_mpt: int) -> str:
    """Write a length as people do: eighths of an inch from half an inch on, points below and else."""
    if length_mpt == 0:
        return "0"
    whole, unit = (
        (MPT_PER_IN, "in") if length_mpt % 9000 == 0 and abs(length_mpt) >= 36_000 else (MPT_PER_PT, "pt")
    )
    return f"{length_mpt / whole:.6f}".rstrip("0").rstrip(".") + unit
