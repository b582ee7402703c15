"""PDFs that were made elsewhere: every imposed page looks as PDFium draws the original; what cannot be used is refused."""

from __future__ import annotations

import random
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Stream
from reportlab.pdfgen.canvas import Canvas

from printstream.base.errors import InputError
from printstream.imposition import load_scheme
from printstream.reimpose import reimpose
from tests.judges.nights import call, files_below

SCALE = 2.0
Size = tuple[float, float]


def pages(path: Path, sizes: list[Size], seed: int = 1) -> Path:
    """Pages without any symmetry: coloured bars, a number, a frame near the edge."""
    lot = random.Random(seed)
    canvas = Canvas(str(path), pagesize=sizes[0], invariant=1)
    for number, (width, height) in enumerate(sizes, 1):
        canvas.setPageSize((width, height))
        for _ in range(6):
            canvas.setFillColorRGB(lot.random(), lot.random(), lot.random())
            canvas.rect(lot.uniform(0, width * 0.8), lot.uniform(0, height * 0.8), 20, 9, stroke=0, fill=1)
        canvas.setFillGray(0)
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(12, height - 26, f"{number}")
        canvas.rect(3, 3, width - 6, height - 6)
        canvas.showPage()
    canvas.save()
    return path


def drawn(path: Path, number: int, **options: Any) -> np.ndarray:
    with pdfium.PdfDocument(path) as pdf:
        image = pdf[number].render(scale=SCALE, **options).to_numpy()[:, :, :3]
        return image.astype(np.int16)


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether pictures are the same, but for the rim of shapes that lie between pixels."""
    height, width = (min(a, b) for a, b in zip(one.shape[:2], other.shape[:2], strict=True))
    assert abs(one.shape[0] - other.shape[0]) <= 1
    assert abs(one.shape[1] - other.shape[1]) <= 1
    difference = np.abs(one[:height, :width] - other[:height, :width]).max(axis=2)
    return bool((difference > 90).mean() < 0.004)


def places_of(out: Path, size: Size, sheet: Size) -> tuple[int, int]:
    """Left and top, in pixels, of a single page in the middle of its press sheet."""
    return round((sheet[0] - size[0]) / 2 * SCALE), round((sheet[1] - size[1]) / 2 * SCALE)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    turns=st.lists(st.sampled_from([0, 90, 180, 270]), min_size=2, max_size=4),
    crop=st.booleans(),
    seed=st.integers(0, 999),
)
def test_turned_and_cropped_pages_look_as_they_did(
    tmp_path_factory: pytest.TempPathFactory, turns: list[int], crop: bool, seed: int
) -> None:
    """Every page has the first page's shape as it shows, whichever way it is stored."""
    folder = tmp_path_factory.mktemp("foreign")
    shown = (200.0, 280.0)
    stored = [shown if turn % 180 == 0 else shown[::-1] for turn in turns]
    source = pages(folder / "in.pdf", stored, seed)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        for page, turn, (width, height) in zip(pdf.pages, turns, stored, strict=True):
            page.obj.Rotate = turn
            if crop:
                # A larger sheet, of which only the page is shown.
                page.obj.MediaBox = Array([-30, -20, width + 10, height + 40])
                page.obj.CropBox = Array([0, 0, width, height])
                page.obj.TrimBox = Array([0, 0, width, height])
        pdf.save()
    out = folder / "out.pdf"
    sheet = (260.0, 340.0)
    reimpose(source, out, load_scheme("one_up"), sheet=(260_000, 340_000))
    left, top = places_of(out, shown, sheet)
    for number in range(len(turns)):
        own = drawn(source, number)
        part = drawn(out, number)[top : top + own.shape[0], left : left + own.shape[1]]
        assert alike(own, part), (number, turns)


def test_pages_of_other_sizes_are_centred_on_the_first(tmp_path: Path) -> None:
    sizes = [(200.0, 280.0), (120.0, 300.0), (260.0, 100.0)]
    source = pages(tmp_path / "in.pdf", sizes)
    out = tmp_path / "out.pdf"
    reimpose(source, out, load_scheme("simplex"), sheet=(400_000, 400_000))
    for number, size in enumerate(sizes):
        left, top = places_of(out, size, (400.0, 400.0))
        own = drawn(source, number)
        part = drawn(out, number)[top : top + own.shape[0], left : left + own.shape[1]]
        assert alike(own, part), number


def test_what_is_pinned_to_a_page_is_printed_and_what_is_hidden_is_not(tmp_path: Path) -> None:
    """Annotations that print, a layer that is switched off, a page in larger units."""
    source = pages(tmp_path / "in.pdf", [(200.0, 280.0), (200.0, 280.0), (100.0, 140.0)])
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        stamp = Stream(
            pdf, b"0 0 1 rg 0 0 60 30 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 60, 30]
        )
        for flags, rect in ((4, [20, 40, 80, 70]), (0, [20, 100, 80, 130])):
            note = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, F=flags, Rect=Array(rect))
            note.AP = Dictionary(N=pdf.make_indirect(stamp))
            held = pdf.pages[0].obj.get("/Annots", Array([]))
            held.append(pdf.make_indirect(note))
            pdf.pages[0].obj.Annots = held
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="draft"))
        off = Dictionary(OFF=Array([layer]), ON=Array([]), Order=Array([layer]))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=off)
        pdf.pages[1].obj.Resources["/Properties"] = Dictionary(L1=layer)
        pdf.pages[1].contents_add(b"/OC /L1 BDC 1 0 0 rg 0 0 200 280 re f EMC")
        pdf.pages[2].obj.UserUnit = 2
        pdf.save(min_version="1.6")
    out = tmp_path / "out.pdf"
    reimpose(source, out, load_scheme("simplex"), sheet=(260_000, 340_000))
    left, top = places_of(out, (200.0, 280.0), (260.0, 340.0))
    parts = [drawn(out, number)[top : top + 560, left : left + 400] for number in range(3)]
    assert alike(drawn(source, 1), parts[1])
    # PDFium draws a page in larger units at its stored size.
    with pdfium.PdfDocument(source) as pdf:
        enlarged = pdf[2].render(scale=2 * SCALE).to_numpy()[:, :, :3].astype(np.int16)
    assert alike(enlarged, parts[2])
    blue = (parts[0] == [255, 0, 0]).all(axis=2)
    assert blue[(280 - 55) * 2, 50 * 2]
    assert not blue[(280 - 115) * 2, 50 * 2]


def test_what_cannot_be_imposed_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    good = pages(tmp_path / "good.pdf", [(200.0, 280.0)] * 3)
    data = good.read_bytes()
    with pikepdf.open(good) as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
        pdf.save(tmp_path / "owned.pdf", encryption=pikepdf.Encryption(owner="o", user=""))
    with pikepdf.new() as pdf:
        pdf.save(tmp_path / "none.pdf")
    (tmp_path / "half.pdf").write_bytes(data[: len(data) // 3])
    (tmp_path / "text.pdf").write_text("no PDF at all\n")
    (tmp_path / "empty.pdf").write_bytes(b"")
    out = tmp_path / "made" / "out.pdf"
    for name, says in (
        ("locked", "encrypted"), ("none", "no pages"), ("half", "no readable PDF"), ("text", "no readable PDF"),
        ("empty", "no readable PDF"), ("missing", "cannot be read|no readable PDF"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=says):
            reimpose(tmp_path / f"{name}.pdf", out, load_scheme("one_up"))
        done = call("impose", "one_up", "--input", tmp_path / f"{name}.pdf", "--out", out)
        assert done.code == 4, (name, done.err)
        assert "Traceback" not in done.err
    assert files_below(tmp_path / "made") == []
    # A file that anybody may open is imposed.
    assert call("impose", "one_up", "--input", tmp_path / "owned.pdf", "--out", out, "--quiet").code == 0
    edge = (drawn(out, 2).shape[0] - 560) // 2
    assert alike(drawn(good, 2), drawn(out, 2)[edge : edge + 560, edge : edge + 400])


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    """A page whose content cannot be unpacked is refused by its number, or drawn as far as it goes as PDFium does."""
    source = pages(tmp_path / "in.pdf", [(200.0, 280.0)] * 3)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        pdf.pages[1].obj.Contents = pdf.make_indirect(
            Stream(pdf, b"this is not deflated", Filter=Name.FlateDecode)
        )
        pdf.save()
    out = tmp_path / "out.pdf"
    with pytest.raises(InputError, match="page 2"):
        reimpose(source, out, load_scheme("one_up"))
    assert files_below(tmp_path) == ["in.pdf"]


@pytest.mark.long
def test_five_thousand_pages_in_bounded_time_and_memory(tmp_path: Path) -> None:
    source = pages(tmp_path / "in.pdf", [(90.0, 120.0)] * 5000)
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    out = tmp_path / "out.pdf"
    done = reimpose(source, out, load_scheme("four_up_cut_and_stack", {"stack_depth": 100}), piece_pages=4)
    assert done.pages == 5000
    assert time.process_time() - begin < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000
    with pdfium.PdfDocument(out) as made:
        assert len(made) == done.sides >= 1250
