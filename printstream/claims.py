"""What print files say of themselves: the standards they follow, their printing condition, a record a piece.

In: the job, the plan. Out: ``spool.Claim``, ``spool.Records``. Never: writes; names a recipient unless the job asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from printstream import spool
from printstream.arrange import with_columns_of
from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.job import Job
from printstream.order import WorkOrder
from printstream.plan import Copy, Plan
from printstream.standards import OutputIntent

_SHIPPED = {
    "cmyk-tr001": (
        "CGATS TR 001",
        "http://www.color.org",
        "SWOP coated paper, CGATS TR 001; a stand-in profile",
    ),
    "srgb": ("sRGB IEC61966-2.1", "http://www.color.org", "sRGB"),
}
RECORDS = "PDF/VT-1"
"""The standard that has a record a piece."""
ARCHIVED = "PDF/A-3b"
"""What the archive's files follow."""
_CMYK = 4
"""Components of an output intent."""
_DOCUMENTS = "documents"
_PIECE = (c.PIECE_ID, c.SEQUENCE, c.SHEETS, c.TRAY_ID, c.PRESORT_LEVEL, c.STREAM, c.WEIGHT_MG, c.THICKNESS_UM)
_ADDRESS = (c.POSTAL_CODE.name, c.CITY.name, c.STATE.name)
_RECIPIENT = (("city", b"City"), ("postal_code", b"PostalCode"), ("state", b"Region"))
_CONFORMANCE = b"[(base)]"
"""Conformance level of the metadata (ISO 21812-1, abstract: a base level); the spelling is that of others' examples."""


def claim_of(order: WorkOrder) -> spool.Claim | None:
    """The standards that the job's print files follow; None for plain PDF.

    Raises:
        JobError: when the press sheet's own marks, or the shop's own profile, cannot follow them.
    """
    wanted = order.job.spool.standard
    if not wanted:
        return None
    intent = intent_of(order.job.spool.output_intent, order.job_dir, "cmyk-tr001")
    if intent.components != _CMYK and "colour_bar" in order.job.imposition.load().marks:
        what = "the scheme's colour bar shows the inks of CMYK, which the output intent does not have"
        next_step = "Name a CMYK profile in spool.output_intent, or a scheme without colour_bar"
        raise JobError(what, where="job.imposition.scheme", next_step=next_step)
    return spool.Claim(intent, pdfx4=True, pdfvt1="pdfvt1" in wanted)


def archive_claim(order: WorkOrder) -> spool.Claim:
    """What the archive's files follow: seen on screens, so sRGB."""
    return spool.Claim(intent_of(OutputIntent(), order.job_dir, "srgb"), pdfa3=True)


def intent_of(settings: OutputIntent, job_dir: Path, otherwise: str) -> spool.Intent:
    """Load a printing condition.

    Raises:
        JobError: when the shop's own profile cannot be used.
    """
    if settings.profile is not None:
        path = job_dir / settings.profile
        data, named = spool.read_profile(path), settings.identifier or ""
        return spool.Intent(data, named, settings.registry, settings.condition, str(path))
    shipped = settings.shipped or otherwise
    identifier, registry, condition = _SHIPPED[shipped]
    profile = spool.shipped_profile(shipped)
    return spool.Intent(profile, settings.identifier or identifier, registry, settings.condition or condition)


def piece_records(plan: Plan) -> Callable[[int], spool.Extras]:
    """Records of the spool in a row of the plan's spools; none where the job has none."""
    return records_of(plan, recorded_pieces(plan), 0)


def records_of(plan: Copy, pieces: pl.DataFrame | None, first_piece: int) -> Callable[[int], spool.Extras]:
    """Records of the spool in a row of the spools of a plan, or of a part of it.

    Args:
        plan: whose.
        pieces: rows of ``recorded_pieces`` from ``first_piece`` on; None where the job has no records.
        first_piece: piece of the run.
    """
    if pieces is None:
        return lambda _row: spool.Extras()
    job, sheets = plan.order.job, plan.imposed.sheets

    def records(row: int) -> spool.Extras:
        says = plan.imposed.spools.row(row, named=True)
        begin, count = says[c.FIRST_SEQUENCE.name], says[c.PIECES.name]
        first = sheets.piece_sheet[begin : begin + count + 1]
        own = pieces[begin - first_piece : begin - first_piece + count]

        def metadata(start: int, end: int) -> Iterator[bytes]:
            for piece in own[start:end].iter_rows(named=True):
                yield _metadata(piece, job)

        pages = (first - first[0]) * sheets.faces
        return spool.Extras(spool.Records(pages, metadata, _file_metadata(job, says[c.SPOOL.name])))

    return records


def recorded_parts(manifest: pl.DataFrame) -> Callable[[int, int], spool.Parts]:
    """What a finished run's records must be, by its manifest: of a spool by its number, with so many sides."""
    first = manifest.unique(c.PIECE_ID.name, keep="first", maintain_order=True)

    def parts(number: int, sides: int) -> spool.Parts:
        own = first.filter(pl.col(c.SPOOL.name) == number)
        pages = np.append(own[c.FIRST_SIDE.name].to_numpy().astype(np.int64), sides)
        return spool.Parts(pages, own[c.PIECE_ID.name].to_numpy().astype(np.int64))

    return parts


def recorded_pieces(plan: Plan) -> pl.DataFrame | None:
    """A row a piece in mailing order, with all columns that a record may have; None where the job has no records."""
    job, sheets = plan.order.job, plan.imposed.sheets
    if not job.spool.has_records:
        return None
    name = job.spool.records.name
    wanted = [*_ADDRESS, c.DOCUMENT_ID.name, *([name] if name else [])]
    pieces = with_columns_of(plan.presorted.pieces, plan.documents, wanted)
    counts = np.bincount(sheets.enclosure_piece, minlength=pieces.height)
    pages = np.bincount(
        sheets.enclosure_piece, plan.page_counts[sheets.enclosure_document], minlength=pieces.height
    )
    made = pl.Series(_DOCUMENTS, counts), pl.Series(c.PAGES.name, pages.astype(np.int64))
    kept = [column.name for column in _PIECE if column.name in pieces.columns]
    return pieces.select(*kept, *wanted).with_columns(*made)


def _metadata(piece: dict[str, Any], job: Job) -> bytes:
    """A piece's document part metadata (ISO 16612-2; names of ISO 21812-1)."""
    settings = job.spool.records
    contact = b"".join(
        b"/CIP4_%b%b" % (key, spool.text_string(str(piece[field] or "")))
        for field, key in _RECIPIENT
        if field in settings.fields
    )
    if contact:
        contact = b"/CIP4_Address<</Type/CIP4_Address%b>>" % contact
    if settings.name is not None:
        name = spool.text_string(str(piece[settings.name] or ""))
        contact += b"/CIP4_Person<</Type/CIP4_Person/CIP4_FullName%b>>" % name
    if contact:
        contact = b"/CIP4_Contact<</Type/CIP4_Contact%b>>" % contact
    own = b"".join(
        b"/%b%b" % (field.encode(), _value(piece[field]))
        for field in settings.fields
        if field not in _ADDRESS and piece.get(field) is not None
    )
    return (
        b"<</CIP4_Root<</Type/CIP4_Root/CIP4_Production<</Type/CIP4_Production/CIP4_CopyCount 1>>"
        b"/CIP4_Recipient<</CIP4_ExternalID/%d%b>>>>/printstream<<%b>>>>" % (piece["piece_id"], contact, own)
    )


def _value(value: object) -> bytes:
    return b" %d" % value if isinstance(value, int) else spool.text_string(str(value))


def _file_metadata(job: Job, number: int) -> bytes:
    """Document part metadata of a whole file."""
    title = spool.text_string(f"{job.title}, spool {number:04d}")
    return (
        b"<</CIP4_Root<</Type/CIP4_Root/CIP4_DescriptiveName%b/CIP4_Metadata<</Type/CIP4_Metadata"
        b"/CIP4_Conformance%b/CIP4_Creator(printstream)/CIP4_JobID%b>>>>>>"
        % (title, _CONFORMANCE, spool.pdf_name(job.name))
    )
