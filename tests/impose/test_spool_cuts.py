"""Where spools end: every limit by itself, against a plain walk over the pieces; the shop's own sheets; leaders."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.impose import Imposed, impose, spread_of, work_order
from printstream.job import Job
from tests.draw.drawkit import job_of

LETTER = (612_000, 792_000)
SHEET = {"scheme": "two_up_cut_and_stack", "sheet_width": "18in", "sheet_height": "12in"}
ROLL = {"scheme": "roll_two_across", "sheet_width": "18in", "sheet_height": "11in"}


def job(spool: dict[str, Any], imposition: dict[str, Any] | None = None) -> Job:
    return job_of(imposition=imposition or SHEET, spool=spool)


@st.composite
def mailings(draw: st.DrawFn) -> pl.DataFrame:
    rows: list[tuple[int, int, str, str, int]] = []
    tray = 0
    for stream in ("letter", "flat"):
        for pieces in draw(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=12), max_size=6)):
            tray += 1
            client = draw(st.sampled_from("ab"))
            rows += [(sheets, tray, stream, client, 1000 * sheets) for sheets in pieces]
    names = [c.SHEETS.name, c.TRAY_ID.name, c.STREAM.name, "client", c.WEIGHT_MG.name]
    types = [pl.UInt32, pl.UInt32, pl.String, pl.String, pl.Int64]
    frame = pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")
    return frame.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(c.DOCUMENT.name))


def ranges(imposed: Imposed) -> list[list[int]]:
    spools = imposed.piece_spool.tolist()
    return [[p for p, s in enumerate(spools) if s == k] for k in sorted(set(spools))]


def trays_of(pieces: pl.DataFrame, own: list[int]) -> int:
    keys = [pieces.row(p)[1] for p in own]
    return sum(a != b for a, b in itertools.pairwise([None, *keys]))


MEASURES = {
    "most_pieces": lambda pieces, own: len(own),
    "most_trays": trays_of,
    "most_bytes": lambda pieces, own: sum(2 * pieces.row(p)[0] for p in own) * 1000,
}


@given(
    pieces=mailings(),
    name=st.sampled_from(sorted(MEASURES)),
    limit=st.integers(1, 30),
    at=st.sampled_from(["tray", "piece"]),
)
def test_no_spool_holds_more_than_it_may_and_none_ends_too_soon(
    pieces: pl.DataFrame, name: str, limit: int, at: str
) -> None:
    most = limit * 1000 if name == "most_bytes" else limit
    imposed = impose(pieces, job({name: most, "bytes_a_page": 1000, "at": at}), *LETTER)
    found = ranges(imposed)
    assert [p for own in found for p in own] == list(range(pieces.height))
    trays, streams = pieces[c.TRAY_ID.name].to_list(), pieces[c.STREAM.name].to_list()
    for own, after in itertools.zip_longest(found, found[1:]):
        assert MEASURES[name](pieces, own) <= most or len(own) == 1
        assert len({streams[p] for p in own}) == 1
        if after is None or streams[after[0]] != streams[own[0]]:
            continue
        # What could have come along is the next piece, or the rest of its tray.
        unit = [p for p in range(after[0], pieces.height) if trays[p] == trays[after[0]]]
        whole_tray = at == "tray" and trays[own[-1]] != trays[after[0]]
        more = unit if whole_tray else after[:1]
        assert MEASURES[name](pieces, own + more) > most


@given(pieces=mailings())
def test_a_new_value_starts_a_new_spool(pieces: pl.DataFrame) -> None:
    settings_ = {"each": ["client"], "weight_bands_mg": [3000, 6000]}
    imposed = impose(pieces, job(settings_), *LETTER)
    bands = [sum(weight > edge for edge in (3000, 6000)) for weight in pieces[c.WEIGHT_MG.name].to_list()]
    keys = list(zip(pieces[c.STREAM.name].to_list(), pieces["client"].to_list(), bands, strict=True))
    wanted = [k for k in range(1, len(keys)) if keys[k] != keys[k - 1]]
    assert [own[0] for own in ranges(imposed)][1:] == wanted


def test_an_unknown_column_is_refused() -> None:
    one = pl.DataFrame({c.DOCUMENT.name: [0], c.SHEETS.name: [1], c.TRAY_ID.name: [1], c.STREAM.name: ["a"]})
    with pytest.raises(JobError, match="no such column"):
        impose(one, job({"each": ["client"]}), *LETTER)


@settings(max_examples=60)
@given(pieces=mailings(), frames=st.integers(14, 40), tags=st.booleans())
def test_a_web_fits_on_its_reel(pieces: pl.DataFrame, frames: int, tags: bool) -> None:
    spool = {
        "roll_length": f"{11 * frames}in",
        "reel_start": 2,
        "reel_end": 1,
        "tray_tags": tags,
        "banner": True,
    }
    imposed = impose(pieces, job(spool, ROLL), *LETTER)
    assert [p for own in ranges(imposed) for p in own] == list(range(pieces.height))
    assert all(spread.press_sheets <= frames for spread in imposed.spreads)


def pile(imposed: Imposed, row: int) -> list[int]:
    """Units of the two stacks of a spool, laid on each other: -2 and below are the shop's own sheets."""
    spread = imposed.spreads[row]
    sheets = np.arange(spread.press_sheets)
    units = spread.units_at(spread.positions(sheets))
    return [u for cell in range(2) for u in units[:, cell].tolist() if u != -1]


@given(pieces=mailings())
def test_own_sheets_lie_where_they_belong(pieces: pl.DataFrame) -> None:
    spool = {"banner": True, "tray_tags": True, "end_slip": True, "break_sheets": 10, "sheets": 20}
    imposed = impose(pieces, job(spool | {"reel_start": 1, "reel_end": 2}), *LETTER)
    trays = pieces[c.TRAY_ID.name].to_list()
    for row, own in enumerate(ranges(imposed)):
        kinds = [sheet.kind for sheet in imposed.own_sheets[row]]
        wanted: list[Any] = ["banner"]
        since = 0
        for piece in own:
            if piece == own[0] or trays[piece] != trays[piece - 1]:
                if since >= 10:
                    wanted.append("break")
                    since = 0
                wanted.append("tray_tag")
            first, last = imposed.sheets.piece_sheet[piece : piece + 2].tolist()
            wanted += range(first, last)
            since += last - first
        wanted.append("end")
        assert [u if u >= 0 else kinds[-2 - u] for u in pile(imposed, row)] == wanted
        check_starts(imposed, row, own)
        # The work order alone says the same.
        order = work_order(imposed, job(spool), row, "", {})
        again, _ = spread_of(order)
        sides = imposed.spreads[row].sides
        assert again.sides == sides
        assert again.cells(0, sides).faces.tolist() == imposed.spreads[row].cells(0, sides).faces.tolist()
        assert order["last_piece"] - order["first_piece"] + 1 == len(own)


def check_starts(imposed: Imposed, row: int, own: list[int]) -> None:
    """Every piece lies on the sides, and starts in the cell, that its columns say."""
    spread = imposed.spreads[row]
    faces = spread.cells(0, spread.sides).faces.reshape(spread.sides, 2)
    for piece in own:
        first, last = imposed.sheets.piece_sheet[piece : piece + 2].tolist()
        sides = np.flatnonzero(((faces >= 2 * first) & (faces < 2 * last)).any(axis=1))
        assert imposed.first_side[piece] == sides[0] == imposed.piece_first_side[piece]
        assert imposed.sides[piece] == sides[-1] - sides[0] + 1
        assert faces[sides[0], imposed.slot[piece]] == 2 * first


def test_own_sheets_say_what_they_are() -> None:
    pieces = pl.DataFrame(
        {
            c.DOCUMENT.name: [0, 1],
            c.SHEETS.name: [1, 2],
            c.TRAY_ID.name: [7, 7],
            c.STREAM.name: ["letter"] * 2,
        }
    )
    imposed = impose(pieces, job({"banner": True, "reel_start": 1}), *LETTER)
    spread = imposed.spreads[0]
    cells = spread.cells(0, 3)
    leader, front = (
        cells.underlay_bytes[a:b].tobytes()
        for a, b in itertools.pairwise(cells.underlay_offsets[[0, 1, 2, 3]].tolist())
        if b > a
    )
    assert b"(Start of spool 0001)Tj" in leader
    assert b"(2 pieces, 3 sheets)Tj" in front
