"""Press sheets of pages that were made elsewhere: a PDF's pages as forms, placed by our own fragments.

In: a PDF, what stands in each place of each press side. Out: a PDF file. Never: decides where a page stands.

A form leaves behind what belongs to its page and its file: annotations that print are drawn into the page first, the file's
layers go along, so that what was hidden stays hidden.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from printstream.base.errors import InputError
from printstream.base.program import Cells
from printstream.base.units import MPT_PER_PT
from printstream.fonts.faces import Face
from printstream.spool.art import matrix_box
from printstream.spool.compress import pack
from printstream.spool.resources import control_font

_IDENTITY = (1, 0, 0, 1, 0, 0)


class ForeignPages:
    """The pages of a PDF file; use it in a ``with`` block.

    Raises:
        InputError: when it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._stack = ExitStack()
        try:
            self._pdf = self._stack.enter_context(
                Pdf.open(io.BytesIO(path.read_bytes()), suppress_warnings=True)
            )
        except pikepdf.PasswordError as error:
            what = "the PDF is encrypted"
            raise InputError(what, where=str(path), next_step="Save it without a password") from error
        except (pikepdf.PdfError, OSError) as error:
            what = "this is no readable PDF"
            raise InputError(what, where=str(path), next_step="Export it again") from error
        self._path = path
        if not self._pdf.pages:
            what = "the PDF has no pages"
            raise InputError(what, where=str(path), next_step="Export it again")
        if any("/Annots" in page.obj for page in self._pdf.pages):
            self._pdf.flatten_annotations("print")

    def __enter__(self) -> ForeignPages:
        return self

    def __exit__(self, *fault: object) -> None:
        self._stack.close()

    def __len__(self) -> int:
        return len(self._pdf.pages)

    @property
    def size_mpt(self) -> tuple[int, int]:
        """Width and height of the first page's trim as it shows, turned pages turned."""
        left, bottom, right, top = matrix_box(self._pdf.pages[0].as_form_xobject())
        return round((right - left) * MPT_PER_PT), round((top - bottom) * MPT_PER_PT)

    def write(
        self,
        out: Path,
        sides: Iterable[Cells],
        media_mpt: tuple[int, int],
        trim_mpt: tuple[int, int, int, int],
        bleed_mpt: int,
        control: Face | None,
    ) -> int:
        """Write press sides; a face beyond the last page is blank.

        Args:
            out: the file.
            sides: each side's cells.
            media_mpt: width and height of the press sheet.
            trim_mpt: left, bottom, right, top of all pages together.
            bleed_mpt: how far beyond their trim pages are shown.
            control: face of texts beside the pages.

        Returns:
            the number of sides.
        """
        with Pdf.new() as made:
            forms: dict[int, Stream] = {}
            fonts = Dictionary()
            if control is not None:
                fonts["/FC"] = control_font(made, control)
            shared = made.make_indirect(fonts)
            self._take_layers(made)
            for cells in sides:
                shown: dict[int, Stream] = {}
                content = b"".join(self._content(cells, shown, made, forms, bleed_mpt))
                xobjects = Dictionary({f"/P{number}": form for number, form in shown.items()})
                page = Dictionary(
                    Type=Name.Page,
                    MediaBox=Array([0, 0, *(v / MPT_PER_PT for v in media_mpt)]),
                    TrimBox=Array([v / MPT_PER_PT for v in trim_mpt]),
                    Resources=Dictionary(XObject=xobjects, Font=shared),
                    Contents=Stream(made, pack(content), Filter=Name.FlateDecode),
                )
                made.pages.append(pikepdf.Page(made.make_indirect(page)))
            made.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            return len(made.pages)

    def _take_layers(self, made: Pdf) -> None:
        """Which layers are on: forms keep naming them."""
        layers = self._pdf.Root.get("/OCProperties")
        if layers is not None:
            made.Root.OCProperties = made.copy_foreign(self._pdf.make_indirect(layers))

    def _content(
        self, cells: Cells, shown: dict[int, Stream], made: Pdf, forms: dict[int, Stream], bleed_mpt: int
    ) -> Iterator[bytes]:
        """One side: what lies below, then each page, moved by its place's fragment."""
        under = int(cells.underlays[0])
        begin, end = (int(v) for v in cells.underlay_offsets[under : under + 2])
        yield cells.underlay_bytes[begin:end].tobytes()
        for face, place in zip(cells.faces.tolist(), cells.places.tolist(), strict=True):
            if not 0 <= face < len(self._pdf.pages):
                continue
            if face not in forms:
                forms[face] = self._form(made, face, bleed_mpt)
            shown[face] = forms[face]
            begin, end = (int(v) for v in cells.place_offsets[place : place + 2])
            # Fragments move to a page in tenths of a point.
            yield b"%s10 0 0 10 0 0 cm\n/P%d Do\nQ\n" % (cells.place_bytes[begin:end].tobytes(), face)

    def _form(self, made: Pdf, number: int, bleed_mpt: int) -> Stream:
        """A page as a form whose trim is centred on that of the first page."""
        page = self._pdf.pages[number]
        try:
            form: Any = made.copy_foreign(page.as_form_xobject())
        except pikepdf.PdfError as error:
            what = f"page {number + 1} is damaged: its content cannot be unpacked"
            raise InputError(what, where=str(self._path), next_step="Export it again") from error
        left, bottom, right, top = matrix_box(form)
        width, height = (v / MPT_PER_PT for v in self.size_mpt)
        dx = (width - (right - left)) / 2 - left
        dy = (height - (top - bottom)) / 2 - bottom
        if bleed_mpt:
            grow = bleed_mpt / MPT_PER_PT
            media = [float(v) for v in page.mediabox]
            x0, y0, x1, y1 = (float(v) for v in form.BBox)
            form.BBox = Array(
                [
                    max(x0 - grow, media[0]),
                    max(y0 - grow, media[1]),
                    min(x1 + grow, media[2]),
                    min(y1 + grow, media[3]),
                ]
            )
        turned = pikepdf.Matrix(*(float(v) for v in form.get("/Matrix", _IDENTITY)))
        form.Matrix = (turned @ pikepdf.Matrix(1, 0, 0, 1, dx, dy)).as_array()
        if "/Filter" not in form:
            form.write(pack(form.read_raw_bytes()), filter=Name.FlateDecode)
        stream: Stream = form
        return stream
