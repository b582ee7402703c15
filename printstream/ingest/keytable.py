"""From a line's key to its document: by address, by hash, or by text."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.errors import InputError
from printstream.ingest.arrow import numbers_of
from printstream.ingest.texttable import TextTable
from printstream.kernels.ingest import (
    IGNORED,
    LONE,
    NULL_KEY,
    OF_REJECTED,
    fill_key_table,
    find_dense_keys,
    find_keys,
)

_SPARSE = 8
"""A table by address may have so many places a key; beyond that keys are hashed."""
_SMALL_SPAN = 1 << 16
_MOST_DOCUMENTS = 1 << 31


class KeyTable:
    """Where every known key leads: to a document, or to the fate of its lines.

    Args:
        accepted: keys of the accepted documents, by document.
        rejected: keys of rejected documents.
        ignored: keys of documents beyond the limit.
    """

    def __init__(self, accepted: pl.Series, rejected: pl.Series, ignored: pl.Series) -> None:
        if len(accepted) >= _MOST_DOCUMENTS:
            what = "there are 2**31 documents or more"
            raise InputError(what, next_step="Split the night into several runs.")
        self._is_text = accepted.dtype == pl.String
        self.has_ignored = len(ignored) > 0
        others = [s.drop_nulls().cast(accepted.dtype) if len(s) else s for s in (rejected, ignored)]
        keys = pl.concat([accepted.rename("key"), *(s.rename("key") for s in others if len(s))])
        fates = np.repeat(np.array([OF_REJECTED, IGNORED], np.int32), [len(s) for s in others])
        documents = np.concatenate([np.arange(len(accepted), dtype=np.int32), fates])
        if self._is_text:
            self._fill_texts(keys, documents)
        else:
            self._fill_numbers(keys.to_numpy(), documents)

    def find(self, array: pa.Array, out: NDArray[np.int32]) -> None:
        """Look the keys of lines up: document, LONE, NULL_KEY, OF_REJECTED or IGNORED."""
        if self._is_text:
            self._texts.find(array, NULL_KEY, LONE, out)
            known = out >= 0
            out[known] = self._documents[out[known]]
            return
        numbers = numbers_of(array)
        if self._table is not None:
            find_dense_keys(numbers.values, numbers.valid, numbers.offset, self._base, self._table, out)
        else:
            find_keys(numbers.values, numbers.valid, numbers.offset, self._slot_keys, self._slots, out)

    def _fill_texts(self, keys: pl.Series, documents: NDArray[np.int32]) -> None:
        self._texts = TextTable()
        numbers = np.empty(len(keys), np.int32)
        self._texts.add(keys.to_arrow(compat_level=pl.CompatLevel.oldest()), numbers)
        self._documents = np.full(self._texts.known + 1, LONE, np.int32)
        # Backwards, so that of equal keys the first entered stays.
        self._documents[numbers[::-1]] = documents[::-1]
        empty = np.empty(1, np.int32)
        self._texts.find(pa.array([""], pa.large_string()), NULL_KEY, LONE, empty)
        if empty[0] < 0:
            self._texts.add(pa.array([""], pa.large_string()), empty)
        self._documents[empty[0]] = NULL_KEY

    def _fill_numbers(self, keys: NDArray[np.int64], documents: NDArray[np.int32]) -> None:
        least, most = (int(keys.min()), int(keys.max())) if len(keys) else (0, 0)
        span = most - least + 1
        self._table: NDArray[np.int32] | None = None
        if span <= max(_SPARSE * len(keys), _SMALL_SPAN):
            self._base = least
            self._table = np.full(span, LONE, np.int32)
            self._table[keys[::-1] - least] = documents[::-1]
            return
        self._slots = np.full(1 << (2 * len(keys)).bit_length(), LONE, np.int32)
        self._slot_keys = np.zeros(self._slots.size, np.int64)
        fill_key_table(keys, documents, self._slot_keys, self._slots)
