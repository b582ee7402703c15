"""Kernels of room 1: lines counted, added up and grouped by document; fates are those of ``kernels.ingest``.

Lines of one document lie anywhere, so every line costs a cache miss in whatever is kept by document: what one needs
of it lies together, and parts of the lines are worked on by several threads, each with tallies of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from printstream.kernels.ingest import UNREADABLE
from printstream.kernels.jit import kernel

COUNT, HIGH, LOW, TALLIES = range(4)
"""A tally: lines, and their money as high * 2**32 + low."""


@kernel
def tally_lines(
    documents: NDArray[np.int32],
    cents: NDArray[np.signedinteger],
    tallies: NDArray[np.int64],
    fates: NDArray[np.int64],
) -> tuple[bool, int, int]:
    """Count the lines of every document and of every fate, and add up their money, exactly.

    Args:
        documents: int32 [rows]: document or fate of every line.
        cents: int8..int64 [rows], or empty; UNREADABLE counts as 0.
        tallies: int64 [n, TALLIES], the caller's: added to.
        fates: int64 [FATES, TALLIES], the caller's: added to.

    Returns:
        whether the lines of documents lie in the documents' order; the first and the last document, -1 where there
        is no line of any.
    """
    ordered = True
    begin: Any = -1
    last: Any = -1
    for i in range(documents.size):
        document = documents[i]
        value = np.int64(cents[i]) if cents.size else np.int64(0)
        if value == UNREADABLE:
            value = np.int64(0)
        if document < 0:
            fates[-document, COUNT] += 1
            fates[-document, HIGH] += value >> 32
            fates[-document, LOW] += value & 0xFFFFFFFF
            continue
        ordered &= document >= last
        if last < 0:
            begin = document
        last = document
        tallies[document, COUNT] += 1
        tallies[document, HIGH] += value >> 32
        tallies[document, LOW] += value & 0xFFFFFFFF
        fates[0, COUNT] += 1
        fates[0, HIGH] += value >> 32
        fates[0, LOW] += value & 0xFFFFFFFF
    return ordered, begin, last


@kernel
def settle_sums(tallies: NDArray[np.int64], out: NDArray[np.int64]) -> None:
    """Turn split sums into whole ones.

    Args:
        tallies: int64 [n, TALLIES].
        out: int64 [n], the caller's; UNREADABLE where a sum needs more than 63 bits.
    """
    for i in range(out.size):
        top = tallies[i, HIGH] + (tallies[i, LOW] >> 32)
        if -(1 << 31) <= top < (1 << 31):
            out[i] = (top << 32) | (tallies[i, LOW] & 0xFFFFFFFF)
        else:
            out[i] = UNREADABLE


@kernel
def place_lines(
    documents: NDArray[np.int32], row: int, following: NDArray[np.int64], order: NDArray[np.uint32]
) -> None:
    """Group lines by document, stable: the second half of a counting sort.

    Args:
        documents: int32 [rows]: document or fate of some consecutive lines.
        row: of the first of them.
        following: int64 [n], the caller's: first place of each document's lines among these; used up.
        order: uint32 [accepted], the caller's: rows, grouped. May lie over ``documents`` where these are all lines, in
            order already, since then no row is placed behind itself.
    """
    for i in range(documents.size):
        document = documents[i]
        if document >= 0:
            order[following[document]] = row + i
            following[document] += 1


@kernel
def close_gaps(
    order: NDArray[np.uint32], first: NDArray[np.int64], keep: NDArray[np.bool_], leaving: NDArray[np.uint32]
) -> None:
    """Move the lines of documents that stay together, in place.

    Args:
        order: uint32 [lines], the caller's: rows, grouped by document; those that stay lie in front afterwards.
        first: int64 [n + 1]: the lines of document d are order[first[d]:first[d + 1]].
        keep: bool [n]: which documents stay.
        leaving: uint32 [lines that leave], the caller's: their rows.
    """
    at = gone = 0
    for d in range(keep.size):
        begin, count = first[d], first[d + 1] - first[d]
        if not keep[d]:
            for i in range(count):
                leaving[gone + i] = order[begin + i]
            gone += count
            continue
        if at < begin:
            for i in range(count):
                order[at + i] = order[begin + i]
        at += count
