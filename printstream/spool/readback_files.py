"""Reads associated files back: every page that has one, its specification, its bytes, the tree of names.

In: a print file, its pages, what was planned. Out: nothing, or a fault. Never: repairs; it shares no code with the writer.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from printstream.spool.readback import DamagedError, PrintFile

_PAGE = re.compile(
    rb"<</Type/Page/Parent (\d+) 0 R/Contents (\d+) 0 R(.*?)(?:/AF\[(\d+) 0 R\])?>>\n?", re.DOTALL
)
_SPEC = re.compile(
    rb"<</Type/Filespec/AFRelationship/Data/F\(([!-'*-\[\]-~]+)\)/UF\(\1\)/Desc.{1,400}"
    rb"/EF<</F (\d+) 0 R/UF \2 0 R>>>>\n?",
    re.DOTALL,
)
_STREAM = re.compile(
    rb"(\d+) 0 obj\n<</Type/EmbeddedFile/Subtype/[!-~]+?/Params<</Size (\d+)/ModDate\(D:\d{14}Z\)"
    rb"/CheckSum<([0-9a-f]{32})>>>/Filter/FlateDecode/Length (\d+)>>stream\n"
)
_NODE = re.compile(
    rb"<<(?:/Limits\[\(([^()]+)\)\(([^()]+)\)\])?/(Names|Kids)\[((?:\([^()]+\)|\d+ 0 R|[ ])+)\]>>\n?"
)
_NAMED = re.compile(rb"\(([^()]+)\)(\d+) 0 R")
_HEAD_BYTES = 400
_DEEPEST = 8


def pages_with_files(
    file: PrintFile, pages: Sequence[int], parents: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[int]]:
    """Read pages as ``readback.page_contents`` does; some name a file besides.

    Returns:
        int64[pages] numbers of the content streams; int64[files] places of the pages that name a file; numbers of the
        specifications.

    Raises:
        DamagedError: when one of them is no such page; its second argument is its place in the list.
    """
    contents = np.empty(len(pages), np.int64)
    places, specs = [], []
    rest = None
    for place, (source, parent) in enumerate(zip(file.packed(pages), parents, strict=True)):
        found = _PAGE.fullmatch(source)
        if found is None or int(found[1]) != parent:
            msg = "the page is not of the planned form"
            raise DamagedError(msg, place)
        rest = found[3] if rest is None else rest
        if found[3] != rest:
            msg = "the page or its trim box is not as planned"
            raise DamagedError(msg, place)
        contents[place] = int(found[2])
        if found[4] is not None:
            places.append(place)
            specs.append(int(found[4]))
    return contents, np.array(places, np.int64), specs


def read_files(file: PrintFile, root: int, specs: Sequence[int], data: Iterable[bytes]) -> None:
    """Compare all associated files with what was planned.

    Args:
        file: the print file.
        root: object number of the tree of names.
        specs: numbers of the specifications in page order.
        data: what each should hold.

    Raises:
        DamagedError: when one is missing, holds something else, or is not named.
    """
    named = list(_names(file, root, len(specs)))
    if [number for _, number in named] != list(specs) or any(a >= b for (a, _), (b, _) in pairwise(named)):
        msg = "the names of the associated files are broken"
        raise DamagedError(msg)
    wanted = iter(data)
    for k, (source, (name, _)) in enumerate(zip(file.packed(specs), named, strict=True)):
        found = _SPEC.fullmatch(source)
        if found is None or found[1] != name:
            msg = f"associated file {k} is damaged"
            raise DamagedError(msg)
        if _content(file, int(found[2]), k) != next(wanted, None):
            msg = f"associated file {k} does not hold what was planned"
            raise DamagedError(msg)
    if next(wanted, None) is not None:
        msg = "associated files are missing"
        raise DamagedError(msg)


def _content(file: PrintFile, number: int, place: int) -> bytes:
    """The bytes of an embedded file, its length and checksum compared."""
    at = int(file.offsets[number]) if number < file.offsets.size else -1
    head = _STREAM.match(file.content(at, _HEAD_BYTES)) if at >= 0 else None
    if head is None or int(head[1]) != number:
        msg = f"associated file {place} is damaged"
        raise DamagedError(msg)
    try:
        data = zlib.decompress(file.content(at + head.end(), int(head[4])))
    except zlib.error as error:
        msg = f"associated file {place} cannot be decompressed"
        raise DamagedError(msg) from error
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest().encode("ascii")
    if len(data) != int(head[2]) or digest != head[3]:
        msg = f"associated file {place} is not as long, or not what its checksum says"
        raise DamagedError(msg)
    return data


def _names(file: PrintFile, root: int, most: int) -> Iterator[tuple[bytes, int]]:
    """All names and the specifications they stand for, in order; limits of leaves are compared."""
    level = [root]
    for _ in range(_DEEPEST):
        below: list[int] = []
        found: list[tuple[bytes, int]] = []
        for source in file.packed(level):
            node = _NODE.fullmatch(source)
            if node is None:
                msg = "the names of the associated files are broken"
                raise DamagedError(msg)
            if node[3] == b"Names":
                own = [(name, int(number)) for name, number in _NAMED.findall(node[4])]
                if node[1] is not None and (own[0][0], own[-1][0]) != (node[1], node[2]):
                    msg = "the limits of the associated files' names are wrong"
                    raise DamagedError(msg)
                found += own
            else:
                below += [int(word) for word in node[4].split()[::3]]
        if found and below:
            break
        if found:
            yield from found
            return
        if len(below) > most:
            break
        level = below
    msg = "the names of the associated files are broken"
    raise DamagedError(msg)
