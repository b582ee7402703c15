"""Columns of text that a file holds as dictionary and codes, read page by page and left as they are.

Arrow gives such columns as dictionaries too, but enters every text of a page's dictionary into a hash table of its own,
copies that with every batch, and we number them all again: with 870,000 texts a row group that was three quarters of the
time of reading sixty million lines (docs/performance.md). Whatever is not as plain as most files is left to Arrow, which
judges what is damaged too.

In: a file's footer, a row group, a column. Out: its dictionary page and its codes, or nothing. Never: takes a page that it
is not sure of.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from printstream.ingest.arrow import Coded, Texts
from printstream.ingest.pageheader import (
    DATA,
    DATA_V2,
    DICTIONARY,
    PLAIN,
    PLAIN_DICTIONARY,
    RLE,
    RLE_DICTIONARY,
    PageHeader,
    UnlikePageError,
    read_header,
    read_varint,
)
from printstream.ingest.sources import FileSource, Source
from printstream.kernels.pages import LENGTH_BYTES, MALFORMED, decode_hybrid, find_plain_texts
from printstream.kernels.thrift import CODEC, DICTIONARY_AT, ELSEWHERE, PACKED_BYTES, PHYSICAL, VALUES

_CODECS = {0: None, 6: "zstd", 1: "snappy"}
"""Compressions (CompressionCodec) that say how much they hold, so that a page which claims more is found out."""
_BYTE_ARRAY = 6
"""Physical type of texts (Type)."""
_MOST_BITS = 31
_MOST_PLAIN_BYTES = 1 << 30
"""Of a page: what says more is hardly true, and must not take memory for it."""
_ROWS_A_PAGE = 1 << 10
"""Pages that are shorter are better read by who is quick with headers."""
_NOTHING = np.frombuffer(b"", np.uint8)
_CODED = (PLAIN_DICTIONARY, RLE_DICTIONARY)


def read_coded(source: Source, group: int, column: str) -> Coded | None:
    """Read a column's chunk of one row group; None where Arrow must."""
    if not isinstance(source, FileSource):
        return None
    facts = source.facts(column)[group].tolist()
    levels = source.columns.levels.get(column)
    rows = source.group_rows[group]
    if levels not in (0, 1) or not _is_plain_enough(facts, rows):
        return None
    try:
        with source.opened() as file:
            data = _chunk_bytes(file, facts[DICTIONARY_AT], facts[PACKED_BYTES])
        return _Pages(data, _CODECS[facts[CODEC]], nullable=levels == 1).read(rows)
    except (UnlikePageError, pa.ArrowException, OSError):
        return None


def _is_plain_enough(facts: Sequence[int], rows: int) -> bool:
    here = not facts[ELSEWHERE] and facts[VALUES] == rows and facts[DICTIONARY_AT] > 0
    return bool(here and facts[PHYSICAL] == _BYTE_ARRAY and facts[CODEC] in _CODECS)


def _chunk_bytes(file: BinaryIO, begin: int, size: int) -> memoryview:
    # A length that is not true must not take memory.
    if not 0 <= size <= file.seek(0, os.SEEK_END) - begin:
        raise UnlikePageError
    file.seek(begin)
    return memoryview(file.read(size))


class _Pages:
    """The pages of one column chunk: its dictionary, then codes.

    Args:
        data: the chunk's bytes.
        codec: what its pages are compressed with.
        nullable: a value may be absent.
    """

    def __init__(self, data: memoryview, codec: str | None, *, nullable: bool) -> None:
        self._data, self._nullable = data, nullable
        self._codec = None if codec is None else pa.Codec(codec)
        self._at = 0

    def read(self, rows: int) -> Coded:
        """Read all pages, which hold so many rows."""
        texts = self._dictionary()
        picks = np.empty(rows, np.int32)
        valid: NDArray[np.bool_] | None = None
        done = pages = 0
        while done < rows:
            page, pages = self._next(), pages + 1
            count = page.own.get(1, 0)
            if not 0 < count <= rows - done or pages > 1 + rows // _ROWS_A_PAGE:
                raise UnlikePageError
            part = slice(done, done + count)
            present = self._codes(page, len(texts), picks[part])
            if present is not None:
                valid = np.ones(rows, np.bool_) if valid is None else valid
                valid[part] = present
            done += count
        bits = _NOTHING if valid is None else np.packbits(valid, bitorder="little")
        bits.flags.writeable = False
        return Coded(texts, picks, bits)

    def _next(self) -> PageHeader:
        header = read_header(self._data, self._at)
        self._at = header.begin + header.packed_bytes
        if header.checksum not in (None, crc32(self._data[header.begin : self._at])):
            raise UnlikePageError
        return header

    def _dictionary(self) -> Texts:
        header = self._next()
        count = header.own.get(1, -1)
        if header.kind != DICTIONARY or header.own.get(2) not in (PLAIN, PLAIN_DICTIONARY):
            raise UnlikePageError
        data = self._unpacked(header.begin, header.packed_bytes, header.plain_bytes)
        if not 0 <= count <= data.size // LENGTH_BYTES:
            raise UnlikePageError
        offsets = np.empty(count + 1, np.int32)
        if not find_plain_texts(data, offsets):
            raise UnlikePageError
        offsets.flags.writeable = False
        return Texts(offsets, data, _NOTHING, 0, LENGTH_BYTES)

    def _codes(self, page: PageHeader, texts: int, out: NDArray[np.int32]) -> NDArray[np.bool_] | None:
        """Read the codes of a page; give which values are there, or None where all are."""
        if page.kind == DATA:
            levels, values = self._first_form(page)
        elif page.kind == DATA_V2:
            levels, values = self._second_form(page)
        else:
            raise UnlikePageError
        present = self._present(levels, out.size) if self._nullable else None
        if present is None:
            _decode(values, texts, out)
            return None
        codes = np.empty(int(present.sum()), np.int32)
        _decode(values, texts, codes)
        out[~present] = 0
        out[present] = codes
        return present

    def _first_form(self, page: PageHeader) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Levels and values of a data page: all compressed together, the levels' length before them."""
        if page.own.get(2) not in _CODED:
            raise UnlikePageError
        data = self._unpacked(page.begin, page.packed_bytes, page.plain_bytes)
        if not self._nullable:
            return _NOTHING, data
        if page.own.get(3) != RLE or data.size < LENGTH_BYTES:
            raise UnlikePageError
        cut = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES].tobytes(), "little")
        return data[LENGTH_BYTES:cut], data[cut:]

    def _second_form(self, page: PageHeader) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Levels and values of a data page of version 2: only the values are compressed."""
        cut = page.own.get(5, -1)
        sound = page.own.get(4) in _CODED and page.own.get(6) == 0
        if not sound or not 0 <= cut <= min(page.packed_bytes, page.plain_bytes):
            raise UnlikePageError
        levels = np.frombuffer(self._data[page.begin :][:cut], np.uint8)
        place = page.begin + cut, page.packed_bytes - cut, page.plain_bytes - cut
        return levels, self._unpacked(*place, packed=page.own.get(7, 1) == 1)

    def _present(self, levels: NDArray[np.uint8], count: int) -> NDArray[np.bool_] | None:
        """Which values are there, by their definition levels; None where all are."""
        found = np.empty(count, np.int32)
        if decode_hybrid(levels, 0, levels.size, 1, 2, found) == MALFORMED:
            raise UnlikePageError
        return None if found.all() else found == 1

    def _unpacked(self, begin: int, size: int, plain_bytes: int, *, packed: bool = True) -> NDArray[np.uint8]:
        """Decompress a part of the chunk."""
        part = self._data[begin : begin + size]
        if self._codec is None or not packed:
            if size != plain_bytes:
                raise UnlikePageError
            return np.frombuffer(part, np.uint8)
        if self._codec.name == "snappy" and read_varint(part, 0)[0] != plain_bytes:
            raise UnlikePageError
        if plain_bytes > _MOST_PLAIN_BYTES:
            raise UnlikePageError
        return np.frombuffer(self._codec.decompress(part, plain_bytes), np.uint8)


def _decode(data: NDArray[np.uint8], texts: int, out: NDArray[np.int32]) -> None:
    """Read codes: the bits of a code in a byte, then runs (Encodings.md, Dictionary Encoding)."""
    if not out.size:
        return
    bits = int(data[0]) if data.size else _MOST_BITS + 1
    if bits > _MOST_BITS or decode_hybrid(data, 1, data.size, bits, texts, out) == MALFORMED:
        raise UnlikePageError
