"""Every fault is one sentence with its place; unknown keys name the nearest known one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from printstream.base.units import parse_length_mpt
from printstream.base.yamlfile import MAX_FAULTS, YamlFileError, load_model

Length = Annotated[int, BeforeValidator(parse_length_mpt, json_schema_input_type=str)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Text(Model):
    kind: Literal["text"]
    text: str
    """What it says."""
    at: tuple[Length, Length]


class Line(Model):
    kind: Literal["line"]
    weight: Length = 500


class Other(Model):
    mode: Literal["fast", "small"] = "fast"
    count: Annotated[int, Field(ge=1, le=9)] = 1
    share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.5")
    code: Annotated[str, Field(pattern=r"^\d{3}$")] = "000"
    """Three digits."""
    names: dict[Annotated[str, Field(pattern=r"^[a-z]+$")], int] = Field(default_factory=dict)
    flag: bool = False


class Sample(Model):
    title: str
    """What it is called."""
    day: date = date(2026, 1, 1)
    blocks: tuple[Annotated[Text | Line, Field(discriminator="kind")], ...] = ()
    loose: tuple[Text | Line, ...] = ()
    other: Other | None = None
    width: Length | None = None

    @model_validator(mode="after")
    def _title_is_not_day(self) -> Sample:
        if self.title == str(self.day):
            msg = "title and day must differ"
            raise ValueError(msg)
        return self


def _faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(YamlFileError) as caught:
        load_model(path, Sample)
    return [f"{f.mark.line}:{f.mark.column} {f.sentence}" for f in caught.value.faults]


def test_a_good_file_becomes_a_frozen_model(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "title: no\nday: 2026-02-28\nblocks:\n- {kind: text, text: '5', at: [1in, 0]}\n"
        "loose: [{kind: line, weight: 1pt}]\nother: {share: 0.25, names: {a: 1}}\nwidth: 12mm\n"
    )
    sample = load_model(path, Sample)
    assert sample.title == "no"
    assert sample.day == date(2026, 2, 28)
    assert sample.blocks == (Text(kind="text", text="5", at=("1in", 0)),)  # type: ignore[arg-type]
    assert sample.loose == (Line(kind="line", weight="1pt"),)  # type: ignore[arg-type]
    assert sample.other is not None
    assert sample.other.share == Decimal("0.25")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            "titel: x",
            [
                "1:1 the key 'title' (What it is called) is missing",
                "1:1 unknown key 'titel'; did you mean 'title'?",
            ],
        ),
        ("title: 12", ["1:8 'title' must be text; write it in quotes: \"12\""]),
        ("title: 0012.50", []),
        ("title: {a: 1}", ["1:8 'title' must be text, not keys with values"]),
        ("title: 2026-01-01", ["1:1 title and day must differ"]),
        ("[1]", ["1:1 the file must be keys with values, not a list"]),
        ("", ["1:1 the file must be keys with values, not nothing"]),
        ("title: x\nday: soon", ["2:6 'day' must be a date such as 2026-01-31, not 'soon'"]),
        ("title: x\nday: 2026-02-30", ["2:6 'day' must be a date such as 2026-01-31, not '2026-02-30'"]),
        (
            "title: x\nwidth: 5",
            ["2:8 'width': 5 is not a length; write a number and a unit: pt, mm, cm or in, such as 8.5in"],
        ),
        (
            "title: x\nother: {mode: fats}",
            ["2:15 'other.mode' must be one of 'fast', 'small', not 'fats'; did you mean 'fast'?"],
        ),
        ("title: x\nother: {count: 0}", ["2:16 'other.count' must be at least 1, not 0"]),
        ("title: x\nother: {count: 10}", ["2:16 'other.count' must be at most 9, not 10"]),
        ("title: x\nother: {count: true}", ["2:16 'other.count' must be a whole number, not true"]),
        ("title: x\nother: {count: '5'}", ["2:16 'other.count' must be a whole number, not '5'"]),
        ("title: x\nother: {count: 1.5}", ["2:16 'other.count' must be a whole number, not 1.5"]),
        ("title: x\nother: {flag: no}", ["2:15 'other.flag' must be true or false, not 'no'"]),
        ("title: x\nother: {code: 12}", ["2:15 'other.code' must be text; write it in quotes: \"12\""]),
        (
            "title: x\nother: {code: 0012}",
            [r"2:15 'other.code' is '0012', which does not have the form of: Three digits (pattern ^\d{3}$)"],
        ),
        (
            "title: x\nother: {names: {A: 1}}",
            ["2:17 the key 'A' does not have the required form (pattern ^[a-z]+$)"],
        ),
        ("title: x\nother: {names: {a: b}}", ["2:20 'other.names.a' must be a whole number, not 'b'"]),
        ("title: x\nblocks: 5", ["2:9 'blocks' must be a list, not 5"]),
        ("title: x\nblocks: [5]", ["2:10 'blocks[0]' must be keys with values, not 5"]),
        (
            "title: x\nblocks:\n- text: a",
            ["3:3 the key 'kind' is missing in 'blocks[0]'; it is one of 'line', 'text'"],
        ),
        (
            "title: x\nblocks:\n- kind: txt",
            ["3:9 'blocks[0].kind' must be one of 'line', 'text', not 'txt'; did you mean 'text'?"],
        ),
        (
            "title: x\nblocks:\n- {kind: text, at: [1in], text: a}",
            ["3:16 'blocks[0].at' needs 2 items, not 1"],
        ),
        (
            "title: x\nblocks:\n- kind: text\n  text: a\n  at: [1in, 2]\n  txt: b",
            [
                "5:13 'blocks[0].at[1]': 2 is not a length; write a number and a unit: pt, mm, cm or in, such as 8.5in",
                "6:3 unknown key 'blocks[0].txt'; did you mean 'text'?",
            ],
        ),
        (
            "title: x\nloose:\n- {kind: line, wieght: 1pt}",
            ["3:16 unknown key 'loose[0].wieght'; did you mean 'weight'?"],
        ),
        (
            "title: x\nloose:\n- {kind: circle}",
            ["3:10 'loose[0].kind' must be one of 'text', 'line', not 'circle'"],
        ),
        (
            "title: x\nloose:\n- {}",
            ["3:3 the key 'kind' is missing in 'loose[0]'; it is one of 'text', 'line'"],
        ),
        (
            "title: x\nzzz: 1",
            ["2:1 unknown key 'zzz'; known here: 'title', 'day', 'blocks', 'loose', 'other', 'width'"],
        ),
    ],
)
def test_each_fault_is_one_sentence_at_its_place(tmp_path: Path, text: str, faults: list[str]) -> None:
    if not faults:
        path = tmp_path / "s.yaml"
        path.write_text(text)
        load_model(path, Sample)
        return
    assert _faults(tmp_path, text) == faults


def test_the_message_lists_ten_faults_and_counts_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("title: x\n" + "\n".join(f"k{i}: 1" for i in range(13)))
    with pytest.raises(YamlFileError) as caught:
        load_model(path, Sample)
    message = str(caught.value)
    assert message.startswith(f"{path}: 13 faults\n  {path}:2:1: ")
    assert message.count("unknown key") == MAX_FAULTS
    assert "and 3 more" in message
    assert len(caught.value.faults) == 13


def test_no_fault_repeats_a_long_value(tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, f"title: x\nday: {'y' * 500}")
    assert len(fault) < 160
