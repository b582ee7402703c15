"""Files that go along with pages, and the tree of their names (ISO 19005-3, 6.8; ISO 32000-1, 7.11.4 and 7.9.6).

In: which page each belongs to, its name and content. Out: PDF objects, one after the other. Never: keeps a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.spool.compress import pack
from printstream.spool.texts import pdf_name, text_string
from printstream.spool.trees import FANOUT, tree_levels

_BATCH = 1024


@frozen
class Attachments:
    """The files that go along with one PDF.

    Attributes:
        pages: int64[files]: page that each belongs to, from 0, rising.
        first: number of the first; names count on from it, so that they rise too.
        name: of the file with a number; all as long as each other, ASCII.
        data: gives the content of files begin..end-1, counted from 0.
        media_type: of all.
        says: what they are, for a person.
        modified: day that they were made.
    """

    pages: NDArray[np.int64]
    first: int
    name: Callable[[int], str]
    data: Callable[[int, int], Iterable[bytes]]
    media_type: str
    says: str
    modified: date

    @property
    def count(self) -> int:
        """How many there are."""
        return self.pages.size

    def names(self, begin: int, end: int) -> list[str]:
        """Names of files begin..end-1."""
        return [self.name(self.first + k) for k in range(begin, end)]

    def all_data(self) -> Iterator[bytes]:
        """Contents, in batches."""
        for begin in range(0, self.count, _BATCH):
            yield from self.data(begin, min(begin + _BATCH, self.count))


class FileTree:
    """Numbers and writes: streams by themselves, then specifications and the tree of their names.

    Args:
        files: at least one.
        first: number of the first specification.
        first_stream: number of the first stream.
    """

    def __init__(self, files: Attachments, first: int, first_stream: int) -> None:
        self._files = files
        self._first_stream = first_stream
        self._levels = tree_levels(first, files.count)
        self.root = self._levels[-1][0]
        self.objects = self.root + 1 - first

    def streams(self) -> Iterator[bytes]:
        """Whole objects of the embedded files, in number order."""
        kind = pdf_name(self._files.media_type)
        day = self._files.modified.strftime("D:%Y%m%d000000Z").encode("ascii")
        head = (
            b"%d 0 obj\n<</Type/EmbeddedFile/Subtype%b/Params<</Size %d/ModDate(%b)/CheckSum<%b>>>"
            b"/Filter/FlateDecode/Length %d>>stream\n%b\nendstream\nendobj\n"
        )
        for number, data in enumerate(self._files.all_data(), self._first_stream):
            packed = pack(data)
            # MD5 is what the entry holds (ISO 32000-1, table 46); it keeps no secret.
            digest = hashlib.md5(data, usedforsecurity=False).hexdigest().encode("ascii")
            yield head % (number, kind, len(data), day, digest, len(packed), packed)

    def pages(self, pages: Iterable[bytes]) -> Iterator[bytes]:
        """Name the files on the pages to which they belong."""
        bodies, spec, place = iter(pages), self._levels[0][0], 0
        for number, page in enumerate(self._files.pages.tolist(), spec):
            while place < page:
                yield next(bodies)
                place += 1
            yield b"%b/AF[%d 0 R]>>" % (next(bodies)[:-2], number)
            place += 1
        yield from bodies

    def bodies(self) -> Iterator[bytes]:
        """Specifications, then the name tree from its leaves to its root."""
        says = text_string(self._files.says)
        for k in range(self._files.count):
            stream, (name,) = self._first_stream + k, self._files.names(k, k + 1)
            named = text_string(name)
            yield (
                b"<</Type/Filespec/AFRelationship/Data/F%b/UF%b/Desc%b/EF<</F %d 0 R/UF %d 0 R>>>>"
                % (named, named, says, stream, stream)
            )
        below = 1
        for level in range(1, len(self._levels)):
            yield from self._nodes(level, below)
            below *= FANOUT

    def _nodes(self, level: int, below: int) -> Iterator[bytes]:
        """Nodes of a level; each kid has ``below`` files."""
        first_kid, kids = self._levels[level - 1]
        for index in range(self._levels[level][1]):
            begin, end = FANOUT * index, min(FANOUT * (index + 1), kids)
            if level == 1:
                named = zip(
                    self._files.names(begin, end), range(first_kid + begin, first_kid + end), strict=True
                )
                held = b"/Names[%b]" % b"".join(b"%b%d 0 R " % (text_string(n), k) for n, k in named)
            else:
                held = b"/Kids[%b]" % b" ".join(
                    b"%d 0 R" % k for k in range(first_kid + begin, first_kid + end)
                )
            yield b"<<%b%b>>" % (self._limits(level, begin * below, end * below), held)

    def _limits(self, level: int, begin: int, end: int) -> bytes:
        """First and last name below a node; the root has none (ISO 32000-1, table 36)."""
        if level + 1 == len(self._levels):
            return b""
        first, last = self._files.name(self._files.first + begin), min(end, self._files.count) - 1
        return b"/Limits[%b%b]" % (
            text_string(first),
            text_string(self._files.name(self._files.first + last)),
        )
