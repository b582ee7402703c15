"""Texts of addresses in one form for comparing; what is printed stays as it is.

In: text columns without nulls. Out: text columns. Never: changes what a text says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.kernels.address import (
    are_digits,
    fingerprint,
    have_digits,
    have_edges,
    join_parts,
    maybe_twice,
    squeeze,
    upper,
)

ODD = np.uint64(0x9E3779B97F4A7C15)
"""Odd, its bits well mixed: a product with it keeps all that a number says, and spreads it."""
_NOT_ASCII = 0x80
_FEW = 2
"""Texts of which each stands in at least so many rows on the average are brought to a form once."""
_WORDS = (("SAINTE", "STE"), ("SAINT", "ST"), ("FORT", "FT"), ("MOUNT", "MT"))
"""Words of city names that are written either way (USPS Publication 28, appendix A)."""


def tidy(name: str | None) -> pl.Expr:
    """A column without blanks at its ends; null and an absent column are empty."""
    if name is None:
        return pl.lit("")
    return pl.col(name).cast(pl.String).fill_null("").str.strip_chars()


def tidied(documents: pl.DataFrame, name: str | None) -> pl.Series:
    """The same as a column; one without a blank at any end is not written anew."""
    if name is None:
        return pl.Series([""], dtype=pl.String).new_from_index(0, documents.height)
    texts = documents.select(pl.col(name).cast(pl.String).fill_null("")).to_series()
    return documents.select(tidy(name)).to_series() if have_edges(*buffers_of(texts)) else texts


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


def joined(parts: Sequence[pl.Series], *, glued: bool = False) -> pl.Series:
    """Parts in one line, single blanks between words, none at the ends; empty parts leave none.

    Args:
        parts: of every line.
        glued: whether the last part, where it is not empty, follows the one before it with a hyphen.
    """
    rows = len(parts[0])
    buffers = [buffers_of(part) for part in parts]
    size = sum(int(spans[-1] - spans[0]) for _, spans in buffers) + len(parts) * rows
    out, offsets = np.empty(size, np.uint8), np.empty(rows + 1, np.int64)
    plain = np.empty(rows, np.bool_)
    join_parts(tuple(d for d, _ in buffers), tuple(s for _, s in buffers), glued, out, offsets, plain)
    lines = pl.Series(
        pa.LargeStringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(out)), dtype=pl.String
    )
    others = np.flatnonzero(~plain)
    if not others.size:
        return lines
    # White space of other alphabets.
    even = pl.col("line").str.replace_all(r"\s+", " ").str.strip_chars()
    return lines.scatter(others, lines.gather(others).alias("line").to_frame().select(even).to_series())


def uppercase(texts: pl.Series) -> pl.Series:
    """Capitals; a column that has nothing else is given back as it is."""
    data, spans = buffers_of(texts)
    out = np.empty(int(spans[-1] - spans[0]), np.uint8)
    found = upper(data, spans[0], spans[-1], out)
    if found >= _NOT_ASCII:
        return texts.to_frame("text").select(pl.col("text").str.to_uppercase()).to_series().alias(texts.name)
    if not found:
        return texts
    arrays = pa.LargeStringArray.from_buffers(
        len(texts), pa.py_buffer(np.ascontiguousarray(spans - spans[0])), pa.py_buffer(out)
    )
    return pl.Series(texts.name, arrays, dtype=pl.String)


def fingerprints(lines: Sequence[pl.Series]) -> NDArray[np.uint64]:
    """Numbers that are equal where the lines, joined by blanks, have the same ``capitals``: uint64[n]."""
    prints, plain = _fingerprints(lines)
    others = np.flatnonzero(~plain)
    if others.size:
        frame = pl.DataFrame([line.gather(others).alias(str(k)) for k, line in enumerate(lines)])
        formed = frame.select(_capitals(pl.concat_str(pl.all(), separator=" "))).to_series()
        prints[others] = _fingerprints([formed])[0]
    return prints


def _fingerprints(lines: Sequence[pl.Series]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """The same for ASCII and for what is in that form, and which rows are ASCII."""
    rows = len(lines[0])
    prints, words = np.zeros(rows, np.uint64), np.ones(rows, np.uint64)
    states, plain = np.zeros(rows, np.uint8), np.ones(rows, np.bool_)
    for line in lines:
        fingerprint(*buffers_of(line), prints, words, states, plain)
    return (prints ^ words) * ODD, plain


def digits_only(texts: pl.Series, size: int) -> pl.Series:
    """Whether each text is so many ASCII digits."""
    out = np.empty(len(texts), np.bool_)
    are_digits(*buffers_of(texts), size, out)
    return pl.Series(out)


def without_digits(texts: pl.Series) -> NDArray[np.int64]:
    """Rows of the texts that have no ASCII digit and are not empty."""
    out = np.empty(len(texts), np.bool_)
    data, spans = buffers_of(texts)
    have_digits(data, spans, out)
    rows: NDArray[np.int64] = np.flatnonzero(~out & (spans[1:] > spans[:-1]))
    return rows


def rows_there_twice(prints: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows whose number another row has too, ascending."""
    size = 1 << max(10, (4 * prints.size).bit_length())
    suspected = np.empty(prints.size, np.bool_)
    maybe_twice(prints, np.zeros(size, np.uint8), suspected)
    rows: NDArray[np.int64] = np.flatnonzero(suspected)
    twice: NDArray[np.int64] = rows[pl.Series(prints[rows]).is_duplicated().to_numpy()]
    return twice


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
