"""The header of a Parquet page: Thrift's compact protocol (Apache Parquet, parquet.thrift, PageHeader)."""

from __future__ import annotations

from typing import Any

from printstream.base.frozen import frozen

DATA, DICTIONARY, DATA_V2 = 0, 2, 3
"""Kinds of pages (PageType)."""
_OWN_HEADER = {DATA: 5, DICTIONARY: 7, DATA_V2: 8}
PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8
"""Encodings (Encoding)."""
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = (4, 5, 6)
_MOST_NESTED = 8
_LONG_FORM = 15
"""Of a list's length that does not fit into half a byte."""


class UnlikePageError(Exception):
    """What is read here is no such page; whoever knows more of Parquet shall judge it."""


@frozen
class PageHeader:
    """What stands before a page.

    Attributes:
        kind: DATA, DICTIONARY, DATA_V2, or another.
        plain_bytes, packed_bytes: size before and after compression.
        checksum: CRC-32 of the page as it is packed, or None.
        own: the fields of the kind's own header, by number; nested ones are left out.
        begin: of the page, behind its header.
    """

    kind: int
    plain_bytes: int
    packed_bytes: int
    checksum: int | None
    own: dict[int, int]
    begin: int


def read_header(data: memoryview, at: int) -> PageHeader:
    """Read the header of a page.

    Raises:
        UnlikePageError: when there is none.
    """
    reader = _Reader(data, at)
    fields = reader.struct()
    kind, plain, packed = (fields.get(k, -1) for k in (1, 2, 3))
    own = fields.get(_OWN_HEADER.get(kind, -1))
    if not isinstance(own, dict) or not isinstance(plain, int) or not isinstance(packed, int):
        raise UnlikePageError
    if plain < 0 or packed < 0 or reader.at + packed > len(data):
        raise UnlikePageError
    flat = {k: int(v) for k, v in own.items() if isinstance(v, int)}
    checksum = fields.get(4)
    unsigned = checksum & 0xFFFFFFFF if isinstance(checksum, int) else None
    return PageHeader(kind, plain, packed, unsigned, flat, reader.at)


def read_varint(data: memoryview, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, the lowest first (ULEB128); give it and the place behind it.

    Raises:
        UnlikePageError: when it does not end, or is longer than 64 bits.
    """
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise UnlikePageError


class _Reader:
    """Reads Thrift's compact protocol (thrift-compact-protocol.md); texts and lists are passed over."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data, self.at = data, at

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Read a structure: its fields by number."""
        if depth > _MOST_NESTED:
            raise UnlikePageError
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._integer()
            fields[number] = self._value(head & 15, depth)
        return fields

    def _value(self, kind: int, depth: int, *, within_list: bool = False) -> Any:
        if kind in (_TRUE, _FALSE):
            return self._byte() == _TRUE if within_list else kind == _TRUE
        if kind in _INTEGERS:
            return self._integer()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_LIST, _SET):
            head = self._byte()
            count = head >> 4 if head >> 4 < _LONG_FORM else self._varint()
            for _ in range(count):
                self._value(head & 15, depth + 1, within_list=True)
        elif kind in (_BYTE, _DOUBLE, _BINARY):
            size = self._varint() if kind == _BINARY else {_BYTE: 1, _DOUBLE: 8}[kind]
            self.at += size  # _varint moves on, too
            # A list may claim more items than there are bytes.
            if self.at > len(self._data):
                raise UnlikePageError
        else:
            raise UnlikePageError
        return None

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise UnlikePageError
        self.at += 1
        return self._data[self.at - 1]

    def _varint(self) -> int:
        value, self.at = read_varint(self._data, self.at)
        return value

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
