"""Fonts and forms: rendered by PDFium; bad art is refused by name."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfgen.canvas import Canvas

from printstream.base.errors import JobError
from printstream.fonts.faces import load_face
from printstream.spool.resources import ArtForm, DrawnForm, FormSpec, Resources, build_resources
from printstream.spool.writer import SpoolWriter
from tests.spool.spoolkit import CODEPAGE, add_streams, compressed, resources


def build(*forms: FormSpec) -> Resources:
    return build_resources({"plex-sans": load_face("plex-sans")}, CODEPAGE, forms)


def render(tmp_path: Path, shared: Resources, content: bytes) -> NDArray[np.uint8]:
    """Darkness of a 612 x 792 pt page, one pixel a point, row 0 at the bottom."""
    path = tmp_path / "r.pdf"
    day = date(2026, 1, 1)
    size = (612_000, 792_000)
    with SpoolWriter(
        path, shared, media_box_mpt=size, title="", production_date=day, document_id=b"1"
    ) as writer:
        add_streams(writer, compressed([content]))
        file = writer.close()
    bitmap = pypdfium2.PdfDocument(file.path)[0].render(scale=1, grayscale=True)
    return 255 - bitmap.to_numpy().reshape(792, 612)[::-1]


def art(path: Path, change: Callable[[pikepdf.Pdf], object] = lambda pdf: None) -> Path:
    """A 200 x 100 pt page, black in its lower left 40 x 20 pt."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(200, 100), invariant=1)
    canvas.rect(0, 0, 40, 20, fill=1, stroke=0)
    canvas.showPage()
    canvas.save()
    with pikepdf.open(out) as pdf:
        change(pdf)
        pdf.save(path)
    return path


def test_a_drawn_form_shows_boxes_and_text(tmp_path: Path) -> None:
    page = render(tmp_path, resources(), b"q 1 0 0 1 100 200 cm /X0 Do Q")
    assert page[201:219, 101:149].min() == 255
    assert page[:199].max() == page[221:].max() == 0


def test_text_in_a_form_uses_the_shared_fonts(tmp_path: Path) -> None:
    shared = build(DrawnForm("word", (0, 0, 100, 20), b"BT /F0 12 Tf 0 5 Td(Form)Tj ET", (2, 0, 0, 2, 10, 0)))
    assert shared.form_size_pt["word"] == (200, 40)
    page = render(tmp_path, shared, b"/X0 Do")
    assert page[10:30, 10:70].max() > 200
    assert page[:, :9].max() == 0


def test_art_lies_with_its_corner_at_the_origin(tmp_path: Path) -> None:
    shared = build(ArtForm("logo", art(tmp_path / "logo.pdf")))
    assert shared.form_names == {"logo": "X0"}
    assert shared.form_size_pt["logo"] == (200, 100)
    page = render(tmp_path, shared, b"q 1 0 0 1 300 400 cm /X0 Do Q")
    assert page[401:419, 301:339].min() == 255
    assert (page > 0).sum() == pytest.approx(40 * 20, rel=0.1)


def test_turned_and_trimmed_art_lies_as_a_viewer_shows_it(tmp_path: Path) -> None:
    def turn(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.Rotate = 90  # clockwise: the dark corner goes to the upper left
        pdf.pages[0].obj.TrimBox = Array([10, 10, 190, 90])

    shared = build(ArtForm("logo", art(tmp_path / "logo.pdf", turn)))
    assert shared.form_size_pt["logo"] == (80, 180)
    page = render(tmp_path, shared, b"/X0 Do")
    assert page[151:179, 1:9].min() == 255
    assert (page > 0).sum() == pytest.approx(30 * 10, rel=0.15)


def test_a_matrix_scales_art_after_the_corner_was_moved(tmp_path: Path) -> None:
    shared = build(ArtForm("logo", art(tmp_path / "logo.pdf"), matrix=(0.5, 0, 0, 0.5, 7, 0)))
    assert shared.form_size_pt["logo"] == (100, 50)
    page = render(tmp_path, shared, b"/X0 Do")
    assert page[1:9, 8:26].min() == 255
    assert page[:, :6].max() == page[12:].max() == 0


def test_second_page_and_second_form(tmp_path: Path) -> None:
    def grow(pdf: pikepdf.Pdf) -> None:
        pdf.add_blank_page(page_size=(300, 50))

    path = art(tmp_path / "a.pdf", grow)
    shared = build(ArtForm("one", path), ArtForm("two", path, page=2))
    assert shared.form_names == {"one": "X0", "two": "X1"}
    assert shared.form_size_pt["two"] == (300, 50)


def test_bytes_repeat_and_objects_are_numbered_from_one(tmp_path: Path) -> None:
    path = art(tmp_path / "a.pdf")
    first, second = build(ArtForm("one", path)), build(ArtForm("one", path))
    assert first.objects == second.objects
    for number, data in enumerate(first.objects, 1):
        assert data.startswith(b"%d 0 obj\n" % number)
        assert data.endswith(b"\nendobj\n")
    assert b"/Font" in first.objects[first.resources_ref - 1]
    assert first.size_bytes == sum(len(o) for o in first.objects)


def test_widths_in_the_pdf_are_those_of_the_face() -> None:
    shared = build()
    face = load_face("plex-sans")
    [font] = [o for o in shared.objects if b"/Subtype /TrueType" in o]
    text = font.split(b"/Widths [")[1].split(b"]")[0]
    first = int(font.split(b"/FirstChar ")[1].split(b"/")[0])
    stated = dict(enumerate(map(int, text.split()), first))
    assert {c: w for c, w in stated.items() if w} == {
        c: w for c, w in enumerate(face.widths(CODEPAGE).tolist()) if w
    }


def _encrypt(path: Path) -> Path:
    with pikepdf.open(art(path), allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="secret", user=""))
    return path


def _lock(path: Path) -> Path:
    with pikepdf.open(art(path), allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="secret", user="secret"))
    return path


def _script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def _nested_script(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Annots = Array(
        [Dictionary(AA=Dictionary(E=Dictionary(S=Name.Rendition, JS=String(""))))]
    )


def _outside(pdf: pikepdf.Pdf) -> None:
    stream = pdf.make_stream(b"")
    stream.F = String("/etc/hostname")
    pdf.pages[0].obj.Contents = stream


def _layer(pdf: pikepdf.Pdf) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("draft")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))


def _placeholder(pdf: pikepdf.Pdf) -> None:
    form = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    form.Ref = Dictionary(F=String("other.pdf"), Page=0)
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(P=form))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_script, "JavaScript"),
        (_nested_script, "JavaScript"),
        (_outside, "file outside"),
        (_layer, "layers"),
        (_placeholder, "placeholder"),
    ],
)
def test_art_that_acts_or_hides_is_refused(
    tmp_path: Path, change: Callable[[pikepdf.Pdf], object], words: str
) -> None:
    path = art(tmp_path / "art.pdf", change)
    with pytest.raises(JobError, match=words) as caught:
        build(ArtForm("logo", path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("make", [_encrypt, _lock])
def test_encrypted_art_is_refused(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "art.pdf")
    with pytest.raises(JobError, match=r"art\.pdf: the PDF is encrypted"):
        build(ArtForm("logo", path))


@pytest.mark.parametrize("page", [0, 2, -1])
def test_a_missing_page_is_refused(tmp_path: Path, page: int) -> None:
    path = art(tmp_path / "art.pdf")
    with pytest.raises(JobError, match=rf"art\.pdf: there is no page {page}; the file has 1"):
        build(ArtForm("logo", path, page=page))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.7\nnothing\n"])
def test_what_is_no_pdf_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "art.pdf"
    path.write_bytes(data)
    with pytest.raises(JobError, match=r"art\.pdf: this is no readable PDF"):
        build(ArtForm("logo", path))


def test_absent_art_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pdf", tmp_path):
        with pytest.raises(JobError, match="cannot be read"):
            build(ArtForm("logo", path))


def test_fonts_left_out_of_art_are_reported(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "art.pdf"))
    canvas.drawString(10, 10, "Helvetica is not embedded")
    canvas.save()
    shared = build(ArtForm("logo", tmp_path / "art.pdf"))
    assert shared.warnings == ("art.pdf: font Helvetica is not embedded",)
    assert resources().warnings == ()


def test_two_forms_of_one_name_are_a_fault() -> None:
    form = DrawnForm("a", (0, 0, 1, 1), b"")
    with pytest.raises(ValueError, match="same name"):
        build(form, form)
