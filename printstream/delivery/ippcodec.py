"""IPP messages as bytes and back (RFC 8010, 3).

In: attributes. Out: bytes; or attributes from bytes. Never: knows an operation; trusts a length.

The living Python client (pyipp) holds a whole document in memory and needs an asynchronous HTTP stack; a message is so
small a thing that this is the shorter way.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, NoReturn

from printstream.base.errors import DeliveryError
from printstream.base.frozen import frozen

# Delimiters (RFC 8010, 3.5.1).
OPERATION, JOB, END, PRINTER, UNSUPPORTED = 1, 2, 3, 4, 5
# Values (3.5.2).
NO_VALUE_TAGS = range(0x10, 0x20)
INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
OCTETS, DATE_TIME, RESOLUTION, RANGE = 0x30, 0x31, 0x32, 0x33
BEGIN_COLLECTION, TEXT_LANGUAGE, NAME_LANGUAGE, END_COLLECTION = 0x34, 0x35, 0x36, 0x37
TEXT, NAME, KEYWORD, URI, URI_SCHEME, CHARSET, LANGUAGE, MIME_TYPE, MEMBER_NAME = (
    *(0x41, 0x42, 0x44, 0x45),
    *(0x46, 0x47, 0x48, 0x49, 0x4A),
)
MAX_DEPTH = 16
"""Deepest collection that is read; the deepest of a standard has four."""


class IppFormatError(DeliveryError):
    """The other side's bytes are no IPP message."""


@frozen
class Value:
    """A value with its syntax.

    Attributes:
        tag: its syntax.
        data: int, bool, str, bytes, (low, high) of a range, (x, y, unit) of a resolution, attributes of a collection,
            None where there is no value.
    """

    tag: int
    data: Any


Attributes = dict[str, list[Value]]


@frozen
class Message:
    """A request or a response.

    Attributes:
        code: operation, or status.
        request_id: which request it is, or answers.
        groups: delimiter and attributes, in order.
        version: major, minor.
    """

    code: int
    request_id: int
    groups: tuple[tuple[int, Attributes], ...] = field(default=())
    version: tuple[int, int] = (1, 1)

    def group(self, tag: int) -> Attributes:
        """The first group of a kind; empty where there is none."""
        return next((attributes for kind, attributes in self.groups if kind == tag), {})


def one(tag: int, data: Any) -> list[Value]:
    """An attribute with one value."""
    return [Value(tag, data)]


def many(tag: int, data: Iterable[Any]) -> list[Value]:
    """An attribute with several values."""
    return [Value(tag, value) for value in data]


def collection(members: Mapping[str, list[Value]]) -> list[Value]:
    """An attribute whose value has members."""
    return [Value(BEGIN_COLLECTION, dict(members))]


# ---- to bytes


def encode(message: Message) -> bytes:
    """Write a message; a document follows it as it is (3.1)."""
    out = bytearray(struct.pack(">BBHI", *message.version, message.code, message.request_id))
    for tag, attributes in message.groups:
        out.append(tag)
        for name, values in attributes.items():
            _encode_attribute(out, name.encode(), values)
    out.append(END)
    return bytes(out)


def _encode_attribute(out: bytearray, name: bytes, values: list[Value]) -> None:
    for k, value in enumerate(values):
        # Further values of an attribute have an empty name (3.1.5).
        own = name if k == 0 else b""
        if value.tag == BEGIN_COLLECTION:
            _field(out, BEGIN_COLLECTION, own, b"")
            for member, inner in value.data.items():
                _field(out, MEMBER_NAME, b"", member.encode())
                _encode_attribute(out, b"", inner)
            _field(out, END_COLLECTION, b"", b"")
        else:
            _field(out, value.tag, own, _data_of(value))


def _field(out: bytearray, tag: int, name: bytes, data: bytes) -> None:
    out += struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(data)) + data


def _data_of(value: Value) -> bytes:
    tag, data = value.tag, value.data
    if tag in NO_VALUE_TAGS:
        return b""
    if tag in (INTEGER, ENUM):
        return struct.pack(">i", data)
    if tag == BOOLEAN:
        return b"\x01" if data else b"\x00"
    if tag == RANGE:
        return struct.pack(">ii", *data)
    if tag == RESOLUTION:
        return struct.pack(">iib", *data)
    return data if isinstance(data, bytes) else str(data).encode()


# ---- from bytes


def decode(data: bytes) -> Message:
    """Read a message; what follows its end is left alone.

    Raises:
        IppFormatError: when the bytes are no message.
    """
    if len(data) < 9:
        _fail("it ends in its header")
    major, minor, code, request_id = struct.unpack_from(">BBHI", data)
    reader = _Reader(data, 8)
    groups: list[tuple[int, Attributes]] = []
    while (tag := reader.byte()) != END:
        if tag >= 0x10:
            _fail("a value stands outside of a group")
        groups.append((tag, reader.attributes()))
    return Message(code, request_id, tuple(groups), (major, minor))


class _Reader:
    """Walks over the fields of a message."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def byte(self) -> int:
        if self._at >= len(self._data):
            _fail("it has no end")
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self) -> bytes:
        """A length and so many bytes."""
        begin = self._at + 2
        if begin > len(self._data):
            _fail("it ends in a length")
        (length,) = struct.unpack_from(">H", self._data, self._at)
        if begin + length > len(self._data):
            _fail("a length is larger than what is left")
        self._at = begin + length
        return self._data[begin : self._at]

    def attributes(self) -> Attributes:
        """All attributes up to the next delimiter."""
        found: Attributes = {}
        name = ""
        while self._at < len(self._data) and self._data[self._at] >= 0x10:
            tag = self.byte()
            own = self._bytes()
            name = own.decode("utf-8", "replace") or name
            if not name:
                _fail("a value has no attribute")
            found.setdefault(name, []).append(self._value(tag, self._bytes(), 1))
        return found

    def _value(self, tag: int, data: bytes, depth: int) -> Value:
        if tag == BEGIN_COLLECTION:
            return Value(tag, self._members(depth))
        try:
            return Value(tag, _plain(tag, data))
        except struct.error as error:
            what = "a number has another length than its syntax"
            _fail(what, error)

    def _members(self, depth: int) -> Attributes:
        """Members of a collection, up to its end (3.1.6, 3.1.7)."""
        if depth > MAX_DEPTH:
            _fail("collections lie too deep in each other")
        found: Attributes = {}
        name = ""
        while (tag := self.byte()) != END_COLLECTION:
            self._bytes()
            data = self._bytes()
            if tag == MEMBER_NAME:
                name = data.decode("utf-8", "replace")
            elif name:
                found.setdefault(name, []).append(self._value(tag, data, depth + 1))
            else:
                _fail("a member has no name")
        self._bytes()
        self._bytes()
        return found


def _plain(tag: int, data: bytes) -> Any:
    if tag in NO_VALUE_TAGS:
        return None
    if tag in (INTEGER, ENUM):
        return struct.unpack(">i", data)[0]
    if tag == BOOLEAN:
        return struct.unpack(">?", data)[0]
    if tag == RANGE:
        return struct.unpack(">ii", data)
    if tag == RESOLUTION:
        return struct.unpack(">iib", data)
    if tag in (TEXT_LANGUAGE, NAME_LANGUAGE):
        (length,) = struct.unpack_from(">H", data)
        return data[length + 4 :].decode("utf-8", "replace")
    return data if tag in (OCTETS, DATE_TIME) or tag < 0x40 else data.decode("utf-8", "replace")


def _fail(what: str, cause: Exception | None = None) -> NoReturn:
    msg = f"the answer is no IPP message: {what}"
    raise IppFormatError(msg) from cause
