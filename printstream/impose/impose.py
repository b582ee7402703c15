"""Cut the mailing into spools and lay their sheets on press sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.program import FOLLOWS_KEEP, FOLLOWS_OMIT, Enclosures, Sheets
from printstream.base.units import MPT_PER_IN
from printstream.impose import cuts, ink, own
from printstream.impose.geometry import lay_out
from printstream.impose.pattern import make_pattern
from printstream.impose.spread import Pattern, SpoolSpread
from printstream.impose.stacks import cut_lifts, where_units_lie
from printstream.job import Job

Ints = NDArray[np.int64]
_MM_PER_MPT = 25.4 / MPT_PER_IN


@frozen
class Imposed:
    """Where everything lies.

    Attributes:
        spools: a row a spool: SPOOL, STREAM, FIRST_SEQUENCE, PIECES, SHEETS, IMPRESSIONS.
        sheets: which sheet of which piece is which.
        spreads: how each spool's sheets lie on its press sheets.
        piece_spool, piece_first_side: uint32[pieces]: spool number, and page of its file on which the piece starts.
        first_side, sides, slot: uint32[enclosures]: page of the file on which the document starts, pages from its first to
            its last, the cell that it starts in.
        own_sheets: the shop's own sheets of each spool.
        sheet_width_mpt, sheet_height_mpt: press sheet.
        trim_boxes_mpt: left, bottom, right, top of the trimmed pages of a front, in slot order.
        piece_control: uint32[pieces]: what the inserter does with each piece, which marks adds; empty: nothing.
    """

    spools: pl.DataFrame
    sheets: Sheets
    spreads: tuple[SpoolSpread, ...]
    piece_spool: NDArray[np.uint32]
    piece_first_side: NDArray[np.uint32]
    first_side: NDArray[np.uint32]
    sides: NDArray[np.uint32]
    slot: NDArray[np.uint32]
    own_sheets: tuple[tuple[own.OwnSheet, ...], ...]
    sheet_width_mpt: int
    sheet_height_mpt: int
    trim_boxes_mpt: tuple[tuple[int, int, int, int], ...]
    piece_control: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))

    @property
    def forms(self) -> dict[str, bytes]:
        """What every press side carries besides pages, as forms that the sides name."""
        return self.spreads[0].pattern.forms if self.spreads else {}

    @property
    def first_enclosure(self) -> Ints:
        """First enclosure of each piece."""
        pieces = np.arange(self.piece_spool.size)
        found: Ints = np.searchsorted(self.sheets.enclosure_piece, pieces).astype(np.int64)
        return found


@frozen
class _Spool:
    spread: SpoolSpread
    own_sheets: tuple[own.OwnSheet, ...]
    first_at: Ints
    """int64[pieces]: position of each piece's first unit."""


class _Imposer:
    """The arrays that cutting and laying out share."""

    def __init__(
        self, pieces: pl.DataFrame, job: Job, size: tuple[int, int], trays: pl.DataFrame | None
    ) -> None:
        scheme = job.imposition.load()
        if scheme.order == "copies":
            msg = f"scheme {scheme.name!r} prints every piece more than once"
            raise JobError(msg, where="job.imposition.scheme", next_step="Use it with printstream impose")
        self.job, self.pieces, self.scheme = job, pieces, scheme
        sheet = job.imposition.sheet_width, job.imposition.sheet_height
        self.layout = lay_out(scheme, size, sheet)
        leaves = pieces[c.SHEETS.name].to_numpy().astype(np.int64)
        self.leaves = np.concatenate([np.zeros(1, np.int64), np.cumsum(leaves)])
        per_unit = scheme.unit.pages // scheme.faces
        if per_unit > 1 and np.any(leaves % per_unit):
            msg = f"scheme {scheme.name!r} needs a multiple of {per_unit} leaves in every piece"
            raise JobError(msg, where="job.imposition.scheme", next_step="Choose a scheme of single leaves")
        self.units = self.leaves // per_unit
        crop = job.imposition.crop_marks
        deepest = int(leaves.max(initial=0))
        self.pattern = make_pattern(scheme, self.layout, deepest, crop=crop, as_forms=True)
        self.labels: Mapping[int, tuple[str, ...]] = own.tray_labels(trays) if job.spool.tray_tags else {}

    def cut(self) -> list[tuple[int, int, _Spool]]:
        """Cut spools and lay them out."""
        if self.pieces.height == 0:
            return []
        settings, scheme = self.job.spool, self.scheme
        pieces = cuts.band(self.pieces, settings)
        forced, allowed = cuts.boundaries(pieces, settings)
        frames = self._frames()
        most = None if frames is None else frames * scheme.cells * (scheme.unit.pages // scheme.faces)
        soft = scheme.cells * (scheme.unit.pages // scheme.faces)
        limit = cuts.limits(pieces, self.leaves, settings, soft, most)
        made: list[tuple[int, int, _Spool]] = []
        begin = 0
        while begin < pieces.height:
            end = cuts.next_end(self.leaves, forced, allowed, limit, begin)
            spool = self.lay(begin, end, len(made) + 1)
            while frames is not None and spool.spread.press_sheets - sum(spool.spread.leaders) > frames:
                if end == begin + 1:
                    msg = f"piece {begin + 1} is longer than a roll"
                    raise JobError(
                        msg, where="job.spool.roll_length", next_step="Give the roll's true length"
                    )
                end = self._less(begin, end, allowed)
                spool = self.lay(begin, end, len(made) + 1)
            made.append((begin, end, spool))
            begin = end
        return made

    def _frames(self) -> int | None:
        """Frames of a roll, leaders taken off."""
        settings = self.job.spool
        if settings.roll_length is None:
            return None
        frames = settings.roll_length // self.layout.height - settings.reel_start - settings.reel_end
        if frames < 1:
            msg = "the roll is too short for its leaders and a frame"
            raise JobError(msg, where="job.spool.roll_length", next_step="Give the roll's true length")
        return frames

    def _less(self, begin: int, end: int, allowed: Ints) -> int:
        """An earlier end: the allowed place before, or one piece less."""
        at = int(np.searchsorted(allowed, end, side="left")) - 1
        before = int(allowed[at]) if at >= 0 else begin
        return before if before > begin else end - 1

    def lay(self, begin: int, end: int, number: int) -> _Spool:
        """Lay out a spool of pieces begin..end-1."""
        job, scheme = self.job, self.scheme
        units = self.units[begin : end + 1]
        base = int(units[0])
        starts = units - base
        pieces = self.pieces[begin:end]
        sheets = own.own_sheets(job, pieces, self.leaves[begin : end + 1], number, self.labels)
        woven: Ints | None = None
        bounds, first_at = starts, starts[:-1]
        if sheets:
            woven, bounds, first_at = own.weave(np.arange(base, int(units[-1])), starts, sheets)
        lifts = cut_lifts(bounds, scheme)
        size = _cell_size(self.pattern)
        leaders = job.spool.reel_start, job.spool.reel_end
        spread = SpoolSpread(
            self.pattern,
            *lifts,
            base,
            woven,
            units if scheme.unit.binding != "none" else None,
            leaders,
            tuple(ink.own_sheet(list(sheet.lines), *size) for sheet in sheets),
            self._leaders(number),
            self._text(number, int(lifts[0][-1])),
        )
        return _Spool(spread, tuple(sheets), first_at)

    def _text(self, number: int, press_sheets: int) -> bytes:
        """The line on every press side."""
        if "text" not in self.scheme.marks:
            return b""
        job = self.job
        words = (
            f"{job.name} {job.production_date} spool {number:04d} sheet {{sheet}} of {press_sheets} {{side}}"
        )
        return ink.text_line(self.layout, ink.control_text(words))

    def _leaders(self, number: int) -> tuple[bytes, bytes]:
        size = self.layout.width, self.layout.height
        job = self.job
        if not (job.spool.reel_start or job.spool.reel_end):
            return b"", b""
        words = [f"Job {job.name}, {job.production_date}", f"Imposition {self.scheme.name}"]
        return (
            ink.own_sheet([f"Start of spool {number:04d}", *words], *size),
            ink.own_sheet([f"End of spool {number:04d}", *words], *size),
        )


def impose(
    pieces: pl.DataFrame,
    job: Job,
    page_width_mpt: int,
    page_height_mpt: int,
    enclosures: Enclosures | None = None,
    trays: pl.DataFrame | None = None,
) -> Imposed:
    """Cut spools and lay out their sheets.

    Args:
        pieces: a row a piece in mailing order: DOCUMENT, SHEETS, STREAM, TRAY_ID, and the columns that spools are cut by.
        job: imposition, spool settings.
        page_width_mpt: width of the trimmed page.
        page_height_mpt: its height.
        enclosures: the documents of the pieces; each piece is one document where absent.
        trays: a row a tray, for their tags.

    Raises:
        JobError: when the pages do not fit on the press sheet, or the scheme not to the job.
    """
    imposer = _Imposer(pieces, job, (page_width_mpt, page_height_mpt), trays)
    layout = imposer.layout
    sheets = _number_sheets(pieces, enclosures, job, imposer.scheme.faces)
    made = imposer.cut()
    piece_spool = np.zeros(pieces.height, np.uint32)
    lying = np.zeros((3, sheets.enclosure_document.size), np.uint32)
    enclosure = np.searchsorted(sheets.enclosure_piece, np.arange(pieces.height + 1))
    for number, (begin, end, spool) in enumerate(made, 1):
        piece_spool[begin:end] = number
        own = slice(enclosure[begin], enclosure[end])
        lying[:, own] = _lying(spool, sheets, own, begin)
    return Imposed(
        _spool_frame(pieces, made, sheets.piece_sheet),
        sheets,
        tuple(spool.spread for _, _, spool in made),
        piece_spool,
        lying[0][enclosure[:-1]],
        lying[0],
        lying[1],
        lying[2],
        tuple(spool.own_sheets for _, _, spool in made),
        layout.width,
        layout.height,
        tuple(place.box for place in layout.fronts),
    )


def _number_sheets(pieces: pl.DataFrame, enclosures: Enclosures | None, job: Job, faces: int) -> Sheets:
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
    omits = bool(job.types) and job.matching.following_address == "omit"
    omits = omits or (job.household is not None and job.household.following_address == "omit")
    return Sheets(
        enclosure_document=documents,
        enclosure_piece=owner,
        first_sheet=first,
        sheet_enclosure=np.repeat(np.arange(documents.size, dtype=np.uint32), np.diff(first)),
        piece_sheet=piece_sheet,
        piece_inserts=inserts,
        following=FOLLOWS_OMIT if omits else FOLLOWS_KEEP,
        faces=faces,
    )


def _ends(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Running sums from 0; int64[n + 1]."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts.astype(np.int64))])


def _lying(spool: _Spool, sheets: Sheets, own: slice, begin: int) -> tuple[Ints, Ints, Ints]:
    """First side, sides and cell of each enclosure of a spool, whose first piece is ``begin``."""
    spread = spool.spread
    scheme, sides = spread.pattern.scheme, spread.pattern.sides
    per_unit = scheme.unit.pages // scheme.faces
    piece = sheets.enclosure_piece[own].astype(np.int64)
    start = spool.first_at[piece - begin] - sheets.piece_sheet[piece] // per_unit
    units = sheets.first_sheet[own.start : own.stop + 1] // per_unit
    first = where_units_lie(spread, start + units[:-1])
    last = where_units_lie(spread, start + np.maximum(units[1:] - 1, units[:-1]))
    on_back = np.array([cell + 1 in scheme.turned_over for cell in range(scheme.cells)], np.int64)
    low, high = np.minimum(first.sheet, last.sheet), np.maximum(first.sheet, last.sheet)
    if scheme.split_pieces:
        # In two stacks it may lie anywhere.
        whole = (first.cell == last.cell) | (first.sheet == last.sheet)
        low, high = np.where(whole, low, 0), np.where(whole, high, spread.press_sheets - 1)
    return first.sheet * sides + on_back[first.cell] * (sides - 1), (high - low + 1) * sides, first.cell


def _cell_size(pattern: Pattern) -> tuple[int, int]:
    place = pattern.layout.fronts[0]
    width, height = place.box[2] - place.box[0], place.box[3] - place.box[1]
    return (width, height) if place.angle % 180 == 0 else (height, width)


def _spool_frame(
    pieces: pl.DataFrame, made: list[tuple[int, int, _Spool]], first_sheet: Ints
) -> pl.DataFrame:
    streams = pieces[c.STREAM.name]
    return pl.DataFrame(
        {
            c.SPOOL.name: list(range(1, len(made) + 1)),
            c.STREAM.name: [streams[begin] for begin, _, _ in made],
            c.FIRST_SEQUENCE.name: [begin for begin, _, _ in made],
            c.PIECES.name: [end - begin for begin, end, _ in made],
            c.SHEETS.name: [int(first_sheet[end] - first_sheet[begin]) for begin, end, _ in made],
            c.IMPRESSIONS.name: [spool.spread.sides for _, _, spool in made],
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
