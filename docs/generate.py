"""Write what the models say: reference pages and JSON Schemas. ``make docs``; a test holds them current.

In: the models of the job and the template. Out: docs/job.md, docs/template.md, docs/mailing.md, docs/schema/*.json.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from printstream.base.schema import is_length, json_schema
from printstream.commingle.settings import MailingFile
from printstream.job import Job
from printstream.layout.template import Template

_NAME_PATTERN = "^[A-Za-z_][A-Za-z0-9_]*$"
DOCS = Path(__file__).resolve().parent
Schema = dict[str, Any]

JOB_INTRODUCTION = """\
# The job file

`job.yaml` is a work order: what is read, how it looks, how it is mailed, printed and inserted. It is data:
running a job can run no code and reach no file outside its folder and the input's.
"""
TEMPLATE_INTRODUCTION = """\
# The template

`template.yaml` says how a document looks: pages, blocks, the table, the closing. Positions count from the top
left corner of the page; text stands on its baseline.
"""
MAILING_INTRODUCTION = """\
# The file of a mailing

`mailing.yaml` lists jobs that are sorted together, how the saving is shared, and the papers of the mailing as a whole; see
[commingling](commingling.md).
"""
RULES = """
Files are YAML 1.2 in UTF-8: `01234`, `no` and `2026-01-31` are text, `300` is a number and `"300"` is text. A
length is a number and a unit, `pt`, `mm`, `cm` or `in`, such as `8.5in`; only `0` goes without. A name is
letters, digits and `_`, no digit first. Unknown keys are refused, with line, column and the nearest known
key; `printstream check JOB` shows the faults. For completion in an editor, make this the first line of the
file:

```yaml
# yaml-language-server: $schema={schema}
```

A key without a default is required. This page is made by `make docs` from `{module}`.
"""


@dataclass
class Section:
    """One model: the keys of one mapping."""

    name: str
    schema: Schema
    places: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The constant that tells it from the others at its place; empty where it stands alone."""
        kind: str = self.schema["properties"].get("kind", {}).get("const", "")
        return kind

    @property
    def title(self) -> str:
        """The place where it is first met, and its kind."""
        place = f"`{self.places[0]}`"
        return f"{place}: {self.kind}" if self.kind else place

    @property
    def anchor(self) -> str:
        """The anchor that Markdown makes of the title."""
        return "".join(c for c in self.title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


class Page:
    """A reference page of one file's model."""

    def __init__(self, schema: Schema) -> None:
        self._definitions: dict[str, Schema] = schema.get("$defs", {})
        self._sections: dict[str, Section] = {}
        self._collect("", schema, "")

    def _collect(self, name: str, schema: Schema, place: str) -> None:
        """Find the models in the order in which a reader of the file meets them."""
        if name in self._sections:
            if place not in self._sections[name].places:
                self._sections[name].places.append(place)
            return
        self._sections[name] = Section(name, schema, [place])
        for key, below in schema["properties"].items():
            for model, suffix in self._models(below):
                self._collect(model, self._definitions[model], f"{place}.{key}{suffix}".lstrip("."))

    def _models(self, schema: Schema, suffix: str = "") -> Iterator[tuple[str, str]]:
        """Give the models within a value, and what follows the key to reach them."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if "properties" in self._definitions[name]:
                yield name, suffix
        for branch in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
            yield from self._models(branch, suffix)
        for item in [*schema.get("prefixItems", ()), schema.get("items")]:
            if isinstance(item, dict):
                yield from self._models(item, suffix + "[]")
        if isinstance(schema.get("additionalProperties"), dict):
            yield from self._models(schema["additionalProperties"], suffix + ".<name>")
        for pattern in schema.get("patternProperties", {}).values():
            yield from self._models(pattern, suffix + ".<name>")

    def text(self) -> str:
        """Set the sections, the whole file first."""
        return "\n".join(self._section(section) for section in self._sections.values())

    def _section(self, section: Section) -> str:
        lines = []
        if section.name:
            lines += [f"## {section.title}", "", section.schema.get("description", "").strip(), ""]
            if len(section.places) > 1:
                lines += [f"Also at {', '.join(f'`{place}`' for place in section.places[1:])}.", ""]
        required = set(section.schema.get("required", ()))
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        for key, schema in section.schema["properties"].items():
            default = "" if key in required else self._default(schema)
            cells = (f"`{key}`", self._type(schema), default, self._meaning(schema))
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        return "\n".join(lines) + "\n"

    def _meaning(self, schema: Schema) -> str:
        """Give the key's sentence; the schema leaves it out where it is the model's own."""
        name = schema.get("$ref", "").rpartition("/")[2]
        text = schema.get("description") or self._definitions.get(name, {}).get("description", "")
        return " ".join(text.split()).replace("<", "&lt;")

    def _default(self, schema: Schema) -> str:
        if "default" not in schema or schema["default"] in ({}, []) or schema["default"] is None:
            return "–"
        return f"`{json.dumps(schema['default'], ensure_ascii=False)}`".replace('"', "")

    def _type(self, schema: Schema) -> str:
        """Name a value's form, with its limits."""
        if is_length(schema):
            return "length"
        if "$ref" in schema:
            return self._reference(schema["$ref"].rpartition("/")[2])
        branches = [
            b for b in [*schema.get("anyOf", ()), *schema.get("oneOf", ())] if b.get("type") != "null"
        ]
        if [b.get("type") for b in branches] == ["number", "string"]:
            # A decimal: the text form is for machines.
            return self._type(branches[0])
        if branches:
            return ", ".join(dict.fromkeys(self._type(b) for b in branches))
        if "const" in schema or "enum" in schema:
            return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
        return self._container(schema) or self._scalar(schema)

    def _reference(self, name: str) -> str:
        if name not in self._sections:
            return self._type(self._definitions[name])
        section = self._sections[name]
        return f"[{section.kind or section.title}](#{section.anchor})"

    def _container(self, schema: Schema) -> str:
        if "prefixItems" in schema:
            types = [self._type(s) for s in schema["prefixItems"]]
            return f"list of {len(types)}: {', '.join(types)}"
        if schema.get("type") == "array":
            return f"list of {self._type(schema['items'])}" + _limits(schema, "Items", "")
        if schema.get("type") == "object":
            inner = schema.get("additionalProperties") or next(
                iter(schema.get("patternProperties", {}).values()), {}
            )
            return f"names, each with {self._type(inner)}"
        return ""

    def _scalar(self, schema: Schema) -> str:
        kind = schema.get("type")
        if kind == "integer":
            return "whole number" + _limits(schema, "", "imum")
        if kind == "number":
            return "number" + _limits(schema, "", "imum")
        if kind == "boolean":
            return "`true`, `false`"
        if schema.get("format") == "date":
            return "date"
        if schema.get("pattern") == _NAME_PATTERN:
            return "name"
        return f"text like `{schema['pattern']}`" if "pattern" in schema else "text"


def _limits(schema: Schema, noun: str, ending: str) -> str:
    low, high = schema.get(f"min{ending}{noun}"), schema.get(f"max{ending}{noun}")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    words = []
    if low is not None or above is not None:
        words.append(f"more than {above:g}" if low is None else f"at least {low:g}")
    if high is not None or below is not None:
        words.append(f"less than {below:g}" if high is None else f"at most {high:g}")
    return f", {' and '.join(words)}" if words else ""


def _beside(name: str) -> Any:
    """A module in this folder, from wherever this one is run."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def generated() -> dict[Path, str]:
    """Give every generated file's path below docs/ and its text."""
    files = {}
    for name, model, introduction in (
        ("job", Job, JOB_INTRODUCTION),
        ("template", Template, TEMPLATE_INTRODUCTION),
        ("mailing", MailingFile, MAILING_INTRODUCTION),
    ):
        schema = json_schema(model)
        schema_path = Path("schema") / f"{name}.schema.json"
        files[schema_path] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        module = model.__module__.replace(".", "/") + ".py"
        rules = RULES.format(schema=f"../../docs/{schema_path.as_posix()}", module=module)
        files[Path(f"{name}.md")] = introduction + rules + "\n" + Page(schema).text()
    files[Path("inserters.md")] = _beside("inserter_tables").page()
    return files


def main() -> int:
    """Write the files that have changed."""
    for path, text in generated().items():
        target = DOCS / path
        target.parent.mkdir(exist_ok=True)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
            print(f"wrote docs/{path.as_posix()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
