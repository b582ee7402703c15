"""The inserter's marks -> operations: where they stand; what each says is another room's.

In: the sheet's marks. Out: operations of the marks' section. Never: reads a sheet.
"""

from __future__ import annotations

from printstream.base import program as w
from printstream.base.program import CodeMark, SheetMarks
from printstream.base.units import dpt
from printstream.layout.builder import Builder


def compile_marks(b: Builder, marks: SheetMarks) -> None:
    """The inserter's marks on the front of every sheet."""
    if marks.omr:
        _track(b, marks)
    taken = 0
    if marks.matrix_text:
        _matrix(b, marks)
        taken = marks.matrix_modules * ((marks.matrix_modules + 7) // 8)
    for k, code in enumerate(marks.codes):
        b.op(
            f"marks.codes.{k}",
            w.OP_CODE,
            *b.literal(_placing(b, code)),
            taken,
            code.symbol_bytes,
            w.ON.index(code.on),
        )
        taken += code.symbol_bytes


def _track(b: Builder, marks: SheetMarks) -> None:
    y, pitch = b.y(marks.omr_top_mpt + marks.omr_thickness_mpt), dpt(marks.omr_pitch_mpt)
    if marks.omr_upwards:
        y, pitch = y - (len(marks.omr) - 1) * pitch, -pitch
    length, thickness = dpt(marks.omr_length_mpt), dpt(marks.omr_thickness_mpt)
    b.op("marks.omr", w.OP_OMR, dpt(marks.omr_left_mpt), y, pitch, length, thickness, len(marks.omr))


def _matrix(b: Builder, marks: SheetMarks) -> None:
    side = dpt(marks.matrix_module_mpt * marks.matrix_modules)
    x, y = dpt(marks.matrix_left_mpt), b.y(marks.matrix_top_mpt) - side
    place = b.literal(
        b"q %d 0 0 %d %d %d cm\nBI/W %d/H %d/IM true/D[1 0]" % (side, side, x, y, *[marks.matrix_modules] * 2)
    )
    parts = b.text_parts(marks.matrix_text, "marks.matrix", symbol=True)
    b.op("marks.matrix", w.OP_MATRIX, *place, *parts, marks.matrix_modules)


def _placing(b: Builder, code: CodeMark) -> bytes:
    """Content that puts an image mask of the code's rows in its place (ISO 32000-2, 8.9.5); a ladder is turned left."""
    along = dpt(code.module_mpt * code.columns)
    across = along if code.modules else dpt(code.height_mpt)
    x, rows = dpt(code.left_mpt), code.modules or 1
    if code.ladder:
        matrix = (0, along, -across, 0, x + across, b.y(code.top_mpt) - along)
    else:
        matrix = (along, 0, 0, across, x, b.y(code.top_mpt) - across)
    return b"q %d %d %d %d %d %d cm\nBI/W %d/H %d/IM true/D[1 0]" % (*matrix, code.columns, rows)
