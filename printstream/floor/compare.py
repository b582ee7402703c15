"""What came out of the machine against the manifest: the reconciliation at the end of the shift.

In: envelopes, the manifest, the trays. Out: findings. Never: alters what the machine saw.

A machine that reads the piece's number is compared piece by piece. One that reads marks only knows how many sheets each
set had: its sets are counted off against the manifest, and after the first that does not fit nothing can be matched.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from printstream.base import columns as c
from printstream.base.errors import BalanceError
from printstream.base.units import MPT_PER_IN
from printstream.floor.findings import Envelope, Finding
from printstream.floor.setup import Shop

_UM_PER_MPT = 25_400 / MPT_PER_IN
_COLUMNS = (c.PIECE_ID, c.SEQUENCE, c.SPOOL, c.SHEETS, c.TRAY_ID, c.WEIGHT_MG, c.INSERTS)
_MAX_TOLD = 100


class Manifest:
    """What should come out, in mailing order."""

    def __init__(self, run_dir: Path) -> None:
        try:
            table = pl.read_parquet(run_dir / "manifest.parquet")
            if c.INSERTS.name not in table.columns:
                table = table.with_columns(pl.lit(0, pl.UInt32).alias(c.INSERTS.name))
            table = table.select(column.name for column in _COLUMNS)
            self.trays = pl.read_parquet(
                run_dir / "trays.parquet", columns=[c.TRAY_ID.name, c.TRAY_TYPE.name, c.PIECES.name]
            )
        except (OSError, pl.exceptions.PolarsError) as error:
            what = "the manifest or the trays of the run cannot be read"
            raise BalanceError(what, where=str(run_dir), next_step="Restore the run folder") from error
        # A piece may hold several documents; what is the piece's own stands with the first of them.
        table = (
            table.sort(c.SEQUENCE.name)
            .group_by(c.PIECE_ID.name, maintain_order=True)
            .agg(
                pl.col(c.SPOOL.name, c.TRAY_ID.name, c.INSERTS.name).first(),
                pl.col(c.SHEETS.name, c.WEIGHT_MG.name).sum(),
            )
        )
        self.pieces: list[int] = table[c.PIECE_ID.name].to_list()
        self.spools: list[int] = table[c.SPOOL.name].to_list()
        self.sheets: list[int] = table[c.SHEETS.name].to_list()
        self.tray_ids: list[int] = table[c.TRAY_ID.name].to_list()
        self.inserts: list[int] = table[c.INSERTS.name].to_list()
        self.weights: list[int] = table[c.WEIGHT_MG.name].to_list()
        self.at = {piece: place for place, piece in enumerate(self.pieces)}

    def ends_tray(self, at: int) -> bool:
        """Whether a piece is the last of its tray, or of its print file."""
        after = at + 1
        here = self.tray_ids[at], self.spools[at]
        return after == len(self.pieces) or here != (self.tray_ids[after], self.spools[after])


def compare(
    envelopes: Sequence[Envelope], manifest: Manifest, shop: Shop, sheet_weight_mg: float, *, by_piece: bool
) -> list[Finding]:
    """Compare all that came out with the manifest.

    Args:
        envelopes: in the order in which they came out.
        manifest: what should have.
        shop: for the length of its trays.
        sheet_weight_mg: half of it is the scales' tolerance.
        by_piece: whether the machine knows each piece's number.
    """
    findings = _by_piece(envelopes, manifest, sheet_weight_mg) if by_piece else _by_count(envelopes, manifest)
    return findings + _trays(envelopes, manifest, shop, by_piece=by_piece)


def _by_piece(envelopes: Sequence[Envelope], manifest: Manifest, sheet_weight_mg: float) -> list[Finding]:
    findings = []
    seen: dict[int, int] = {}
    before = -1
    for envelope in envelopes:
        piece, where = envelope.piece, (envelope.spool + 1, envelope.places[0], envelope.piece)
        if piece == 0:
            continue  # its number could not be read, so it is missing below
        at = manifest.at.get(piece)
        if at is None:
            findings.append(Finding("unknown_piece", "", *where))
            continue
        seen[piece] = seen.get(piece, 0) + 1
        if seen[piece] > 1:
            findings.append(Finding("piece_twice", "", *where))
        sheets, weight = len(envelope.places), envelope.weight_mg
        if sheets != manifest.sheets[at]:
            findings.append(Finding("wrong_sheets", f"{sheets} instead of {manifest.sheets[at]}", *where))
        findings += _orders(envelope, at, manifest)
        # What the inserts weigh is not known here.
        if manifest.inserts[at] == 0 and abs(weight - manifest.weights[at]) > sheet_weight_mg / 2:
            what = f"{weight / 1000:.1f} g instead of {manifest.weights[at] / 1000:.1f} g"
            findings.append(Finding("wrong_weight", what, *where))
        if envelope.spool + 1 != manifest.spools[at]:
            findings.append(Finding("wrong_spool", f"it belongs to spool {manifest.spools[at]}", *where))
        if at < before:
            findings.append(Finding("out_of_order", f"after piece {manifest.pieces[before]}", *where))
        before = at
    missing = [piece for piece in manifest.pieces if piece not in seen]
    findings += [Finding("missing_piece", "", manifest.spools[manifest.at[p]], -1, p) for p in missing]
    return findings


def _by_count(envelopes: Sequence[Envelope], manifest: Manifest) -> list[Finding]:
    """Count the sets of each print file off against the manifest, up to the first that does not fit."""
    findings = []
    came: dict[int, list[Envelope]] = {}
    for envelope in envelopes:
        came.setdefault(envelope.spool + 1, []).append(envelope)
    due: dict[int, list[int]] = {}
    for at, spool in enumerate(manifest.spools):
        due.setdefault(spool, []).append(at)
    for spool in sorted(due.keys() | came.keys()):
        sets, wanted = came.get(spool, []), due.get(spool, [])
        for envelope, at in zip(sets, wanted, strict=False):
            sheets = len(envelope.places)
            if sheets != manifest.sheets[at]:
                what = f"{sheets} instead of {manifest.sheets[at]}; nothing after it can be matched"
                where = (spool, envelope.places[0], manifest.pieces[at])
                findings.append(Finding("wrong_sheets", what, *where))
                break
            findings += _orders(envelope, at, manifest)
        if len(sets) != len(wanted):
            what = f"{len(sets)} sets came out, the manifest has {len(wanted)}"
            kind = "missing_piece" if len(sets) < len(wanted) else "unknown_piece"
            findings.append(Finding(kind, what, spool))
    return findings


def _trays(envelopes: Sequence[Envelope], manifest: Manifest, shop: Shop, *, by_piece: bool) -> list[Finding]:
    """Fill the trays as the machine would: by number where it reads numbers, else by counting pieces off."""
    types = dict(zip(manifest.trays[c.TRAY_ID.name], manifest.trays[c.TRAY_TYPE.name], strict=True))
    counts = dict(zip(manifest.trays[c.TRAY_ID.name], manifest.trays[c.PIECES.name], strict=True))
    counted_off = [tray for tray, count in counts.items() for _ in range(count)]
    findings: list[Finding] = []
    filled: dict[int, int] = {}
    told: set[int] = set()
    highest = -1
    for number, envelope in enumerate(envelopes):
        tray = _tray_of(envelope, number, manifest, counted_off, by_piece=by_piece)
        if tray is None:
            continue
        filled[tray] = filled.get(tray, 0) + (envelope.thickness_um if envelope.goes_out else 0)
        if by_piece and tray < highest and tray not in told and len(told) < _MAX_TOLD:
            told.add(tray)
            what = f"tray {tray} was closed when tray {highest} began"
            findings.append(
                Finding("wrong_tray_break", what, envelope.spool + 1, envelope.places[0], envelope.piece)
            )
        highest = max(highest, tray)
    if not by_piece and len(envelopes) != len(manifest.pieces):
        what = f"{len(envelopes)} pieces were counted off into trays for {len(manifest.pieces)}"
        findings.append(Finding("wrong_tray_break", what))
    for tray, thickness in filled.items():
        length = shop.trays.get(types.get(tray, ""))
        if length is not None and thickness > length * _UM_PER_MPT:
            what = f"tray {tray}: {thickness / 1000:.1f} mm in {length * _UM_PER_MPT / 1000:.1f} mm"
            findings.append(Finding("tray_overflow", what))
    return findings


def _tray_of(
    envelope: Envelope, number: int, manifest: Manifest, counted_off: Sequence[int], *, by_piece: bool
) -> int | None:
    """The tray that an envelope is put into; None where nobody knows."""
    if by_piece:
        at = manifest.at.get(envelope.piece)
        return None if at is None else manifest.tray_ids[at]
    return counted_off[min(number, len(counted_off) - 1)] if counted_off else None


def _orders(envelope: Envelope, at: int, manifest: Manifest) -> list[Finding]:
    """What the machine was told to do with a piece, against what the manifest has."""
    where = envelope.spool + 1, envelope.places[0], manifest.pieces[at]
    findings = []
    wanted = manifest.inserts[at]
    if envelope.inserts != wanted & envelope.pockets:
        what = f"pockets {_pockets(envelope.inserts)} instead of {_pockets(wanted & envelope.pockets)}"
        findings.append(Finding("wrong_inserts", what, *where))
    if envelope.end_of_tray not in (None, manifest.ends_tray(at)):
        what = "the tray ends here" if manifest.ends_tray(at) else "the tray goes on"
        findings.append(Finding("wrong_tray_break", what, *where))
    return findings


def _pockets(inserts: int) -> str:
    """Numbers of the pockets that feed."""
    return ", ".join(str(k + 1) for k in range(32) if inserts >> k & 1) or "none"
