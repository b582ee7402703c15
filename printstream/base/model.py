"""What the models of all files share: frozen, strict, lengths with a unit, paths that stay in their folder.

In: nothing. Out: ``Model`` and the kinds of its fields. Never: reads a file.
"""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from printstream.base.units import parse_length_mpt

LengthMpt = Annotated[
    int,
    BeforeValidator(parse_length_mpt, json_schema_input_type=str),
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=48)]


def _stay_inside(path: str) -> str:
    """Refuse a path that could leave its folder."""
    if path.startswith("/") or ".." in path.split("/") or "\\" in path or "\0" in path:
        msg = f"{path!r} leaves its folder; write a path below it, with forward slashes"
        raise ValueError(msg)
    return path


MAX_LABEL_LINE = 40
"""Characters that a line of a tray label has room for, narrowed as far as it may be."""


def _printable(text: str) -> str:
    """Refuse control characters, and those that turn the direction of what follows."""
    if not text.isprintable():
        msg = "a line of a tray label holds a character that cannot be printed"
        raise ValueError(msg)
    return text


LabelLine = Annotated[str, Field(max_length=MAX_LABEL_LINE), AfterValidator(_printable)]
RelativePath = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_stay_inside)]


class Model(BaseModel):
    """Frozen; unknown keys are refused; its validator is built when a file asks for it, not at every start.

    The sentence below a field is its description; ``base.schema`` reads it when a schema is asked for. Pydantic's
    ``use_attribute_docstrings`` would parse the sources at every start (0.15 s). Modules of models do without
    ``from __future__ import annotations``: pydantic would compile each annotation from its text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def preset(cls, **values: object) -> Self:
        """Make a field's default: values as the model holds them, not judged, which would build the validator."""
        return cls.model_construct(None, **values)
