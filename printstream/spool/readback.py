"""A reader of finished print files, as small as our own files allow: every object is found from the file's end.

In: the bytes of a file. Out: where every side's content lies, what every page says. Never: repairs, guesses, reads a form
that the writer does not write: whatever it does not know is a fault. It shares no code with the writer.
"""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.readback import find_streams, read_pages

_END = re.compile(rb"startxref\n(\d{1,15})\n%%EOF\n\Z")
_END_BYTES = 40
_XREF = re.compile(
    rb"(\d+) 0 obj\n<</Type/XRef/Size (\d+)/W\[1 (\d) (\d)\][^>]*>"
    rb"[^>]*>\]/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns (\d+)>>/Length (\d+)>>stream\n"
)
_PACK = re.compile(
    rb"(\d+) 0 obj\n<</Type/ObjStm/N (\d+)/First (\d+)/Filter/FlateDecode/Length (\d+)>>stream\n"
)
_NODE = re.compile(
    rb"<</Type/Pages/Count \d+/Kids\[((?:\d+ 0 R ?)*)\](?:/Parent (\d+) 0 R|/MediaBox\[[-\d. ]+\]/Resources \d+ 0 R)>>\n?"
)
_DEEPEST = 8
_HEAD_BYTES = 400
_UP = 2
_PACKED = 2
_WORDS = tuple(
    np.frombuffer(text, np.uint8)
    for text in (b" 0 obj\n<</Length ", b"/Filter/FlateDecode>>stream\n", b"\nendstream\nendobj\n")
)
_PAGE_WORDS = tuple(
    np.frombuffer(text, np.uint8) for text in (b"<</Type/Page/Parent ", b" 0 R/Contents ", b" 0 R")
)
_PAGE_FAULTS = (
    "the page is not of the planned form",
    "the page tree is broken",
    "the page or its trim box is not as planned",
)


class DamagedError(ValueError):
    """The file is not of the form that we write; the message says where it departs."""


class PrintFile:
    """A print file by its cross-reference stream (ISO 32000-2, 7.5.8).

    Args:
        data: the file.

    Attributes:
        offsets: int64[objects]: where each object begins; -1: it does not stand by itself.

    Raises:
        DamagedError: when the file is not as we write it.
    """

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        rows = _cross_reference(data)
        kinds, fields = rows[:, 0], rows[:, 1]
        self.offsets = np.where(kinds == 1, fields, -1)
        self._pack_of = np.where(kinds == _PACKED, fields, -1)
        self._place_in = rows[:, 2]

    @property
    def data(self) -> NDArray[np.uint8]:
        """The whole file."""
        return np.frombuffer(self._data, np.uint8)

    def begins_with(self, objects: Sequence[bytes]) -> bool:
        """Whether objects 1, 2, ... are these, byte for byte, where the cross-reference says that they are."""
        if self.offsets.size <= len(objects):
            return False
        offsets = self.offsets[1 : len(objects) + 1].tolist()
        return all(
            at >= 0 and self._data[at : at + len(source)] == source
            for at, source in zip(offsets, objects, strict=True)
        )

    def content(self, begin: int, length: int) -> memoryview:
        """Give a range of the file."""
        return memoryview(self._data)[begin : begin + length]

    def packed(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """Give the sources of objects inside object streams (ISO 32000-2, 7.5.7); empty where there is none."""
        for body, begins, ends in self.packed_runs(numbers):
            yield from (body[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True))

    def packed_runs(
        self, numbers: Sequence[int]
    ) -> Iterator[tuple[bytes, NDArray[np.int64], NDArray[np.int64]]]:
        """Give the same, for each run of objects in one object stream: its bytes, where each object begins and ends."""
        wanted = np.array(numbers, np.int64)
        known = (wanted >= 0) & (wanted < self._pack_of.size)
        packs = np.where(known, self._pack_of[np.where(known, wanted, 0)], -1)
        turns = np.flatnonzero(np.diff(packs)) + 1
        for begin, end in pairwise([0, *turns.tolist(), wanted.size]):
            if begin < end and packs[begin] < 0:
                nowhere = np.zeros(end - begin, np.int64)
                yield b"", nowhere, nowhere
            elif begin < end:
                body, places = self._unpack(int(packs[begin]))
                at = self._place_in[wanted[begin:end]]
                yield body, places[at], places[at + 1]

    def _unpack(self, pack: int) -> tuple[bytes, NDArray[np.int64]]:
        """Read one object stream; it must hold just the objects that the cross-reference places in it."""
        at = int(self.offsets[pack]) if pack < self.offsets.size else -1
        head = _PACK.match(self._data[at : at + _HEAD_BYTES]) if at >= 0 else None
        if head is None or int(head[1]) != pack:
            msg = f"object stream {pack} is missing or damaged"
            raise DamagedError(msg)
        first, length = int(head[3]), int(head[4])
        body = _inflate(self._data, at + head.end(), length)
        inside = np.flatnonzero(self._pack_of == pack)
        index = np.array([], np.int64)
        if not body[:first].translate(None, b"0123456789 \n"):
            index = np.fromstring(body[:first], np.int64, sep=" ")
        if index.size != 2 * int(head[2]):
            msg = f"object stream {pack} is damaged"
            raise DamagedError(msg)
        index = index.reshape(-1, 2)
        begins = np.append(index[:, 1] + first, len(body))
        in_order = np.array_equal(index[:, 0], inside) and bool((np.diff(begins) > 0).all())
        if not in_order or not np.array_equal(self._place_in[inside], np.arange(inside.size)):
            msg = f"object stream {pack} is damaged"
            raise DamagedError(msg)
        return body, begins


def page_tree(file: PrintFile, root: int, most: int) -> tuple[list[int], list[int]]:
    """Walk down the page tree (ISO 32000-2, 7.7.3.2) from its root; all pages lie equally deep.

    Args:
        file: the print file.
        root: object number of the root.
        most: pages that are expected; a tree with more than these is broken off.

    Returns:
        object numbers of the pages in page order, and of their parents.

    Raises:
        DamagedError: when the tree is broken.
    """
    level, parents = [root], [0]
    for _ in range(_DEEPEST):
        kids: list[int] = []
        owners: list[int] = []
        for number, parent, source in zip(level, parents, file.packed(level), strict=True):
            node = _NODE.fullmatch(source)
            if node is None or int(node[2] or 0) != parent:
                msg = "the page tree is broken"
                raise DamagedError(msg)
            # Every third word of "12 0 R 13 0 R".
            own = [int(word) for word in node[1].split()[::3]]
            kids += own
            owners += [number] * len(own)
        if len(kids) > most:
            msg = f"there are more than {most} sides"
            raise DamagedError(msg)
        first = next(file.packed(kids[:1]), b"")
        if not first.startswith(b"<</Type/Pages/"):
            return kids, owners
        level, parents = kids, owners
    msg = "the page tree is broken"
    raise DamagedError(msg)


def page_contents(file: PrintFile, pages: Sequence[int], parents: Sequence[int]) -> NDArray[np.int64]:
    """Read the pages with these object numbers and give the numbers of their content streams, int64[pages].

    Pages must differ in their parent, which is known, and in their content only.

    Raises:
        DamagedError: when one of them is no page, or says something else; its second argument is its place in the list.
    """
    contents = np.empty(len(pages), np.int64)
    owners, done, rest = np.array(parents, np.int64), 0, None
    for body, begins, ends in file.packed_runs(pages):
        stop = done + begins.size
        source = np.frombuffer(body, np.uint8)
        if rest is None:
            rest = _rest_of_page(source[begins[0] : ends[0]])
        bad, fault = read_pages(
            source, begins, ends, owners[done:stop], _PAGE_WORDS, rest, contents[done:stop]
        )
        if bad >= 0:
            raise DamagedError(_PAGE_FAULTS[fault], done + int(bad))
        done = stop
    return contents


def _rest_of_page(source: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a page says behind its content."""
    words = bytes(source).split(b" 0 R", 2)
    return np.frombuffer(words[-1].removesuffix(b"\n"), np.uint8)


def content_ranges(
    file: PrintFile, numbers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the content streams with these object numbers; give begin and length of each, int64[sides].

    Raises:
        DamagedError: when one of them is not whole; its second argument is its place.
    """
    known = (numbers > np.append(0, numbers[:-1])) & (numbers < file.offsets.size)
    offsets = np.where(known, file.offsets[np.where(known, numbers, 0)], -1)
    begins, lengths = np.empty_like(numbers), np.empty_like(numbers)
    bad = int(find_streams(file.data, offsets, numbers, _WORDS, begins, lengths))
    if bad >= 0:
        msg = "the content stream is out of order or damaged"
        raise DamagedError(msg, bad)
    return begins, lengths


def stream_sums(file: PrintFile, begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Give the Adler-32 that each zlib stream ends with (RFC 1950, 2.2); 0 where it is too short for one."""
    data = file.data
    last = np.where(lengths >= 6, begins + lengths, 4)
    sums = np.zeros(begins.size, np.uint32)
    for back in (4, 3, 2, 1):
        sums = sums << np.uint32(8) | data[last - back]
    return np.where(lengths >= 6, sums, 0).astype(np.uint32)


def _cross_reference(data: mmap.mmap) -> NDArray[np.int64]:
    """Rows of type, field 2, field 3: int64[size, 3]."""
    end = _END.search(data[-_END_BYTES:])
    at = int(end[1]) if end else len(data)
    head = _XREF.match(data[at : at + _HEAD_BYTES])
    if head is None:
        msg = "the end of the file is missing or damaged"
        raise DamagedError(msg)
    size, second, third, columns, length = map(int, head.groups()[1:])
    body = _inflate(data, at + head.end(), length)
    if columns != 1 + second + third or len(body) != size * (columns + 1) or int(head[1]) != size - 1:
        msg = "the cross-reference is damaged"
        raise DamagedError(msg)
    rows = np.frombuffer(body, np.uint8).reshape(size, columns + 1)
    if not (rows[:, 0] == _UP).all():
        msg = "the cross-reference is damaged"
        raise DamagedError(msg)
    plain = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    return np.stack(
        [plain[:, 0].astype(np.int64), _big(plain[:, 1 : 1 + second]), _big(plain[:, 1 + second :])], 1
    )


def _big(columns: NDArray[np.uint8]) -> NDArray[np.int64]:
    value = np.zeros(columns.shape[0], np.int64)
    for k in range(columns.shape[1]):
        value = value << 8 | columns[:, k]
    return value


def _inflate(data: mmap.mmap, begin: int, length: int) -> bytes:
    if data[begin + length : begin + length + 18] != b"\nendstream\nendobj\n":
        msg = "a stream's end is not where its length says"
        raise DamagedError(msg)
    try:
        return zlib.decompress(data[begin : begin + length])
    except zlib.error as e:
        msg = f"a stream cannot be decompressed: {e}"
        raise DamagedError(msg) from e
