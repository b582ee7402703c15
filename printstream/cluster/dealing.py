"""Between the sort and the ink: which worker's documents go into which spool.

In: the plan, and where its documents lie. Out: groups of spools, a block of each part for each. Never: changes the
mailing order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.frozen import frozen
from printstream.base.places import Place
from printstream.base.program import Sheets
from printstream.cluster.blocks import ENCLOSURE, pack_array, pack_block, pack_table, unpack_array
from printstream.cluster.group import Group
from printstream.cluster.part import Laid
from printstream.cluster.split import Block, Offsets, write_blocks
from printstream.plan import Plan

GROUP_PIECES = 50_000
"""Pieces of a group: enough to make blocks worth a read, few enough for a worker's memory."""
_GROUPS_A_THREAD = 4
_NO_SHEETS = Sheets.single(np.zeros(0, np.uint32), np.zeros(1, np.int64), np.zeros(0, np.uint32))


@frozen
class Homes:
    """Where the plan's documents lie: int64[documents] part, and row within it."""

    part: NDArray[np.int64]
    row: NDArray[np.int64]


def cut_groups(plan: Plan, threads: int) -> list[tuple[int, int]]:
    """Cut the run's spools into groups of consecutive ones; nothing that is printed depends on it."""
    pieces = plan.imposed.spools[c.PIECES.name].to_list()
    target = min(GROUP_PIECES, -(-sum(pieces) // (_GROUPS_A_THREAD * threads)))
    groups: list[tuple[int, int]] = []
    begin = held = 0
    for k, count in enumerate(pieces):
        held += count
        if held >= target or k + 1 == len(pieces):
            groups.append((begin, k + 1))
            begin, held = k + 1, 0
    return groups


def make_groups(plan: Plan, cuts: Sequence[tuple[int, int]]) -> list[Group]:
    """Give each group its share of what was imposed; blocks are still to come."""
    imposed, groups = plan.imposed, []
    sheets = imposed.sheets
    bare = replace(
        imposed,
        sheets=_NO_SHEETS._replace(following=sheets.following),
        piece_spool=_NOTHING,
        piece_first_side=_NOTHING,
        first_side=_NOTHING,
        sides=_NOTHING,
        slot=_NOTHING,
        own_sheets=(),
    )
    for begin, end in cuts:
        spools = imposed.spools[begin:end]
        first = int(spools[c.FIRST_SEQUENCE.name][0])
        last = first + int(spools[c.PIECES.name].sum())
        own = replace(
            bare,
            spools=spools,
            spreads=imposed.spreads[begin:end],
            piece_control=imposed.piece_control[first:last],
        )
        bounds = np.searchsorted(sheets.enclosure_piece, (first, last))
        begin_document, end_document = (int(v) for v in bounds)
        shared = end_document - begin_document > last - first
        owners = sheets.enclosure_piece[begin_document:end_document] - np.uint32(first)
        groups.append(
            Group(
                blocks=(),
                imposed=own,
                first_piece=first,
                last_piece=last,
                first_enclosure=begin_document,
                last_enclosure=end_document,
                first_sheet=int(sheets.piece_sheet[first]),
                last_sheet=int(sheets.piece_sheet[last]),
                owners=owners if shared else _NOTHING,
                piece_inserts=sheets.piece_inserts[first:last],
            )
        )
    return groups


_NOTHING = np.zeros(0, np.uint32)


def write_order(
    plan: Plan, homes: Homes, groups: Sequence[Group], parts: int, folder: Place
) -> Iterator[Offsets]:
    """Tell each part, by a file, where in the mailing each of its documents is.

    Returns:
        for each part int64[groups + 1]: how its documents, in mailing order, fall into the groups.
    """
    document = plan.imposed.sheets.enclosure_document
    part = homes.part[document]
    enclosures = np.argsort(part, kind="stable")
    ends = np.cumsum(np.bincount(part, minlength=parts))
    firsts = [group.first_enclosure for group in groups] + [document.size]
    begin = 0
    for number, end in enumerate(ends.tolist()):
        own = enclosures[begin:end]
        (folder / str(number)).write(pack_array(np.stack([homes.row[document[own]], own])))
        yield np.searchsorted(own, firsts).astype(np.int64)
        begin = end


def write_rows(tables: Iterable[pl.DataFrame], groups: Sequence[Group], folder: Place) -> None:
    """Leave each group its rows of a table, a file a group."""
    for table, group in zip(tables, groups, strict=True):
        (folder / str(group.first_piece)).write(pack_table(table))


def pack_groups(scratch: Place, laid: Laid, number: int, cuts: Offsets, name: str) -> Offsets:
    """Write a part's documents and lines, a block a group.

    Args:
        scratch: the run's scratch folder.
        laid: the part.
        number: its number.
        cuts: int64[groups + 1]: how its documents fall into the groups.
        name: file of the scratch folder to write.

    Returns:
        int64[groups + 1]: where each block begins, and the end.
    """
    rows, enclosures = unpack_array((scratch / "sorted" / str(number)).read())

    def blocks() -> Iterator[bytes]:
        for begin, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            if begin == end:
                yield b""
                continue
            own = rows[begin:end]
            frame = laid.documents[own].with_columns(pl.Series(ENCLOSURE, enclosures[begin:end], pl.Int64))
            yield pack_block(frame, laid.lines, own)

    return write_blocks(scratch / name, blocks())


def blocks_by_share(files: Sequence[str], offsets: Sequence[Offsets]) -> list[tuple[Block, ...]]:
    """Turn the offsets of many files into the blocks of each share; empty ones are left out."""
    if not offsets:
        return []
    table = np.stack(offsets)
    return [
        tuple(
            Block(file, begin, end)
            for file, begin, end in zip(files, table[:, k].tolist(), table[:, k + 1].tolist(), strict=True)
            if end > begin
        )
        for k in range(table.shape[1] - 1)
    ]
