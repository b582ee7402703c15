"""Reads the document part hierarchy back: every node, every record's pages, every page's way back to its record.

In: a print file, its pages. Out: which pages are whose. Never: repairs, guesses; it shares no code with the writer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from printstream.spool.parts import Parts
from printstream.spool.readback import DamagedError, PrintFile

_PAGE = re.compile(rb"<</Type/Page/Parent (\d+) 0 R/Contents (\d+) 0 R(.*)/DPart (\d+) 0 R>>\n?", re.DOTALL)
_ROOT = re.compile(
    rb"<</Type/DPartRoot/DPartRootNode (\d+) 0 R/RecordLevel (\d+)/NodeNameList\[((?:/[A-Za-z0-9]+)+)\]>>\n?"
)
_NODE = re.compile(
    rb"<</Type/DPart/Parent (\d+) 0 R/DParts\[\[((?:\d+ 0 R ?)+)\]\](?:/DPM<<.*>>)?>>\n?", re.DOTALL
)
_LEAF = re.compile(
    rb"<</Type/DPart/Parent (\d+) 0 R/Start (\d+) 0 R/End (\d+) 0 R/DPM(<<.*>>)>>\n?", re.DOTALL
)
_PIECE = re.compile(rb"/CIP4_ExternalID/(\d{1,9})[/>]")
_DEEPEST = 8
_BROKEN = "the document parts are broken"


def pages_of_parts(
    file: PrintFile, pages: Sequence[int], parents: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read pages as ``readback.page_contents`` does; each names its document part besides.

    Returns:
        int64[pages] numbers of the content streams, int64[pages] of the parts.

    Raises:
        DamagedError: when one of them is no such page; its second argument is its place in the list.
    """
    contents, parts = np.empty(len(pages), np.int64), np.empty(len(pages), np.int64)
    rest = None
    for place, (source, parent) in enumerate(zip(file.packed(pages), parents, strict=True)):
        found = _PAGE.fullmatch(source)
        if found is None:
            msg = "the page has no document part, or is not of the planned form"
            raise DamagedError(msg, place)
        if int(found[1]) != parent:
            msg = "the page tree is broken"
            raise DamagedError(msg, place)
        rest = found[3] if rest is None else rest
        if found[3] != rest:
            msg = "the page or its trim box is not as planned"
            raise DamagedError(msg, place)
        contents[place], parts[place] = int(found[2]), int(found[4])
    return contents, parts


def read_parts(
    file: PrintFile,
    root: int,
    pages: Sequence[int],
    parts: NDArray[np.int64],
    said: Iterable[bytes] | None = None,
) -> Parts:
    """Walk down the hierarchy and compare it with the pages.

    Args:
        file: the print file.
        root: object number of the DPartRoot.
        pages: object numbers of all pages in order.
        parts: what ``pages_of_parts`` found.
        said: the metadata that each record should have; not compared where absent.

    Raises:
        DamagedError: when records are not the pages, each once and in order, or say something else.
    """
    leaves, parents = _leaves(file, root, len(pages))
    starts, ends, pieces = (np.empty(len(leaves), np.int64) for _ in range(3))
    wanted = None if said is None else iter(said)
    for k, (source, parent) in enumerate(zip(file.packed(leaves), parents, strict=True)):
        found = _LEAF.fullmatch(source)
        piece = None if found is None else _PIECE.search(found[4])
        if found is None or piece is None or int(found[1]) != parent:
            msg = f"{_BROKEN} at record {k}"
            raise DamagedError(msg)
        if wanted is not None and found[4] != next(wanted, None):
            msg = f"record {k} does not say what was planned"
            raise DamagedError(msg)
        starts[k], ends[k], pieces[k] = int(found[2]), int(found[3]), int(piece[1])
    if wanted is not None and next(wanted, None) is not None:
        msg = "records are missing"
        raise DamagedError(msg)
    return Parts(_ranges(np.array(pages, np.int64), starts, ends, np.array(leaves, np.int64), parts), pieces)


def _leaves(file: PrintFile, root: int, most: int) -> tuple[list[int], list[int]]:
    """Numbers of the records and of their parents; all lie as deep as the root says."""
    source = next(file.packed([root]), b"")
    found = _ROOT.fullmatch(source)
    depth = int(found[2]) if found else 0
    if found is None or not 1 <= depth <= _DEEPEST or found[3].count(b"/") != depth + 1:
        raise DamagedError(_BROKEN)
    level, parents = [int(found[1])], [root]
    for _ in range(depth):
        kids: list[int] = []
        owners: list[int] = []
        for number, parent, body in zip(level, parents, file.packed(level), strict=True):
            node = _NODE.fullmatch(body)
            if node is None or int(node[1]) != parent:
                raise DamagedError(_BROKEN)
            # Every third word of "12 0 R 13 0 R".
            own = [int(word) for word in node[2].split()[::3]]
            kids += own
            owners += [number] * len(own)
        if len(kids) > most:
            msg = "there are more records than pages"
            raise DamagedError(msg)
        level, parents = kids, owners
    return level, parents


def _ranges(
    pages: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    leaves: NDArray[np.int64],
    parts: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Page on which each record begins, and the end; every page lies in one record, which it names."""
    first, last = np.searchsorted(pages, starts), np.searchsorted(pages, ends)
    known = np.all(pages[np.minimum(first, pages.size - 1)] == starts)
    known &= np.all(pages[np.minimum(last, pages.size - 1)] == ends)
    bounds = np.append(first, pages.size)
    if not known or np.any(np.diff(pages) <= 0) or first[0] != 0 or np.any(last + 1 != bounds[1:]):
        msg = "the records are not the pages, each once and in order"
        raise DamagedError(msg)
    strangers = np.flatnonzero(np.repeat(leaves, np.diff(bounds)) != parts)
    if strangers.size:
        msg = "the page belongs to another record than the one that holds it"
        raise DamagedError(msg, int(strangers[0]))
    return bounds.astype(np.int64)
