"""Postal codes as numbers that sort as the post sorts.

In: the form of a post's codes; the documents' codes as text. Out: numbers, ``CodeTable``. Never: knows a level.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base.columns import DOCUMENT, POSTAL_CODE
from printstream.base.errors import InputError
from printstream.base.frozen import frozen
from printstream.base.postcodes import PostalForm, code_parts


@frozen
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
    full = [pl.col(part).str.pad_end(width) for part, width in form.parts.items()]
    return code_parts(distinct, form).select(pl.concat_str(full).alias("code")).to_series()


def _refuse_strange(documents: pl.DataFrame, good: pl.Series, form: PostalForm) -> None:
    if good.all():
        return
    bad = int(documents[DOCUMENT.name][int((~good).arg_true()[0])])
    what = f"{int((~good).sum())} documents have a postal code that is no {form.title}"
    raise InputError(what, where=f"document {bad}", next_step="Reject them at ingest, or mail them apart")
