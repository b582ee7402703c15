"""Whether a whole column shows at a glance that no row can fail a check, which spares looking at its rows one by one.

In: a column of the documents. Out: yes, or perhaps not. Never: yes where a row fails.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.ingest.arrow import numbers_of, texts_of
from printstream.ingest.schema import CHART_VALUES
from printstream.ingest.zips import known_numbers
from printstream.kernels.ingest import UNREADABLE

_DAYS = (-719_162, 2_932_896)
"""1 January of the year 1 to 31 December 9999, in days since 1970-01-01."""
_MOST = (1 << 63) - 1
_ZIP_DIGITS = 5
_PLACES = 10 ** np.arange(_ZIP_DIGITS - 1, -1, -1)


def are_present(values: pl.Series) -> bool:
    """Every row has a value."""
    return not values.null_count()


def is_nowhere(flags: pl.Series) -> bool:
    """No row has the flag."""
    return not flags.any()


def are_between(numbers: pl.Series, least: int, most: int) -> bool:
    """No number lies beyond; null is none."""
    low, high = numbers.min(), numbers.max()
    return low is None or bool(least <= low and high <= most)  # type: ignore[operator]


def are_readable(numbers: pl.Series) -> bool:
    """No number is beyond 63 bits."""
    return are_between(numbers, UNREADABLE + 1, _MOST)


def are_whole_numbers(keys: pl.Series) -> bool:
    """Every key is there, and a number that can be read."""
    return keys.dtype == pl.Int64 and are_present(keys) and are_readable(keys)


def are_dates(dates: pl.Series) -> bool:
    """Every date has a year of one to four digits."""
    return are_between(dates.cast(pl.Int32), *_DAYS)


def are_charts(lists: pl.Series) -> bool:
    """Every list is there, with the values of a chart."""
    if lists.null_count():
        return False
    arrow = lists.rechunk().to_arrow()
    starts = numbers_of(arrow.offsets).values
    if not (np.diff(starts) == CHART_VALUES).all():
        return False
    # Not flatten(), which imports pyarrow.compute: 0.03 s of a start.
    first, last = (int(starts[at]) for at in (0, -1))
    return not arrow.values.slice(first, last - first).null_count


def are_inked(texts: pl.Series) -> bool:
    """Every text has a visible character of ASCII."""
    if texts.null_count():
        return False
    starts, data = _bytes_of(texts)
    if not (np.diff(starts) > 0).all():
        return False
    inked = (data > ord(" ")) & (data < 0x7F)
    return bool(np.logical_or.reduceat(inked, starts[:-1]).all()) if inked.size else True


def are_digits(texts: pl.Series, count: int) -> bool:
    """Every text is there, and so many digits."""
    if texts.null_count():
        return False
    starts, data = _bytes_of(texts)
    return bool((np.diff(starts) == count).all()) and _all_digits(data)


def are_digits_if_any(texts: pl.Series, count: int) -> bool:
    """Every text is so many digits, or empty or absent."""
    starts, data = _bytes_of(texts)
    lengths = np.diff(starts)
    return bool(((lengths == count) | (lengths == 0)).all()) and _all_digits(data)


def are_known_zips(texts: pl.Series) -> bool:
    """Every ZIP is in the reference list."""
    if not are_digits(texts, _ZIP_DIGITS):
        return False
    digits = _bytes_of(texts)[1].reshape(-1, _ZIP_DIGITS) - np.uint8(ord("0"))
    return bool(known_numbers()[digits @ _PLACES].all())


def _bytes_of(texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Where each text starts, and all bytes."""
    found = texts_of(texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()))
    first, last = int(found.offsets[0]), int(found.offsets[-1])
    return found.offsets - first, found.data[first:last]


def _all_digits(data: NDArray[np.uint8]) -> bool:
    return bool(((data >= ord("0")) & (data <= ord("9"))).all())
