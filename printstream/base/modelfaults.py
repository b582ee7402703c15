"""Pydantic's errors as sentences for the person who wrote the file: place, key, what to write instead.

In: a ValidationError, its model, the data and the positions of its values. Out: faults in the file's order.
Never: shows a stack, a class name or a URL.

The model is walked through its JSON Schema, which says at each step whether a part of an error's location is
a key of the file or the label of a union's branch.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from printstream.base.schema import describe
from printstream.base.yamlfile import Fault, KeyPath, Mark, Plain, Position

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

Schema: TypeAlias = dict[str, Any]

_SHOWN = 60
_FORMS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "date_type": "a date such as 2026-01-31",
    "date_parsing": "a date such as 2026-01-31",
    "date_from_datetime_parsing": "a date such as 2026-01-31",
}
_OTHER_KINDS = frozenset(kind for kind in _FORMS if kind.endswith(("_type", "_parsing")))
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def faults_of(
    error: ValidationError, model: type[BaseModel], data: Plain, positions: Mapping[KeyPath, Position]
) -> tuple[Fault, ...]:
    """Turn a validation error into one sentence a fault, in the order of the file."""
    root = model.model_json_schema()
    describe(root, model)
    found: dict[tuple[Mark, str], Fault] = {}
    for detail in _told(error.errors(include_url=False)):
        walk = _Walk(root, data)
        if walk.follow(detail):
            fault = _fault(detail, walk, positions)
            found.setdefault((fault.mark, fault.sentence), fault)
    return tuple(sorted(found.values(), key=lambda f: f.mark))


def _told(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what only follows from another fault.

    A list loses the items that are wrong before they are counted; and where a value may be one thing or another, it is
    none of the others when it is wrong as one of them.
    """
    within = {detail["loc"][:n] for detail in details for n in range(len(detail["loc"]))}
    wrong = {detail["loc"][:-1] for detail in details if detail["type"] in _BOUNDS}
    return [
        detail
        for detail in details
        if not (detail["type"] == "too_short" and detail["loc"] in within)
        and not (detail["type"] in _OTHER_KINDS and detail["loc"][:-1] in wrong)
    ]


class _Walk:
    """Follows an error's location through schema and data at once.

    Attributes:
        path: the key path in the file.
        schema: the schema of the place that was reached.
        holder: the schema of the mapping or list that holds the place.
        data: the data at the place.
        is_key: the fault is the key's, not the value's.
        kinds: the constants of a union none of whose branches the data names, by their key.
    """

    def __init__(self, root: Schema, data: Plain) -> None:
        self._root = root
        self.schema = self.holder = root
        self.data = data
        self.path: KeyPath = ()
        self.is_key = False
        self.kinds: dict[str, list[str]] = {}

    def follow(self, detail: ErrorDetails) -> bool:
        """Walk to the error; False where it lies in a branch of a union that the author did not mean."""
        for step in detail["loc"]:
            if step == "[key]":
                self.is_key = True
                continue
            branches = self._branches()
            if not branches:
                self._enter(step)
            elif not self._take(branches, step):
                return bool(self.kinds)
        self._branches()
        return True

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._root["$defs"][schema["$ref"].rpartition("/")[2]]
        if len(schema.get("allOf", ())) == 1:
            return self._resolve(schema["allOf"][0])
        return schema

    def _branches(self) -> list[Schema]:
        """Resolve references; give the branches where the next step of the location is a union's label."""
        self.schema = self._resolve(self.schema)
        branches = self.schema.get("oneOf") or self.schema.get("anyOf") or []
        branches = [self._resolve(b) for b in branches if b.get("type") != "null"]
        if len(branches) == 1:
            self.schema = branches[0]
            return self._branches()
        return branches

    def _take(self, branches: list[Schema], label: str | int) -> bool:
        """Enter the branch of a label: a discriminator's value, a model's name or a plain type's.

        Returns:
            False where the data names another branch by a constant key (``kind: rule``), or none of them.
        """
        mapping = self.schema.get("discriminator", {}).get("mapping", {})
        if label in mapping:
            self.schema = self._resolve({"$ref": mapping[label]})
            return True
        chosen = next((b for b in branches if label in (b.get("title"), b.get("type"))), branches[0])
        constants = [_constants(b) for b in branches]
        if not isinstance(self.data, dict) or not all(constants):
            self.schema = chosen
            return True
        named = [any(self.data.get(k) == v for k, v in c.items()) for c in constants]
        meant = [b for b, is_named in zip(branches, named, strict=True) if is_named]
        if not meant:
            for key, value in (item for c in constants for item in c.items()):
                self.kinds.setdefault(key, []).append(value)
        self.schema = chosen
        return chosen in meant

    def _enter(self, step: str | int) -> None:
        if isinstance(self.data, dict) and isinstance(step, str):
            below = self.schema.get("properties", {}).get(step, self.schema.get("additionalProperties"))
            present = step in self.data
        elif isinstance(self.data, list) and isinstance(step, int):
            prefix = self.schema.get("prefixItems", [])
            below = prefix[step] if step < len(prefix) else self.schema.get("items")
            present = step < len(self.data)
        else:
            below, present = None, False
        if present:
            self.path = (*self.path, step)
            self.data = self.data[step]
            self.holder, self.schema = self.schema, below if isinstance(below, dict) else {}


def _constants(branch: Schema) -> dict[str, str]:
    """Give the keys of a branch that have one possible value."""
    return {k: p["const"] for k, p in branch.get("properties", {}).items() if "const" in p}


def _fault(detail: ErrorDetails, walk: _Walk, positions: Mapping[KeyPath, Position]) -> Fault:
    position = positions[walk.path]
    kind = detail["type"]
    if walk.kinds or kind.startswith("union_tag"):
        return _wrong_kind(walk, positions)
    if kind == "extra_forbidden":
        return Fault(position.key, _unknown_key(walk))
    if kind == "missing":
        return Fault(position.key, _missing(detail, walk))
    if walk.is_key:
        return Fault(position.key, f"the key {_why(detail, walk, position)}")
    name = f"'{key_text(walk.path)}'" if walk.path else "the file"
    if kind in ("value_error", "assertion_error"):
        reason = detail["msg"].partition(", ")[2]
        return Fault(position.value, f"{name}: {reason}" if walk.path else reason)
    return Fault(position.value, f"{name} {_why(detail, walk, position)}")


def _unknown_key(walk: _Walk) -> str:
    known = list(walk.holder.get("properties", {}))
    sentence = f"unknown key '{key_text(walk.path)}'"
    near = difflib.get_close_matches(str(walk.path[-1]), known, 1, 0.6)
    if near:
        return f"{sentence}; did you mean '{near[0]}'?"
    return f"{sentence}; known here: {_listed(known)}" if known else sentence


def _missing(detail: ErrorDetails, walk: _Walk) -> str:
    last = detail["loc"][-1]
    if isinstance(last, int):
        need = walk.schema.get("minItems", last + 1)
        return f"'{key_text(walk.path)}' needs {need} items, not {len(walk.data)}"
    described = walk.schema.get("properties", {}).get(last, {}).get("description", "")
    meaning = f" ({described.rstrip('.')})" if described else ""
    holder = f" in '{key_text(walk.path)}'" if walk.path else ""
    return f"the key '{last}'{meaning} is missing{holder}"


def _wrong_kind(walk: _Walk, positions: Mapping[KeyPath, Position]) -> Fault:
    """Name the kinds of block that there are, where a block's kind is absent or unknown."""
    discriminator = walk.schema.get("discriminator", {})
    key = discriminator.get("propertyName") or next(iter(walk.kinds), "")
    kinds = list(discriminator.get("mapping", ())) or walk.kinds.get(key, [])
    position = positions.get((*walk.path, key))
    if position is None:
        place = key_text(walk.path)
        sentence = f"the key '{key}' is missing in '{place}'; it is one of {_listed(kinds)}"
        return Fault(positions[walk.path].key, sentence)
    return Fault(position.value, f"'{key_text((*walk.path, key))}' {_one_of(kinds, walk.data[key])}")


def _one_of(choices: Iterable[str], value: object) -> str:
    choices = list(choices)
    near = difflib.get_close_matches(str(value), choices, 1, 0.6)
    hint = f"; did you mean '{near[0]}'?" if near and len(choices) > 1 else ""
    return f"must be {'one of ' if len(choices) > 1 else ''}{_listed(choices)}, not {_quoted(value)}{hint}"


def _why(detail: ErrorDetails, walk: _Walk, position: Position) -> str:
    """Say what the value must be and is not."""
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind in ("literal_error", "enum"):
        choices = walk.schema.get("enum") or [walk.schema.get("const")]
        return _one_of([str(c) for c in choices], value) if choices != [None] else detail["msg"]
    if kind == "string_type" and position.text and not isinstance(value, bool | None):
        return f'must be text; write it in quotes: "{position.text}"'
    if kind in _FORMS:
        return f"must be {_FORMS[kind]}, not {_kind_of(value)}"
    if kind in _BOUNDS:
        bound, word = _BOUNDS[kind]
        return f"must be {word} {context[bound]}, not {_quoted(value)}"
    if kind == "string_pattern_mismatch":
        description = str(walk.schema.get("description", "")).rstrip(".")
        form = f"the form of: {description}" if description and not walk.is_key else "the required form"
        link = "does" if walk.is_key else "which does"
        given = _quoted(value) if walk.is_key else f"is {_quoted(value)},"
        return f"{given} {link} not have {form} (pattern {context['pattern']})"
    return _length(detail) or detail["msg"][0].lower() + detail["msg"][1:]


def _length(detail: ErrorDetails) -> str:
    """Say how long a list or text must be; empty where the error is another one."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "too_short":
        return f"needs at least {_count(context['min_length'], 'item')}, not {context['actual_length']}"
    if kind == "too_long":
        return f"takes at most {_count(context['max_length'], 'item')}"
    if kind == "string_too_short":
        return f"needs at least {_count(context['min_length'], 'character')}"
    if kind == "string_too_long":
        return f"takes at most {_count(context['max_length'], 'character')}, not {len(detail['input'])}"
    return ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def key_text(path: Iterable[str | int]) -> str:
    """Write a key path as people do: ``first.blocks[2].text``."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{w}'" for w in words)


def _quoted(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = str(value)
    if len(text) > _SHOWN:
        text = text[:_SHOWN] + "…"
    return f"'{text}'" if isinstance(value, str) else text


def _kind_of(value: object) -> str:
    if isinstance(value, dict):
        return "keys with values"
    return "a list" if isinstance(value, list) else _quoted(value)
