"""All that a print file's job ticket says, as plain frozen values; the corridor fills it, a format's writer reads it.

Lengths are millipoints, weights milligrams, thicknesses micrometres.
"""

from __future__ import annotations

from datetime import date

from printstream.base.frozen import frozen

Box = tuple[int, int, int, int]
"""Left, bottom, right, top."""


@frozen
class Cell:
    """A cell of the press sheet: what the cutter takes out in one.

    Attributes:
        box: on the front.
        stack: which of the stacks it goes to, the first on top; None where sheets are taken cell after cell.
        rank: its place among the cells of its stack, or of the sheet.
    """

    box: Box
    stack: int | None
    rank: int


@frozen
class PlacedPage:
    """A page on a side of the press sheet.

    Attributes:
        cell: its cell, from 0.
        page: its page of the cell's unit, from 1.
        matrix: from the page, in points, to the side, in points.
    """

    cell: int
    page: int
    matrix: tuple[float, ...]


@frozen
class Sheet:
    """The press sheet.

    Attributes:
        width, height: its size; of a roll, that of a frame.
        page_width, page_height: of the page as it is composed, not scaled.
        cells: in order.
        sides: pages of the front, and of the back where it is printed.
        over: whether the press turns it about its horizontal axis, otherwise about its vertical one.
        web: whether it is a roll.
        stack_depth: press sheets that are cut at a time.
        units: what is cut out of all press sheets.
        finishing: what is done with the printed sheets, in a sentence.
        signature_folds: folds of a unit, in order: left_behind, top_behind.
        binding: none, saddle or perfect.
        head_to_foot: whether a leaf's back stands on its head.
    """

    width: int
    height: int
    page_width: int
    page_height: int
    cells: tuple[Cell, ...]
    sides: tuple[tuple[PlacedPage, ...], ...]
    over: bool
    web: bool
    stack_depth: int
    units: int
    finishing: str
    signature_folds: tuple[str, ...] = ()
    binding: str = "none"
    head_to_foot: bool = False

    @property
    def is_cut(self) -> bool:
        """Whether a cutter has work: more cells than one, or paper around it, or a web."""
        whole = (0, 0, self.width, self.height)
        return self.web or len(self.cells) > 1 or self.cells[0].box != whole


@frozen
class Mark:
    """What a machine reads on the front of a finished sheet.

    Attributes:
        encoding: DATAMATRIX, CODE39, INTERLEAVED25, or OMR for a track.
        box: where it stands; left, bottom, right, top from the page's bottom left corner.
        modules: a side of a Data Matrix; 0 for others.
        pattern: regular expression of what it says; empty where none is known.
    """

    encoding: str
    box: Box
    modules: int = 0
    pattern: str = ""


@frozen
class Material:
    """Something that is loaded: paper, envelope, insert.

    Attributes:
        name: what the operator reads.
        product_id: number in the shop's system; empty where none is known.
        amount: how many the print file takes.
        weight_mg: of one.
        pocket: of an insert, from 1.
    """

    name: str
    product_id: str
    amount: int
    weight_mg: int = 0
    pocket: int = 0


@frozen
class JobTicketFacts:
    """A print file's ticket.

    Attributes:
        version: of the format.
        job_id, part_id: of the job, of the print file in it.
        run_id, title, day: of the run; the production date.
        agent_version: of the program.
        url: of the print file, relative to the ticket's.
        sha256, file_bytes, press_sides, press_sheets: of the print file.
        pieces, first_piece, sheets, weight_mg: what it holds; the weight with envelopes and inserts.
        stream, inserter_profile: names.
        sheet: the press sheet.
        stock: the paper, and grammage_gsm, caliper_um.
        envelope, inserts: what the inserter takes besides.
        folds: parallel folds of a set.
        marks: what machines read.
    """

    version: str
    job_id: str
    part_id: str
    run_id: str
    title: str
    day: date
    agent_version: str
    url: str
    sha256: str
    file_bytes: int
    press_sides: int
    press_sheets: int
    pieces: int
    first_piece: int
    sheets: int
    weight_mg: int
    stream: str
    inserter_profile: str
    sheet: Sheet
    stock: Material
    grammage_gsm: int
    caliper_um: int
    envelope: Material
    inserts: tuple[Material, ...]
    folds: int
    marks: tuple[Mark, ...]
