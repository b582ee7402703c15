"""Texts of addresses in one form for comparing; what is printed stays as it is.

In: text columns without nulls. Out: text columns. Never: changes what a text says.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.kernels.address import squeeze

_FEW = 2
"""Texts of which each stands in at least so many rows on the average are brought to a form once."""
_WORDS = (("SAINTE", "STE"), ("SAINT", "ST"), ("FORT", "FT"), ("MOUNT", "MT"))
"""Words of city names that are written either way (USPS Publication 28, appendix A)."""


def tidy(name: str | None) -> pl.Expr:
    """A column without blanks at its ends; null and an absent column are empty."""
    if name is None:
        return pl.lit("")
    return pl.col(name).cast(pl.String).fill_null("").str.strip_chars()


def buffers_of(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bytes and offsets of a text column, for kernels."""
    arrow = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    if len(arrow) == 0:
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    _, offsets, data = arrow.buffers()
    spans = np.frombuffer(offsets, np.int64, len(arrow) + 1, arrow.offset * 8)
    return np.frombuffer(data or b"", np.uint8), spans


def capitals(texts: pl.Series) -> pl.Series:
    """Capitals, no dots, commas and apostrophes; blanks and hyphens between words become one blank."""
    data, spans = buffers_of(texts)
    out = np.empty(int(spans[-1] - spans[0]), np.uint8)
    offsets = np.empty(len(texts) + 1, np.int64)
    plain = np.empty(len(texts), np.bool_)
    squeeze(data, spans, out, offsets, plain)
    if plain.all():
        arrays = pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(out))
        return pl.Series(texts.name, arrays, dtype=pl.String)
    others = np.flatnonzero(~plain)
    formed = texts.gather(others).to_frame("text").select(_capitals(pl.col("text"))).to_series()
    ascii_only = pl.select(pl.when(pl.Series(plain)).then(texts).otherwise(pl.lit(""))).to_series()
    return capitals(ascii_only).scatter(others, formed).alias(texts.name)


def _capitals(text: pl.Expr) -> pl.Expr:
    """The same for any alphabet."""
    bare = text.str.to_uppercase().str.replace_all(r"[.,']", "")
    return bare.str.replace_all(r"[\s-]+", " ").str.strip_chars()


def city_form(texts: pl.Series) -> pl.Series:
    """A city as it is compared: capitals without accents, SAINT as ST."""
    bare = texts.str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    plain = capitals(bare)
    for word, short in _WORDS:
        plain = plain.str.replace_all(rf"\b{word}\b", short)
    return plain


def code_form(texts: pl.Series) -> pl.Series:
    """A postal code as it is compared: capitals without blanks and hyphens."""
    return texts.str.to_uppercase().str.replace_all(r"[\s-]+", "")


def by_distinct(texts: pl.Series, form: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Bring a column to a form; where few texts differ, each of them once."""
    distinct = texts.unique(maintain_order=True)
    if len(distinct) * _FEW > len(texts):
        return form(texts)
    return form(distinct).gather(texts.cast(pl.Enum(distinct)).to_physical())
