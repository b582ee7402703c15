"""JSON Schemas of the models, for editors and for the reference pages.

In: a model. Out: JSON Schema 2020-12 of the file that it is read from. Never: a length in millipoints; files
hold lengths with their unit, so the schema does.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from printstream.base.units import MPT_PER_IN, MPT_PER_PT, parse_length_mpt

if TYPE_CHECKING:
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
    describe(schema, model)
    for node in _nodes(schema):
        _tidy(node)
    return {"$schema": DIALECT, **schema}


def describe(schema: dict[str, Any], root: type[BaseModel]) -> None:
    """Put the sentence below each field of a model into the schema of ``root``."""
    known = _models(root)
    for node in (schema, *schema.get("$defs", {}).values()):
        model = known.get(node.get("title", ""))
        if model is None or "properties" not in node:
            continue
        sentences = _sentences(model)
        for name, field in model.model_fields.items():
            key = field.alias or name
            part = node["properties"].get(key)
            if name in sentences and part is not None:
                # A reference may have a description of its own beside it (JSON Schema 2020-12, 8.2.3.1).
                node["properties"][key] = dict(
                    sorted({"description": sentences[name], **part}.items(), key=_first)
                )


def _first(entry: tuple[str, Any]) -> int:
    """Order the entries of a schema: a reference, what it is, all else."""
    return {"$ref": 0, "description": 1}.get(entry[0], 2)


def _models(root: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The models of a file by name; other files may have models of the same names."""
    found = {root.__name__: root}
    waiting = [root]
    while waiting:
        for field in waiting.pop().model_fields.values():
            for model in _models_within(field.annotation):
                if model.__name__ not in found:
                    found[model.__name__] = model
                    waiting.append(model)
    return found


def _models_within(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models that a field's type names, alone or in a list, a mapping or a choice."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_within(part)


@cache
def _sentences(model: type[BaseModel]) -> dict[str, str]:
    """The sentences below the fields of a model and of those that it extends."""
    sentences: dict[str, str] = {}
    for kind in model.__mro__[::-1]:
        if not issubclass(kind, BaseModel) or kind is BaseModel:
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
        statements = body.body if isinstance(body, ast.ClassDef) else []
        for field, below in pairwise(statements):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                sentences[field.target.id] = inspect.cleandoc(str(below.value.value))
    return sentences


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
