"""What the postal codes of a post look like, as data.

In: the text of a form file; codes as text. Out: ``PostalForm``, codes with their parts. Never: knows a level, reads files.
"""

import re
from typing import Annotated, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from printstream.base.frozen import frozen
from printstream.base.model import Model, Name

# Codes of so many digits are their own number: a table of a million entries costs nothing.
_MOST_DIGITS = 6
_LETTER_OF = {"9": "[0-9]", "A": "[A-Z]", "X": "[0-9A-Z]"}
_LOWEST, _HIGHEST = b" ", b"~"


class PostalForm(Model):
    """What the codes of a post look like. Blanks and case do not count where codes have letters."""

    format: Literal["printstream-postcode/1"]
    """Version of this file's form."""
    title: str
    """Name for messages."""
    parts: dict[Name, Annotated[int, Field(ge=1, le=12)]] = Field(min_length=1)
    """Parts of a code in their order, with the most characters of each; levels may name them."""
    shapes: tuple[Annotated[str, Field(pattern=r"^[A9X]+(\|[A9X]+)*$", max_length=24)], ...] = Field(
        min_length=1
    )
    """What codes look like: 9 is a digit, A a letter, X either; a bar between parts."""
    gap_after: Name | None = None
    """Part behind which a blank is printed; such codes are printed in capitals, others as they were given."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """Country whose codes these are (ISO 3166), so that a code of the wrong country can be told; none where absent."""
    list_lengths: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """Characters of the prefixes that a labeling list may have; any where empty."""

    @model_validator(mode="after")
    def _shapes_fit(self) -> Self:
        widths = list(self.parts.values())
        for shape in self.shapes:
            fields = shape.split("|")
            if len(fields) != len(widths) or any(len(f) > w for f, w in zip(fields, widths, strict=True)):
                msg = f"shape {shape!r} does not have the parts {', '.join(self.parts)}, or one is too long"
                raise ValueError(msg)
        if self.gap_after is not None and self.gap_after not in self.parts:
            msg = f"gap_after {self.gap_after!r} is none of the parts {', '.join(self.parts)}"
            raise ValueError(msg)
        return self

    @property
    def width(self) -> int:
        """Characters of a code whose parts are filled up with blanks."""
        return sum(self.parts.values())

    @property
    def digits(self) -> int | None:
        """Digits of the code where it is so many digits and nothing else, and few enough for a table."""
        shape = self.shapes[0].replace("|", "")
        plain = len(self.shapes) == 1 and set(shape) == {"9"} and len(shape) == self.width
        return self.width if plain and self.width <= _MOST_DIGITS else None

    def length_of(self, part: str) -> int:
        """Characters of a code up to the end of a part."""
        names = list(self.parts)
        return sum(list(self.parts.values())[: names.index(part) + 1])

    def patterns(self, parts: int | None = None) -> list[str]:
        """A pattern for each shape, with a group for each part; of the first parts only where asked."""
        rows = [
            "".join(f"({''.join(_LETTER_OF[c] for c in f)})" for f in s.split("|")[:parts])
            for s in self.shapes
        ]
        return list(dict.fromkeys(rows))

    def prefix(self, text: str) -> bytes | None:
        """Fill up the parts of a prefix such as AB10; None where no code starts so."""
        plain = text.strip() if self.digits is not None else text.upper().replace(" ", "")
        if self.list_lengths and len(plain) not in self.list_lengths:
            return None
        if self.digits is not None:
            return plain.encode() if re.fullmatch(f"[0-9]{{1,{self.digits}}}", plain) else None
        widths = list(self.parts.values())
        for parts in range(1, len(widths) + 1):
            for pattern in self.patterns(parts):
                match = re.fullmatch(pattern, plain)
                if match:
                    return "".join(g.ljust(w) for g, w in zip(match.groups(), widths, strict=False)).encode()
        return None

    def span(self, first: bytes, last: bytes) -> tuple[bytes, bytes]:
        """The lowest and the highest code that start with these prefixes."""
        low, high = (b"0", b"9") if self.digits is not None else (_LOWEST, _HIGHEST)
        return first.ljust(self.width, low), last.ljust(self.width, high)


@frozen
class CodeForms:
    """What a job's codes must look like, and what those of other countries look like.

    Attributes:
        own: the form of the job's codes.
        others: forms by which a wrong code is told.
    """

    own: PostalForm
    others: tuple[PostalForm, ...] = ()


def code_parts(codes: pl.Series, form: PostalForm) -> pl.DataFrame:
    """Take codes apart.

    Args:
        codes: as given; null and what has no shape of the form give nulls.
        form: what they look like.

    Returns:
        a column of text for each part of the form, under its name; all of a row are null where no shape fits.
    """
    name = "given code"
    given = pl.col(name)
    if form.digits is None:
        # Upper case of other alphabets could make a letter that fits.
        ascii_only = given.str.contains(r"\A[0-9A-Za-z ]*\z")
        given = pl.when(ascii_only).then(given.str.to_uppercase().str.replace_all(" ", "", literal=True))
    found = [
        [given.str.extract(rf"\A{pattern}\z", k) for k in range(1, len(form.parts) + 1)]
        for pattern in form.patterns()
    ]
    parts = [
        pl.coalesce(alike).alias(part)
        for part, alike in zip(form.parts, zip(*found, strict=True), strict=True)
    ]
    return codes.alias(name).to_frame().select(parts)
