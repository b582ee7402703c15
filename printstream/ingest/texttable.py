"""A growing table of different texts, each with its number; the wrapper around the kernels that fill it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from printstream.ingest.arrow import Coded, Texts, texts_of
from printstream.kernels.dictionaries import copy_texts, find_texts, intern_texts, pick_codes, rehash_texts

_FIRST_TEXTS = 1 << 10
_FIRST_BYTES = 1 << 15


class TextTable:
    """Numbers texts in the order of their arrival. One thread at a time may add to it."""

    def __init__(self) -> None:
        self.known = 0
        self._starts = np.zeros(_FIRST_TEXTS + 1, np.int64)
        self._store = np.empty(_FIRST_BYTES, np.uint8)
        self._slots = np.zeros(2 * _FIRST_TEXTS, np.uint64)
        self._empty_code = -1
        self._numbered: tuple[pa.Array, NDArray[np.int32]] | None = None

    def add(self, array: pa.Array | Coded, out: NDArray[Any]) -> None:
        """Number the texts of an array; absent ones count as empty.

        Args:
            array: text or dictionary of text.
            out: int8, int16 or int32 [n]: the numbers; cut to its bits once ``known`` exceeds its range.
        """
        if isinstance(array, Coded):
            codes = np.empty(max(len(array.texts), 1), np.int32)
            self._add_texts(array.texts, codes[: len(array.texts)])
            empty = self._code_of_empty() if array.valid.size else 0
            pick_codes(array.picks, array.valid, 0, codes, empty, out)
            return
        if not pa.types.is_dictionary(array.type):
            self._add_texts(texts_of(array), out)
            return
        codes = self._codes_of(array.dictionary)
        picks, valid, offset = dictionary_picks(array)
        pick_codes(picks, valid, offset, codes, self._code_of_empty() if valid.size else 0, out)

    def find(self, array: pa.Array, absent: int, unknown: int, out: NDArray[np.int32]) -> None:
        """Look texts up without adding any: their number, ``absent`` or ``unknown``."""
        if pa.types.is_dictionary(array.type):
            codes = np.empty(max(len(array.dictionary), 1), np.int32)
            self.find(array.dictionary, absent, unknown, codes[: len(array.dictionary)])
            picks, valid, offset = dictionary_picks(array)
            pick_codes(picks, valid, offset, codes, absent, out)
            return
        t = texts_of(array)
        find_texts(
            t.offsets, t.data, t.valid, t.offset, t.gap,
            self._slots, self._starts, self._store, absent, unknown, out,
        )  # fmt: skip

    def merge(self, other: TextTable) -> NDArray[np.int32]:
        """Add all texts of another table; give the number here of each number there."""
        merged = np.empty(other.known, np.int32)
        self._add_texts(other._texts(), merged)
        return merged

    def forget(self) -> None:
        """Let go of what only adding texts needs."""
        self._slots = np.zeros(0, np.uint64)
        self._numbered = None

    def array(self) -> pa.LargeStringArray:
        """All texts, by number."""
        texts = self._texts()
        return pa.LargeStringArray.from_buffers(
            self.known, pa.py_buffer(texts.offsets), pa.py_buffer(texts.data)
        )

    def picked(self, picked: NDArray[np.int32]) -> pa.LargeStringArray:
        """Give the texts with these numbers."""
        lengths = self._starts[picked + 1] - self._starts[picked]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        data = np.empty(int(offsets[-1]), np.uint8)
        copy_texts(self._starts, self._store, picked, offsets, data)
        return pa.LargeStringArray.from_buffers(picked.size, pa.py_buffer(offsets), pa.py_buffer(data))

    def _texts(self) -> Texts:
        offsets = self._starts[: self.known + 1].view()
        data = self._store[: offsets[-1]].view()
        nothing = np.empty(0, np.uint8)
        for part in (offsets, data, nothing):
            part.flags.writeable = False
        return Texts(offsets, data, nothing, 0)

    def _codes_of(self, dictionary: pa.Array) -> NDArray[np.int32]:
        """Number a dictionary; the batches of a row group have the same one, which is numbered once."""
        if self._numbered is not None and _same_texts(self._numbered[0], dictionary):
            return self._numbered[1]
        codes = np.empty(max(len(dictionary), 1), np.int32)
        self._add_texts(texts_of(dictionary), codes[: len(dictionary)])
        self._numbered = dictionary, codes
        return codes

    def _code_of_empty(self) -> int:
        if self._empty_code < 0:
            code = np.empty(1, np.int32)
            self._add_texts(texts_of(pa.array([""], pa.large_string())), code)
            self._empty_code = int(code[0])
        return self._empty_code

    def _add_texts(self, t: Texts, out: NDArray[Any]) -> None:
        done = 0
        while True:
            done, self.known = intern_texts(
                t.offsets, t.data, t.valid, t.offset, t.gap, done,
                self._slots, self._starts, self._store, self.known, out,
            )  # fmt: skip
            if done == len(out):
                return
            self._grow(int(t.offsets[done + 1] - t.offsets[done]))

    def _grow(self, needed_bytes: int) -> None:
        used = int(self._starts[self.known])
        if used + needed_bytes > self._store.size:
            store = np.empty(max(4 * self._store.size, used + needed_bytes), np.uint8)
            store[:used] = self._store[:used]
            self._store = store
        if self.known >= self._starts.size - 1:
            starts = np.zeros(4 * (self._starts.size - 1) + 1, np.int64)
            starts[: self.known + 1] = self._starts[: self.known + 1]
            self._starts = starts
            self._slots = np.zeros(4 * self._slots.size, np.uint64)
            rehash_texts(self._starts, self._store, self.known, self._slots)


def _same_texts(kept: pa.Array, other: pa.Array) -> bool:
    """Whether two dictionaries are byte for byte the same; batches of a row group get a copy each."""
    if len(kept) != len(other) or kept.offset != other.offset or kept.type != other.type:
        return False
    pairs = zip(kept.buffers(), other.buffers(), strict=True)
    return all(a is b or (a is not None and b is not None and a.equals(b)) for a, b in pairs)


def dictionary_picks(array: pa.DictionaryArray) -> tuple[NDArray[Any], NDArray[np.uint8], int]:
    """Give the picks of a dictionary array: numbers, validity bitmap (empty: all present), first bit."""
    indices = array.indices
    if not pa.types.is_int32(indices.type):
        indices = indices.cast(pa.int32())
    bits, data = indices.buffers()
    picks = np.frombuffer(data if data is not None else b"", np.int32)[
        indices.offset : indices.offset + len(array)
    ]
    nothing = bits is None or indices.null_count == 0
    return picks, np.frombuffer(b"" if nothing else bits, np.uint8), indices.offset
