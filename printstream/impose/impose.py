"""Cut the mailing into spools and lay their sheets on press sheets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.program import FOLLOWS_KEEP, FOLLOWS_OMIT, Enclosures, Sheets, Spread
from printstream.base.units import dpt
from printstream.job import Imposition, Job

_CROP_GAP_MPT = 9_000
_CROP_LENGTH_MPT = 18_000


@dataclass(frozen=True)
class Imposed:
    """Where everything lies.

    Attributes:
        spools: a row a spool: SPOOL, STREAM, FIRST_SEQUENCE, PIECES, SHEETS, IMPRESSIONS.
        sheets: which sheet of which piece is which.
        spreads: how each spool's sheets lie on its press sheets.
        piece_spool, piece_first_side: uint32[pieces]: spool number, and page of its file on which the piece starts.
        piece_slot: uint32[pieces]: slot of the press sheet that its sheets lie in, from 0 in reading order.
        sheet_width_mpt, sheet_height_mpt: press sheet.
        trim_boxes_mpt: left, bottom, right, top of the trimmed pages of a front, in slot order.
        piece_control: uint32[pieces]: what the inserter does with each piece, which marks adds; empty: nothing.
    """

    spools: pl.DataFrame
    sheets: Sheets
    spreads: tuple[Spread, ...]
    piece_spool: NDArray[np.uint32]
    piece_first_side: NDArray[np.uint32]
    piece_slot: NDArray[np.uint32]
    sheet_width_mpt: int
    sheet_height_mpt: int
    trim_boxes_mpt: tuple[tuple[int, int, int, int], ...]
    piece_control: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))


def impose(
    pieces: pl.DataFrame,
    job: Job,
    page_width_mpt: int,
    page_height_mpt: int,
    enclosures: Enclosures | None = None,
) -> Imposed:
    """Cut spools at tray boundaries and lay out their sheets.

    Args:
        pieces: a row a piece in mailing order: DOCUMENT (its first), SHEETS, STREAM, TRAY_ID; INSERTS where it has any.
        job: imposition, spool size.
        page_width_mpt: width of the trimmed page.
        page_height_mpt: its height.
        enclosures: the documents of the pieces; each piece is one document where absent.

    Raises:
        JobError: when the pages do not fit on the press sheet.
    """
    places = _places(job.imposition, page_width_mpt, page_height_mpt)
    slots = len(places)
    sheets = _number_sheets(pieces, enclosures, job)
    first_sheet = sheets.piece_sheet
    cuts = _cut_spools(pieces, first_sheet, job.spool.sheets * slots)
    fragments = _fragments(job.imposition, places, page_width_mpt, page_height_mpt)
    spreads = []
    impressions = []
    piece_spool = np.zeros(pieces.height, np.uint32)
    piece_first_side = np.zeros(pieces.height, np.uint32)
    piece_slot = np.zeros(pieces.height, np.uint32)
    for number, (begin, end) in enumerate(cuts, 1):
        stacks = _cut_stacks(first_sheet, begin, end, slots)
        spread = _spread(first_sheet, stacks, *fragments)
        spreads.append(spread)
        impressions.append(2 * int(spread.stack_sheets.max()))
        piece_spool[begin:end] = number
        for slot, (stack_begin, stack_end) in enumerate(stacks):
            piece_slot[stack_begin:stack_end] = slot
            own = first_sheet[stack_begin:stack_end] - first_sheet[stack_begin]
            piece_first_side[stack_begin:stack_end] = 2 * own
    return Imposed(
        _spool_frame(pieces, cuts, first_sheet, impressions),
        sheets,
        tuple(spreads),
        piece_spool,
        piece_first_side,
        piece_slot,
        job.imposition.sheet_width,
        job.imposition.sheet_height,
        tuple((x, y, x + page_width_mpt, y + page_height_mpt) for x, y in places),
    )


def _number_sheets(pieces: pl.DataFrame, enclosures: Enclosures | None, job: Job) -> Sheets:
    """Number the sheets of all documents of all pieces through."""
    lead = pieces[c.DOCUMENT.name].to_numpy().astype(np.uint32)
    own = np.arange(pieces.height, dtype=np.uint32)
    piece_sheet = _ends(pieces[c.SHEETS.name].to_numpy())
    documents, owner, first = lead, own, piece_sheet
    if enclosures is not None:
        begin = enclosures.first[lead]
        counts = enclosures.first[lead.astype(np.int64) + 1] - begin
        ends = _ends(counts)
        places = np.arange(ends[-1]) - np.repeat(ends[:-1] - begin, counts)
        documents, owner = enclosures.documents[places], np.repeat(own, counts)
        first = _ends(enclosures.sheets[places])
    inserts = np.zeros(pieces.height, np.uint32)
    if c.INSERTS.name in pieces.columns:
        inserts = pieces[c.INSERTS.name].to_numpy().astype(np.uint32)
    omits = job.household is not None and job.household.following_address == "omit"
    return Sheets(
        enclosure_document=documents,
        enclosure_piece=owner,
        first_sheet=first,
        sheet_enclosure=np.repeat(np.arange(documents.size, dtype=np.uint32), np.diff(first)),
        piece_sheet=piece_sheet,
        piece_inserts=inserts,
        following=FOLLOWS_OMIT if omits else FOLLOWS_KEEP,
    )


def _ends(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Running sums from 0; int64[n + 1]."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts.astype(np.int64))])


def _places(imposition: Imposition, width_mpt: int, height_mpt: int) -> list[tuple[int, int]]:
    """Lower left corners of the pages on the press sheet, centred."""
    across = 2 if imposition.scheme == "two_up_cut_and_stack" else 1
    left = imposition.sheet_width - across * width_mpt
    below = imposition.sheet_height - height_mpt
    if left < 0 or below < 0:
        need = f"{across * width_mpt / 72_000:.2f} x {height_mpt / 72_000:.2f} in"
        msg = f"{across} pages need {need}, more than the press sheet has"
        raise JobError(
            msg, where="job.imposition", next_step="Set sheet_width and sheet_height, or another scheme"
        )
    return [(left // 2 + k * width_mpt, below // 2) for k in range(across)]


def _cut_spools(pieces: pl.DataFrame, first_sheet: NDArray[np.int64], target: int) -> list[tuple[int, int]]:
    """Piece ranges of the spools: a new stream starts one, and the first tray boundary at or after the target ends it."""
    if pieces.height == 0:
        return []
    trays = (
        pieces.lazy()
        .with_row_index("piece")
        .group_by(c.STREAM.name, c.TRAY_ID.name, maintain_order=True)
        .agg(pl.col("piece").first())
        .collect()
    )
    starts = [*trays["piece"].to_list(), pieces.height]
    streams = trays[c.STREAM.name].to_list()
    cuts = []
    begin = 0
    for k, stream in enumerate(streams):
        tray_end = starts[k + 1]
        last_of_stream = k + 1 == len(streams) or streams[k + 1] != stream
        if last_of_stream or first_sheet[tray_end] - first_sheet[begin] >= target:
            cuts.append((begin, tray_end))
            begin = tray_end
    return cuts


def _cut_stacks(first_sheet: NDArray[np.int64], begin: int, end: int, slots: int) -> list[tuple[int, int]]:
    """Piece ranges of the stacks: as even as whole pieces allow, none taller than the first."""
    stacks = []
    at = begin
    for left in range(slots, 0, -1):
        remaining = int(first_sheet[end] - first_sheet[at])
        goal = int(first_sheet[at]) + -(-remaining // left)
        stop = end if left == 1 else min(int(np.searchsorted(first_sheet, goal, side="left")), end)
        stacks.append((at, stop))
        at = stop
    return stacks


def _spread(
    first_sheet: NDArray[np.int64],
    stacks: list[tuple[int, int]],
    place_bytes: NDArray[np.uint8],
    place_offsets: NDArray[np.int64],
    sheet_bytes: NDArray[np.uint8],
) -> Spread:
    slots = len(stacks)
    return Spread(
        stack_first=np.array([first_sheet[a] for a, _ in stacks], np.int64),
        stack_sheets=np.array([first_sheet[b] - first_sheet[a] for a, b in stacks], np.int64),
        front=np.arange(slots, dtype=np.int64),
        # The sheet is turned about its vertical axis, so a back lies mirrored behind its front.
        back=np.arange(slots, dtype=np.int64)[::-1].copy(),
        place_bytes=place_bytes,
        place_offsets=place_offsets,
        sheet_bytes=sheet_bytes,
    )


def _points(length_mpt: int) -> bytes:
    """Millipoints as points with at most three decimals."""
    whole, part = divmod(length_mpt, 1000)
    return b"%d" % whole if part == 0 else b"%d.%03d" % (whole, part)


def _fragments(
    imposition: Imposition, places: list[tuple[int, int]], width_mpt: int, height_mpt: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8]]:
    """Content that moves to each place, and the crop marks."""
    moves = [b"q .1 0 0 .1 %s %s cm\n" % (_points(x), _points(y)) for x, y in places]
    offsets = np.cumsum([0, *map(len, moves)]).astype(np.int64)
    crop = _crop_marks(imposition, places, width_mpt, height_mpt) if imposition.crop_marks else b""
    return np.frombuffer(b"".join(moves), np.uint8), offsets, np.frombuffer(crop, np.uint8)


def _crop_marks(
    imposition: Imposition, places: list[tuple[int, int]], width_mpt: int, height_mpt: int
) -> bytes:
    """Hairlines at every cut, outside the pages; none where the press sheet has no room for them."""
    left, bottom = places[0]
    right, top = places[-1][0] + width_mpt, bottom + height_mpt
    lines = []
    if bottom > _CROP_GAP_MPT:
        length = min(_CROP_LENGTH_MPT, bottom - _CROP_GAP_MPT)
        for x in [x for x, _ in places] + [right]:
            lines += [(x, bottom - _CROP_GAP_MPT, 0, -length), (x, top + _CROP_GAP_MPT, 0, length)]
    if left > _CROP_GAP_MPT:
        length = min(_CROP_LENGTH_MPT, left - _CROP_GAP_MPT)
        for y in (bottom, top):
            lines += [(left - _CROP_GAP_MPT, y, -length, 0), (right + _CROP_GAP_MPT, y, length, 0)]
    if not lines:
        return b""
    path = b"".join(
        b"%d %d m\n%d %d l\n" % (dpt(x), dpt(y), dpt(x + dx), dpt(y + dy)) for x, y, dx, dy in lines
    )
    return b"q .1 0 0 .1 0 0 cm\n0 G\n3 w\n%sS\nQ\n" % path


def _spool_frame(
    pieces: pl.DataFrame, cuts: list[tuple[int, int]], first_sheet: NDArray[np.int64], impressions: list[int]
) -> pl.DataFrame:
    streams = pieces[c.STREAM.name]
    return pl.DataFrame(
        {
            c.SPOOL.name: list(range(1, len(cuts) + 1)),
            c.STREAM.name: [streams[begin] for begin, _ in cuts],
            c.FIRST_SEQUENCE.name: [begin for begin, _ in cuts],
            c.PIECES.name: [end - begin for begin, end in cuts],
            c.SHEETS.name: [int(first_sheet[end] - first_sheet[begin]) for begin, end in cuts],
            c.IMPRESSIONS.name: impressions,
        },
        schema={
            c.SPOOL.name: pl.UInt32,
            c.STREAM.name: pl.String,
            c.FIRST_SEQUENCE.name: pl.UInt32,
            c.PIECES.name: pl.UInt32,
            c.SHEETS.name: pl.UInt32,
            c.IMPRESSIONS.name: pl.UInt32,
        },
    )
