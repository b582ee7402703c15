"""The document part hierarchy of PDF/VT: one record a piece (ISO 16612-2; ISO 32000-2, 14.12).

In: where each piece's pages begin, what is said of it. Out: PDF objects, one after the other. Never: keeps an object a
piece: eight bytes are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.spool.trees import FANOUT, tree_levels

_BATCH = 4096


@frozen
class Records:
    """The records of one file.

    Attributes:
        first_page: int64[pieces + 1]: page on which each piece begins, from 0; the end. All pages belong to a piece.
        metadata: gives the document part metadata (DPM) dictionaries of pieces begin..end-1, as PDF source.
        root: that of the whole file.
    """

    first_page: NDArray[np.int64]
    metadata: Callable[[int, int], Iterable[bytes]]
    root: bytes

    @property
    def pieces(self) -> int:
        """How many there are."""
        return self.first_page.size - 1

    def all_metadata(self) -> Iterator[bytes]:
        """Metadata of all pieces, in batches."""
        for begin in range(0, self.pieces, _BATCH):
            yield from self.metadata(begin, min(begin + _BATCH, self.pieces))


@frozen
class Parts:
    """What the records of a file say.

    Attributes:
        first_page: int64[records + 1]: page on which each begins, from 0; the end.
        piece_ids: int64[records]: the piece that each says it is.
    """

    first_page: NDArray[np.int64]
    piece_ids: NDArray[np.int64]


class PartTree:
    """Numbers and writes the hierarchy: leaves (pieces), groups of them, the node of the file, the root.

    Args:
        records: at least one.
        first: number of the first object.
        first_page: number of the first page's object.
    """

    def __init__(self, records: Records, first: int, first_page: int) -> None:
        self._records = records
        self._first_page = first_page
        self._levels = tree_levels(first, records.pieces)
        self.root = self._levels[-1][0] + 1
        self.objects = self.root + 1 - first

    def pages(self, pages: Iterable[bytes]) -> Iterator[bytes]:
        """Give each page its way back to its record (ISO 32000-2, table 31)."""
        bodies, leaf = iter(pages), self._levels[0][0]
        for begin in range(0, self._records.pieces, _BATCH):
            counts = np.diff(self._records.first_page[begin : begin + _BATCH + 1]).tolist()
            for number, count in enumerate(counts, leaf + begin):
                for _ in range(count):
                    yield b"%b/DPart %d 0 R>>" % (next(bodies)[:-2], number)

    def bodies(self) -> Iterator[bytes]:
        """All objects in number order."""
        yield from self._leaves()
        for level in range(1, len(self._levels)):
            yield from self._nodes(level)
        names = b"".join(b"/" + name for name in self._names())
        yield b"<</Type/DPartRoot/DPartRootNode %d 0 R/RecordLevel %d/NodeNameList[%b]>>" % (
            self._levels[-1][0],
            len(self._levels) - 1,
            names,
        )

    def _names(self) -> list[bytes]:
        """A name a level, from the top."""
        between = len(self._levels) - 2
        groups = [b"Group"] if between == 1 else [b"Group%d" % (k + 1) for k in range(between)]
        return [b"Spool", *groups, b"Piece"]

    def _leaves(self) -> Iterator[bytes]:
        parents, page = self._levels[1][0], self._first_page
        said = self._records.all_metadata()
        for begin in range(0, self._records.pieces, _BATCH):
            firsts = self._records.first_page[begin : begin + _BATCH + 1].tolist()
            for k, (first, end) in enumerate(pairwise(firsts)):
                yield b"<</Type/DPart/Parent %d 0 R/Start %d 0 R/End %d 0 R/DPM%b>>" % (
                    parents + (begin + k) // FANOUT,
                    page + first,
                    page + end - 1,
                    next(said),
                )

    def _nodes(self, level: int) -> Iterator[bytes]:
        first_kid, kids = self._levels[level - 1]
        is_top = level + 1 == len(self._levels)
        for index in range(self._levels[level][1]):
            begin, end = FANOUT * index, min(FANOUT * (index + 1), kids)
            refs = b" ".join([b"%d 0 R" % n for n in range(first_kid + begin, first_kid + end)])
            parent = self.root if is_top else self._levels[level + 1][0] + index // FANOUT
            rest = b"/DPM" + self._records.root if is_top else b""
            yield b"<</Type/DPart/Parent %d 0 R/DParts[[%b]]%b>>" % (parent, refs, rest)
