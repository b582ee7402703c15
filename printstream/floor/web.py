"""The roll: the cutter's eye mark on every frame, the folder's mark where the web is folded, the length of the web.

In: frames of a print file. Out: what is seen of their marks; findings. Never: cuts by anything but what is printed.
"""

from __future__ import annotations

from collections.abc import Sequence

from printstream.floor.findings import Finding
from printstream.floor.finishing import Finishing
from printstream.floor.press import Image, PrintFile, Zone, px
from printstream.floor.reader import Reading
from printstream.floor.setup import WorkOrder

FRAME_LOOKED_AT, FRAME_EYE, FRAME_FOLD = 1, 2, 4
"""Bits of a reading: the frame was looked at; it has an eye mark at its leading end; a fold's mark at its trailing end."""
_INK = 128
_EYE = 3_000, 18_000
_FOLD = 12_000, 6_000
"""Least width and height of the marks, mpt."""
_SOLID = 0.95
_MM_PER_MPT = 25.4 / 72_000


def look_at_frame(file: PrintFile, finishing: Finishing, frame: int) -> int:
    """Look at the upper left and the lower right corner of a frame's front."""
    number = frame * finishing.sides
    width, height = (round(px(length)) for length in finishing.sheet)
    eye, fold = ((round(px(w)), round(px(h))) for w, h in (_EYE, _FOLD))
    seen = FRAME_LOOKED_AT
    if _solid(file.part(number, Zone(0, 0, *eye))):
        seen |= FRAME_EYE
    if "skip_fold" in finishing.marks and _solid(
        file.part(number, Zone(width - fold[0], height - fold[1], width, height))
    ):
        seen |= FRAME_FOLD
    return seen


def _solid(image: Image) -> bool:
    return bool((image < _INK).mean() >= _SOLID)


def check_frames(
    finishing: Finishing, order: WorkOrder, frames: Sequence[tuple[int, int, Reading]]
) -> list[Finding]:
    """Cut and fold the web by its marks.

    Args:
        finishing: whether there are marks, and after how many frames the web is folded.
        order: leaders, lengths.
        frames: spool, press sheet and reading of the frames that were looked at.
    """
    findings = []
    for spool, sheet, reading in frames:
        if not reading.frame & FRAME_LOOKED_AT:
            continue
        inner = sheet - order.spools[spool].leaders[0]
        if "web" in finishing.marks and not reading.frame & FRAME_EYE:
            findings.append(Finding("web_marks", f"no eye mark on frame {sheet + 1}", spool + 1))
        due = "skip_fold" in finishing.marks and (inner + 1) % finishing.fold_every == 0
        if due is not bool(reading.frame & FRAME_FOLD):
            what = f"{'no' if due else 'a'} fold mark on frame {sheet + 1}"
            findings.append(Finding("web_marks", what, spool + 1))
    return findings + _lengths(finishing, order)


def _lengths(finishing: Finishing, order: WorkOrder) -> list[Finding]:
    """The web that the print file makes, against the work order."""
    findings = []
    for number, spool in enumerate(order.spools, 1):
        frames = sum(spool.lifts) + sum(spool.leaders)
        length = frames * finishing.sheet[1] * _MM_PER_MPT
        if abs(length - spool.web_length_mm) > 1:
            what = f"{length / 1000:,.3f} m instead of {spool.web_length_mm / 1000:,.3f} m"
            findings.append(Finding("web_length", what, number))
    return findings
