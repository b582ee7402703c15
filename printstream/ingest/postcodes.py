"""Postal codes of posts other than the USPS: of the post's form, and as they are printed."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from printstream.base.columns import POSTAL_CODE
from printstream.base.postcodes import CodeForms, PostalForm, code_parts

CODE_FAULT = "postal code fault"
"""Helper column: what is wrong with the document's code, null where nothing is."""


def printed_codes(given: pl.Series, forms: CodeForms) -> pl.DataFrame:
    """Judge codes, each different one once.

    Args:
        given: the documents' codes; null where there is none.
        forms: what they must look like.

    Returns:
        POSTAL_CODE, as the post prints it, a wrong one as it was given, never null; CODE_FAULT.
    """
    arrow = given.to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode()
    codes = pl.Series("given", arrow.dictionary.cast("large_string"), dtype=pl.String)
    own = forms.own
    parts = code_parts(codes, own)
    fits = parts[next(iter(own.parts))].is_not_null()
    judged = codes.to_frame().select(
        pl.coalesce(_printed(parts, own), pl.lit(codes)).alias(POSTAL_CODE.name),
        pl.when(~fits).then(_reason(codes, own, forms.others)).alias(CODE_FAULT),
    )
    places = pl.Series(arrow.indices, dtype=pl.Int32)
    nothing = f"the postal code is no {own.title}: it is empty"
    return judged.select(pl.all().gather(places)).with_columns(
        pl.col(POSTAL_CODE.name).fill_null(""),
        pl.when(places.is_null()).then(pl.lit(nothing)).otherwise(pl.col(CODE_FAULT)).alias(CODE_FAULT),
    )


def _printed(parts: pl.DataFrame, form: PostalForm) -> pl.Series:
    """Codes in capitals with their gap; null where the form has none, so that a code stays as it was given."""
    if form.gap_after is None:
        return pl.Series([None], dtype=pl.String).new_from_index(0, parts.height)
    names = list(form.parts)
    cut = names.index(form.gap_after) + 1
    head, tail = pl.concat_str(names[:cut]), pl.concat_str(names[cut:])
    return parts.select(pl.concat_str(head, pl.lit(" "), tail)).to_series()


def _reason(codes: pl.Series, own: PostalForm, others: Sequence[PostalForm]) -> pl.Expr:
    """Why a code that has no shape of ``own`` is refused, and whose it may be."""
    words = f"the postal code is no {own.title}"
    alike: dict[tuple[str, ...], list[str]] = {}
    for other in others:
        if other.country not in (None, own.country):
            alike.setdefault(_look(other), []).append(other.title)
    reason = pl.lit(words)
    for form in others:
        titles = alike.pop(_look(form), None)
        if titles:
            looks = code_parts(codes, form)[next(iter(form.parts))].is_not_null()
            told = pl.lit(f"{words}: it looks like a {' or a '.join(titles)}")
            reason = pl.when(pl.lit(looks)).then(told).otherwise(reason)
    empty = pl.lit(codes).str.strip_chars() == ""
    return pl.when(empty).then(pl.lit(f"{words}: it is empty")).otherwise(reason)


def _look(form: PostalForm) -> tuple[str, ...]:
    """The shapes without their parts: codes of one look cannot be told apart."""
    return tuple(shape.replace("|", "") for shape in form.shapes)
