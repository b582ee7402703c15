"""Whether the address stays in the window wherever the letter slides: widths measured as layout measures them.

In: documents, the address block, the window. Out: documents whose address does not. Never: moves a line.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.address.texts import buffers_of
from printstream.addressing import Window
from printstream.base.addressplace import AddressPart, AddressPlace, Box
from printstream.base.errors import JobError
from printstream.fonts.faces import Face, load_face
from printstream.job import Job
from printstream.kernels.address import text_widths

_BMP = 0x10000
_PER_MILLE = 1000


def visible_box(window: Window, page_width: int) -> Box:
    """The part of the page that the window shows wherever the letter lies in the envelope.

    The letter's left edge lies anywhere from ``inset`` to where its right edge meets the other seam, and so for top
    and bottom; the page's top is the letter's.

    Raises:
        JobError: when the letter does not go into the envelope.
    """
    right_most = window.envelope_width - window.inset - page_width
    down_most = window.envelope_height - window.inset - window.panel_height
    if right_most < window.inset or down_most < window.inset:
        what = "the folded letter does not go into the envelope"
        next_step = "Mend the envelope's size, inset or panel_height"
        raise JobError(what, where="job.address.checks.window", next_step=next_step)
    top = window.envelope_height - window.bottom - window.height
    return (
        window.left - window.inset,
        top - window.inset,
        window.left + window.width - right_most,
        top + window.height - down_most,
    )


def check_block(place: AddressPlace | None, job: Job) -> None:
    """Check that the post's bars keep their clear zone in the window, where the job describes one.

    Raises:
        JobError: with what is short, when they do not, or the letter does not go into the envelope.
    """
    window = job.address.checks.window if job.address.checks is not None else None
    if window is None:
        return
    if place is None:
        what = "the job describes a window, and the template has no address block"
        raise JobError(what, where="template.first.blocks", next_step="Add a block of kind address")
    box = visible_box(window, job.stock.width)
    if place.bars is None:
        return
    left, top, right, bottom = place.bars
    free = (left - box[0], top - box[1], box[2] - right, box[3] - bottom)
    aside, above = place.clear_bars
    aside = aside if window.clear_bars_x is None else window.clear_bars_x
    above = above if window.clear_bars_y is None else window.clear_bars_y
    for side, has, needs in zip(
        ("left of", "above", "right of", "below"), free, (aside, above) * 2, strict=True
    ):
        if has < needs:
            what = (
                f"the window leaves {max(has, 0) / 72_000:.4f} in {side} the post's bars where the letter slides "
                f"furthest, and they need {needs / 72_000:.4f} in"
            )
            raise JobError(what, where=place.where, next_step="Move the block, or take another envelope")


def window_faults(
    documents: pl.DataFrame, place: AddressPlace, window: Window | None, page_width: int
) -> dict[str, NDArray[np.bool_]]:
    """Judge the lines of every address.

    Returns:
        too_long: a line is wider than the block; outside_window: a line leaves what is always visible, or the free
        paper within it, where there is a window. Nothing where a line holds more than texts and there is no window.

    Raises:
        JobError: when a line cannot be measured and there is a window.
    """
    strange = _unmeasurable(documents, place)
    if strange:
        if window is None:
            return {}
        what = f"the window's fit cannot be judged: the address line's field {strange!r} is no plain text"
        next_step = "Make it a text column, such as by a derivation"
        raise JobError(what, where=place.where, next_step=next_step)
    face = load_face(place.face, {place.face: place.font} if place.font else {})
    widest, count = _measured(documents, place, face)
    widest_mpt = widest * place.size / _PER_MILLE
    faults = {"too_long": widest_mpt > place.width}
    if window is not None:
        left, top, right, bottom = visible_box(window, page_width)
        highest = place.baseline - face.ascent * place.size / _PER_MILLE
        lowest = place.baseline + (count - 1) * place.leading - face.descent * place.size / _PER_MILLE
        clear = window.clear
        faults["outside_window"] = (count > 0) & (
            (place.left - clear < left)
            | (place.left + widest_mpt + clear > right)
            | (highest - clear < top)
            | (lowest + clear > bottom)
        )
    return faults


def _unmeasurable(documents: pl.DataFrame, place: AddressPlace) -> str:
    """The first field that is more than a text; empty where all are texts."""
    for line in place.lines:
        for part in line:
            known = part.text in documents.columns
            if part.is_column and (part.form or not known or not _is_text(documents.schema[part.text])):
                return part.text
    return ""


def _is_text(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.String | pl.Enum | pl.Categorical)


def _measured(
    documents: pl.DataFrame, place: AddressPlace, face: Face
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Width of the widest line, 1/1000 em, and lines that are not empty, of every document."""
    advances = np.zeros(_BMP, np.int32)
    for point, advance in face.advances.items():
        if point < _BMP:
            advances[point] = advance
    widest = np.zeros(documents.height, np.int64)
    count = np.zeros(documents.height, np.int64)
    width = np.empty(documents.height, np.int64)
    for line in place.lines:
        texts = _line(documents, line)
        data, spans = buffers_of(texts)
        text_widths(data, spans, advances, width)
        np.maximum(widest, width, out=widest)
        count += spans[1:] > spans[:-1]
    return widest, count


def _line(documents: pl.DataFrame, line: tuple[AddressPart, ...]) -> pl.Series:
    """The text of a line in every document."""
    parts = [
        pl.col(part.text).cast(pl.String).fill_null("") if part.is_column else pl.lit(part.text)
        for part in line
    ]
    texts = documents.select(
        (parts[0] if len(parts) == 1 else pl.concat_str(parts)).alias("line")
    ).to_series()
    if len(texts) != documents.height:  # words only: the same in every document
        texts = texts.new_from_index(0, documents.height)
    return texts
