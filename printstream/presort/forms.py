"""Postal codes as data: what a post's codes look like, and codes as numbers that sort as the post sorts.

In: form files; the documents' codes as text. Out: ``PostalForm``, ``CodeTable``. Never: knows a level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field, model_validator

from printstream.base.columns import DOCUMENT, POSTAL_CODE
from printstream.base.errors import InputError
from printstream.job import Model, Name

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
    list_lengths: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """Characters of the prefixes that a labeling list may have; any where empty."""

    @model_validator(mode="after")
    def _shapes_fit(self) -> PostalForm:
        widths = list(self.parts.values())
        for shape in self.shapes:
            fields = shape.split("|")
            if len(fields) != len(widths) or any(len(f) > w for f, w in zip(fields, widths, strict=True)):
                msg = f"shape {shape!r} does not have the parts {', '.join(self.parts)}, or one is too long"
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


@dataclass(frozen=True)
class CodeTable:
    """Codes by number, in the order in which mail runs.

    Attributes:
        form: what the codes look like.
        texts: bytes[codes], parts filled up with blanks; None where a code is its own number.
    """

    form: PostalForm
    texts: NDArray[np.bytes_] | None = None

    @property
    def size(self) -> int:
        """Number of codes."""
        return 10**self.form.width if self.texts is None else int(self.texts.size)

    def keys(self, length: int) -> NDArray[np.int32]:
        """Number codes by their first characters: int32[codes], rising."""
        if self.texts is None:
            return np.arange(self.size, dtype=np.int32) // np.int32(10 ** (self.form.width - length))
        heads = self.texts.astype(f"S{length}")
        return np.cumsum(np.r_[False, heads[1:] != heads[:-1]], dtype=np.int32)[: self.size]

    def prefix(self, code: int, length: int) -> str:
        """The first characters of a code, without blanks."""
        if self.texts is None:
            return str(code).zfill(self.form.width)[:length]
        text = bytes(self.texts[code]).decode().ljust(self.form.width)
        return text[:length].replace(" ", "")

    def places(self, first: bytes, last: bytes) -> tuple[int, int]:
        """Numbers of the codes from ``first`` to ``last``: the first one, and the one after the last."""
        if self.texts is None:
            return int(first), int(last) + 1
        begin, end = np.searchsorted(self.texts, [first, last + b"~"])
        return int(begin), int(end)


def code_numbers(documents: pl.DataFrame, form: PostalForm) -> tuple[NDArray[np.int32], CodeTable]:
    """Number the documents' codes.

    Raises:
        InputError: a code is not of the form, such as one of another country.
    """
    codes = documents[POSTAL_CODE.name]
    if form.digits is not None:
        good = codes.str.contains(rf"\A[0-9]{{{form.digits}}}\z").fill_null(value=False)
        _refuse_strange(documents, good, form)
        return codes.cast(pl.Int32).to_numpy(), CodeTable(form)
    arrow = codes.to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode()
    distinct = pl.Series(arrow.dictionary.cast("large_string"), dtype=pl.String)
    full = _filled(distinct, form)
    index = pl.Series(arrow.indices, dtype=pl.Int32)
    good_code = full.is_not_null()
    if codes.null_count() or not good_code.all():
        _refuse_strange(documents, good_code.gather(index.fill_null(0)) & codes.is_not_null(), form)
    table = full.unique().sort()
    number = table.search_sorted(full).cast(pl.Int32).to_numpy()
    texts = table.to_numpy().astype(f"S{form.width}")
    return number[index.to_numpy()] if number.size else np.empty(0, np.int32), CodeTable(form, texts)


def _filled(distinct: pl.Series, form: PostalForm) -> pl.Series:
    """Codes with their parts filled up with blanks; null where no shape fits."""
    # Upper case of other alphabets could make a letter that fits.
    ascii_only = pl.col("code").str.contains(r"\A[0-9A-Za-z ]*\z")
    plain = pl.when(ascii_only).then(pl.col("code").str.to_uppercase().str.replace_all(" ", "", literal=True))
    shaped = []
    for pattern in form.patterns():
        whole = rf"\A{pattern}\z"
        parts = [plain.str.extract(whole, k).str.pad_end(w) for k, w in enumerate(form.parts.values(), 1)]
        shaped.append(pl.concat_str(parts))
    return distinct.alias("code").to_frame().select(pl.coalesce(shaped).alias("code")).to_series()


def _refuse_strange(documents: pl.DataFrame, good: pl.Series, form: PostalForm) -> None:
    if good.all():
        return
    bad = int(documents[DOCUMENT.name][int((~good).arg_true()[0])])
    what = f"{int((~good).sum())} documents have a postal code that is no {form.title}"
    raise InputError(what, where=f"document {bad}", next_step="Reject them at ingest, or mail them apart")
