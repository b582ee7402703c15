"""What is generated is current; what is shipped is valid."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel

from printstream.base.schema import json_schema, length_text
from printstream.base.units import parse_length_mpt
from printstream.base.yamlfile import load_model
from printstream.job import Job, LengthMpt, Model
from printstream.layout.template import Template

_ROOT = Path(__file__).parents[1]
_DOCS = _ROOT / "docs"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", _DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


GENERATED = _generator().generated()


@pytest.mark.parametrize("path", GENERATED, ids=str)
def test_generated_pages_are_current(path: Path) -> None:
    assert (_DOCS / path).read_text(encoding="utf-8") == GENERATED[path], "run `make docs`"


@pytest.mark.parametrize("name", ["job", "template"])
def test_every_setting_has_a_sentence_and_every_link_a_target(name: str) -> None:
    page = GENERATED[Path(f"{name}.md")]
    rows = re.findall(r"^\| `.*\|$", page, re.MULTILINE)
    assert len(rows) > 40
    assert [row for row in rows if row.endswith("|  |")] == []
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9_-]", "", heading.lower().replace(" ", "-")) for heading in headings}
    assert len(anchors) == len(headings)
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors


def _models(model: type[Model]) -> set[type[Model]]:
    found = {model}
    for below in Model.__subclasses__():
        if below.__module__ == model.__module__:
            found.add(below)
    return found


@pytest.mark.parametrize("model", [Job, Template])
def test_the_reference_holds_every_key_of_every_model(model: type[Model]) -> None:
    page = GENERATED[Path(f"{model.__name__.lower()}.md")]
    for part in _models(model):
        for key in part.model_fields:
            assert f"| `{key}` |" in page, f"{part.__name__}.{key}"


@pytest.mark.parametrize("path", sorted(_ROOT.glob("jobs/*/job.yaml")), ids=lambda p: p.parent.name)
def test_shipped_jobs_are_valid(path: Path) -> None:
    job = load_model(path, Job)
    for template in [own.template for own in job.types] or [job.template]:
        load_model(path.parent / template, Template)


class _Sized(BaseModel):
    width: LengthMpt = 612_000


def test_the_schema_holds_lengths_as_files_do() -> None:
    width = json_schema(_Sized)["properties"]["width"]
    assert width["default"] == "8.5in"
    assert width["type"] == ["string", "integer"]
    for text, fits in (("8.5in", True), ("12 mm", True), ("-3pt", True), ("8.5", False), ("8.5 feet", False)):
        assert bool(re.search(width["pattern"], text)) is fits


@pytest.mark.parametrize(
    ("length_mpt", "text"),
    [(0, "0"), (500, "0.5pt"), (9_000, "9pt"), (36_000, "0.5in"), (612_000, "8.5in"), (34_016, "34.016pt")],
)
def test_lengths_are_written_as_they_are_read(length_mpt: int, text: str) -> None:
    assert length_text(length_mpt) == text
    assert parse_length_mpt(text if length_mpt else 0) == length_mpt


def test_a_model_of_the_same_name_elsewhere_does_not_take_its_place() -> None:
    class Cell(Model):
        x: int

    assert Cell.__name__ == "Cell"  # alive while the schema is made
    assert json_schema(Template)["$defs"]["Cell"]["properties"]["x"]["description"]
