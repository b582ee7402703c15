"""What levels of trays and levels of containers share: how mail is grouped by its destination.

In: nothing. Out: kinds of fields, ``Grouped``. Never: knows a scheme.
"""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from printstream.base.model import LabelLine, Model, Name

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=12)]
Count = Annotated[int, Field(ge=1)]


_LABEL_WORDS = ("destination", "code", "place", "origin")


def _known_words(line: str) -> str:
    """Refuse a word in braces that no label has."""
    rest = line
    for word in _LABEL_WORDS:
        rest = rest.replace(f"{{{word}}}", "")
    if "{" in rest or "}" in rest:
        msg = f"{line!r}: in braces can stand {', '.join(_LABEL_WORDS)}, and nothing else"
        raise ValueError(msg)
    return line


LabelWords = Annotated[LabelLine, AfterValidator(_known_words)]
"""A line of a label, with words in braces that stand for what the label is of."""


class Grouped(Model):
    """A level. Grouped by prefix, part or labeling list; with none of them, all mail is one group."""

    name: Code
    """Short name, as in PRESORT_LEVEL and CONTAINER_LEVEL."""
    prefix_length: Annotated[int, Field(ge=1, le=12)] | None = None
    """Mail whose postal codes start with the same characters, so many, is a group."""
    part: Name | None = None
    """Mail whose postal codes are the same up to the end of this part of the form is a group."""
    labeling_list: Name | None = None
    """Mail with the same label in this list of labeling_lists is a group."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if sum(k is not None for k in (self.prefix_length, self.part, self.labeling_list)) > 1:
            msg = f"level {self.name}: prefix_length, part and labeling_list exclude each other"
            raise ValueError(msg)
        return self

    @property
    def takes_all(self) -> bool:
        """Whether the level groups all mail together."""
        return self.prefix_length is None and self.part is None and self.labeling_list is None


def length_um(length_mpt: int) -> int:
    """Millipoints to the nearest micrometre: a millipoint is less than that, so metric lengths come out whole."""
    return (length_mpt * 25_400 + 36_000) // 72_000
