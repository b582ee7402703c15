"""Files that claim a standard: what they say, their records, and every way to get them wrong."""

from __future__ import annotations

import io
import re
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf, pdfa
from PIL import Image, ImageCms
from reportlab.lib.colors import CMYKColor
from reportlab.pdfgen.canvas import Canvas

from printstream.base.errors import BalanceError, JobError
from printstream.fonts.faces import load_face
from printstream.spool import tail
from printstream.spool.attachments import Attachments
from printstream.spool.claim import Claim, Intent, read_profile, shipped_profile
from printstream.spool.parts import PartTree, Records
from printstream.spool.resources import ArtForm, DrawnForm, Resources, build_resources
from printstream.spool.verify import SpoolExpectation, verify_spool
from printstream.spool.writer import SpoolFile, SpoolWriter
from tests.judges import pdfstandards
from tests.spool.spoolkit import CODEPAGE, MEDIA, TRIM, add_streams, compressed, expectation, numbered_sides

CMYK = Intent(shipped_profile("cmyk-tr001"), "CGATS TR 001", "http://www.color.org", "coated")
RGB = Intent(shipped_profile("srgb"), "sRGB", "http://www.color.org")
VT = Claim(CMYK, pdfx4=True, pdfvt1=True)
ARCHIVE = Claim(RGB, pdfa3=True)


def records_of(counts: list[int]) -> Records:
    """Records of pieces with so many pages, numbered from 1."""
    first = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

    def metadata(begin: int, end: int) -> Iterator[bytes]:
        for k in range(begin, end):
            yield (
                b"<</CIP4_Root<</Type/CIP4_Root/CIP4_Recipient<</CIP4_ExternalID/%d>>>>/x<</y %d>>>>"
                % (k + 1, k)
            )

    return Records(first, metadata, b"<</CIP4_Root<</Type/CIP4_Root>>>>")


def resources_for(claim: Claim) -> Resources:
    faces = {name: load_face(name) for name in ("plex-sans", "plex-sans-semibold")}
    frame = DrawnForm("frame", (0, 0, 50, 20), b"1 0 0 rg 0 0 50 20 re f 0 g BT /F0 9 Tf 2 2 Td(Form)Tj ET")
    return build_resources(faces, CODEPAGE, [frame], claim=claim)


def write(path: Path, counts: list[int], claim: Claim) -> tuple[SpoolFile, SpoolExpectation]:
    sides = numbered_sides(sum(counts))
    shared = resources_for(claim)
    records = records_of(counts) if claim.pdfvt1 else None
    files = files_of(counts) if claim.pdfa3 else None
    with SpoolWriter(
        path, shared, media_box_mpt=MEDIA, trim_box_mpt=TRIM, title="Té(st", production_date=date(2026, 3, 4),
        document_id=b"claims 1", records=records, attachments=files,
    ) as writer:  # fmt: skip
        add_streams(writer, compressed(sides))
        file = writer.close()
    expected = expectation(sides, file)
    return file, replace(
        expected, resources=shared, standards=claim.names, records=records, attachments=files
    )


def files_of(counts: list[int]) -> Attachments:
    """A file for each piece with so many pages, on its first page."""

    def data(begin: int, end: int) -> Iterator[bytes]:
        for k in range(begin, end):
            yield b'{"piece":%d}' % k

    first = np.concatenate(([0], np.cumsum(counts)))[:-1].astype(np.int64)
    return Attachments(
        first, 7, lambda k: f"row-{k:06d}.json", data, "application/json", "A row", date(2026, 3, 4)
    )


def manifest_of(counts: list[int]) -> pl.DataFrame:
    first = np.cumsum([0, *counts])[:-1]
    return pl.DataFrame(
        {"spool": 1, "piece_id": range(1, len(counts) + 1), "first_side": first, "sides": counts}
    )


@pytest.mark.parametrize("intent", [CMYK, RGB])
def test_pdfx4(tmp_path: Path, intent: Intent) -> None:
    file, expected = write(tmp_path / "0001.pdf", [3], Claim(intent, pdfx4=True))
    verify_spool(file.path, expected)
    pdfstandards.check_pdfx4(file.path)


@pytest.mark.parametrize("counts", [[1], [2, 1], [1] * 64, [2] * 65, [1, 4] * 40, [1] * 4097])
def test_records(tmp_path: Path, counts: list[int]) -> None:
    file, expected = write(tmp_path / "0001.pdf", counts, VT)
    verify_spool(file.path, expected)
    said = pdfstandards.check_pdfvt1(file.path, manifest_of(counts))
    assert [record["x"]["y"] for record in said] == list(range(len(counts)))


@settings(max_examples=60, deadline=None)
@given(pieces=st.integers(1, 300_000))
def test_the_tree_is_balanced_whatever_the_pieces(pieces: int) -> None:
    tree = PartTree(Records(np.arange(pieces + 1), lambda a, b: [b"<<>>"] * (b - a), b"<<>>"), 100, 10)
    levels = tree._levels
    assert levels[0] == (100, pieces)
    assert levels[-1][1] == 1
    assert tree.root == levels[-1][0] + 1 == 100 + tree.objects - 1
    for (first, count), (above, parents) in pairwise(levels):
        assert above == first + count
        assert 64 * (parents - 1) < count <= 64 * parents


def test_records_are_written_as_they_come() -> None:
    pieces = 30_000
    tree = PartTree(Records(np.arange(pieces + 1), lambda a, b: [b"<<>>"] * (b - a), b"<<>>"), 100, 10)
    tracemalloc.start()
    written = sum(1 for _ in tree.bodies())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert written == tree.objects
    assert peak < 2 << 20


def _write_changed(
    path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: bytes, nth: int = 0, claim: Claim = VT
) -> SpoolExpectation:
    """Write a file in which the nth place that looks like ``old`` is changed before it is packed."""
    real, places = tail._object_stream, [-1]

    def change(found: re.Match[bytes]) -> bytes:
        places[0] += 1
        return found.expand(new) if places[0] == nth else found[0]

    def packed(number: int, first: int, bodies: list[bytes]) -> bytes:
        return real(number, first, [re.sub(old.encode(), change, body) for body in bodies])

    with monkeypatch.context() as patch:
        patch.setattr(tail, "_object_stream", packed)
        _, expected = write(path, [2, 1, 3], claim)
    assert places[0] >= nth
    return replace(expected, crc32=None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("/RecordLevel 1", b"/RecordLevel 2", "parts are broken"),
        ("/NodeNameList.[/A-Za-z]+", b"/NodeNameList[/A", "parts are broken"),
        ("/CIP4_ExternalID/2", b"/CIP4_ExternalID/3", "record 1 does not say"),
        ("/y 1>>", b"/y 7>>", "record 1 does not say"),
        ("/S/GTS_PDFX", b"/S/GTS_PDFY", "0 output intents"),
        ("/Trapped/False", b"/Trapped/Unknown", "trapped"),
        ("/DPartRoot .*? R", b"", "document parts and the claim"),
        ("/OutputConditionIdentifier.*?[)]", b"", "no name or no profile"),
        ("/PrintScaling/None>>", b"/PrintScaling/None>>/OpenAction[]", "what acts"),
        ("/ModDate.D:20260304", b"/ModDate(D:20260305", "differ in their dates"),
    ],
)
def test_damage_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: bytes, says: str
) -> None:
    expected = _write_changed(tmp_path / "0001.pdf", monkeypatch, old, new)
    with pytest.raises(BalanceError, match=says):
        verify_spool(tmp_path / "0001.pdf.partial", expected)


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        (r"(/Start) \d+", "not the pages, each once"),
        (r"(/End) \d+", "not the pages, each once"),
        (r"(/DPart) \d+", "belongs to another record"),
        (r"(/Type/DPart/Parent) \d+", "parts are broken"),
        (r"(/DPartRootNode) \d+", "parts are broken"),
        (r"(/DPartRoot) \d+", "parts are broken"),
    ],
)
@pytest.mark.parametrize("number", [b"9", b"14"])
def test_every_reference_of_the_tree_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, says: str, number: bytes
) -> None:
    nth = 0 if "Root" in reference else 1
    expected = _write_changed(tmp_path / "0001.pdf", monkeypatch, reference, rb"\1 " + number, nth)
    with pytest.raises(BalanceError, match=says):
        verify_spool(tmp_path / "0001.pdf.partial", expected)


def test_a_plain_file_must_not_claim(tmp_path: Path) -> None:
    file, expected = write(tmp_path / "0001.pdf", [2], Claim(CMYK, pdfx4=True))
    with pytest.raises(BalanceError, match="should follow no standard"):
        verify_spool(file.path, replace(expected, standards=()))
    file, expected = write(tmp_path / "0002.pdf", [2], VT)
    with pytest.raises(BalanceError, match="nobody planned"):
        verify_spool(file.path, replace(expected, records=None))


# ---- associated files


@pytest.mark.parametrize("counts", [[1], [3], [1] * 64, [2] * 65, [1] * 4097])
def test_associated_files(tmp_path: Path, counts: list[int]) -> None:
    file, expected = write(tmp_path / "0001.pdf", counts, ARCHIVE)
    verify_spool(file.path, expected)
    found = pdfstandards.associated(file.path)
    assert list(found) == manifest_of(counts)["first_side"].to_list()
    rows = [(row["piece"], name) for files in found.values() for row, name in files]
    assert rows == [(k, f"row-{k + 7:06d}.json") for k in range(len(counts))]


def test_an_independent_validator_passes_the_archive(tmp_path: Path) -> None:
    file, _ = write(tmp_path / "0001.pdf", [2, 1], ARCHIVE)
    pdfstandards.check_pdfa3(file.path, tmp_path / "moved.pdf")


@pytest.mark.parametrize("intent", [RGB, CMYK])
def test_the_validator_sees_what_is_wrong(tmp_path: Path, intent: Intent) -> None:
    file, _ = write(tmp_path / "0001.pdf", [2, 1], Claim(intent, pdfx4=True))
    assert not pdfa.validate_written(file.path, "3b").passed


@pytest.mark.parametrize(
    ("old", "new", "nth", "says"),
    [
        (r"/AF.\d+ 0 R\]", b"", 1, "do not belong to the pages"),
        (r"/AFRelationship/Data", b"/AFRelationship/None", 0, "file 0 is damaged"),
        (r"/EF<</F (\d+)", b"/EF<</F 3", 0, "is damaged"),
        (r"(/EF<</F) \d+ 0 R/UF \d+", rb"\1 3 0 R/UF 3", 1, "file 1 is damaged"),
        (r"row-000008", b"row-000009", 2, "names of the associated files|is damaged"),
        (r"row-000008", b"row-000009", 0, "file 1 is damaged"),
        (r"/EmbeddedFiles \d+", b"/EmbeddedFiles 4", 0, "names of the associated files"),
        (r"/Names<</EmbeddedFiles.*?>>", b"", 0, "associated files are missing"),
    ],
)
def test_damage_of_associated_files_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: bytes, nth: int, says: str
) -> None:
    expected = _write_changed(tmp_path / "0001.pdf", monkeypatch, old, new, nth, ARCHIVE)
    with pytest.raises(BalanceError, match=says):
        verify_spool(tmp_path / "0001.pdf.partial", expected)


def test_another_content_of_an_associated_file_is_seen(tmp_path: Path) -> None:
    file, expected = write(tmp_path / "0001.pdf", [2, 1, 3], ARCHIVE)
    planned = files_of([2, 1, 3])
    other = replace(planned, data=lambda a, b: [b'{"piece":9}'] * (b - a))
    with pytest.raises(BalanceError, match="file 0 does not hold what was planned"):
        verify_spool(file.path, replace(expected, attachments=other))
    data = file.path.read_bytes()
    place = data.index(b"/CheckSum<") + 10
    file.path.write_bytes(
        data[:place] + (b"0" if data[place : place + 1] != b"0" else b"1") + data[place + 1 :]
    )
    with pytest.raises(BalanceError, match="checksum"):
        verify_spool(file.path, replace(expected, crc32=None))


# ---- profiles


@pytest.mark.parametrize("name", ["cmyk-tr001", "srgb", "grey"])
def test_shipped_profiles_are_read_by_littlecms(name: str) -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(shipped_profile(name)))
    assert profile.profile.connection_space.strip() in ("XYZ", "Lab")


def test_the_shipped_cmyk_profile_separates_and_comes_back() -> None:
    """Colours of the demo job, to inks and back by LittleCMS, stay within what such a small table can do."""
    cmyk = ImageCms.ImageCmsProfile(io.BytesIO(shipped_profile("cmyk-tr001")))
    srgb = ImageCms.createProfile("sRGB")
    there = ImageCms.buildTransform(
        srgb, cmyk, "RGB", "CMYK", renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    back = ImageCms.buildTransform(
        cmyk, srgb, "CMYK", "RGB", renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    for colour in ((255, 255, 255), (120, 120, 120), (90, 110, 140), (150, 90, 80), (20, 40, 75)):
        inks = ImageCms.applyTransform(Image.new("RGB", (1, 1), colour), there)
        assert inks is not None
        seen = ImageCms.applyTransform(inks, back).getpixel((0, 0))
        assert max(abs(a - b) for a, b in zip(colour, seen, strict=True)) <= 20, (
            colour,
            inks.getpixel((0, 0)),
            seen,
        )
        assert sum(inks.getpixel((0, 0))) / 2.55 <= 310


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d[:-1], "no whole"),
        (lambda d: b"", "no whole"),
        (lambda d: d[:8] + b"\x05" + d[9:], "ICC version 5"),
        (lambda d: d[:12] + b"scnr" + d[16:], "no printing condition"),
        (lambda d: d[:16] + b"Lab " + d[20:], "no printing condition"),
        (lambda d: d.replace(b"B2A0", b"B2A9"), "which inks"),
    ],
)
def test_what_is_no_output_profile_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], says: str
) -> None:
    path = tmp_path / "a.icc"
    path.write_bytes(change(shipped_profile("cmyk-tr001")))
    with pytest.raises(JobError, match=says):
        read_profile(path)


# ---- art


def art(path: Path, draw: Callable[[Canvas], None]) -> Path:
    canvas = Canvas(str(path), pagesize=(200, 100))
    draw(canvas)
    canvas.save()
    return path


def built(path: Path, claim: Claim) -> Resources:
    return build_resources(
        {"plex-sans": load_face("plex-sans")}, CODEPAGE, [ArtForm("art", path)], claim=claim
    )


def _cmyk(canvas: Canvas) -> None:
    canvas.setFillColor(CMYKColor(0, 1, 1, 0))
    canvas.rect(0, 0, 50, 50, fill=1)


def _text(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 12)
    canvas.drawString(10, 10, "not embedded")


def test_device_cmyk_needs_a_cmyk_intent(tmp_path: Path) -> None:
    path = art(tmp_path / "cmyk.pdf", _cmyk)
    built(path, Claim(CMYK, pdfx4=True))
    with pytest.raises(
        JobError, match=r"device CMYK, and the output intent 'sRGB' is not.*PDF/X-4"
    ) as caught:
        built(path, Claim(RGB, pdfx4=True))
    assert str(path) in str(caught.value)


def test_fonts_of_art_must_be_embedded(tmp_path: Path) -> None:
    """ReportLab names Helvetica on every page; only text in it counts."""
    built(art(tmp_path / "no-text.pdf", _cmyk), Claim(CMYK, pdfx4=True))
    with pytest.raises(JobError, match="Helvetica is not embedded"):
        built(art(tmp_path / "font.pdf", _text), Claim(CMYK, pdfx4=True))


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("ExtGState", Dictionary(G=Dictionary(TR=Name.Identity)), "transfer functions"),
        ("ExtGState", Dictionary(G=Dictionary(HT=Dictionary(HalftoneType=6))), "halftones"),
        (
            "ColorSpace",
            Dictionary(C=Array([Name.Separation, Name.Spot, Name.DeviceCMYK, Dictionary()])),
            None,
        ),
    ],
)
def test_what_art_may_hold(tmp_path: Path, key: str, value: Dictionary, says: str | None) -> None:
    path = art(tmp_path / "a.pdf", lambda canvas: canvas.rect(0, 0, 5, 5, fill=1))
    with Pdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Resources[f"/{key}"] = value
        pdf.save(path)
    if says is None:
        built(path, Claim(CMYK, pdfx4=True))
        return
    with pytest.raises(JobError, match=says):
        built(path, Claim(CMYK, pdfx4=True))


def test_spot_colours_on_cmyk_follow_the_same_rule(tmp_path: Path) -> None:
    path = art(tmp_path / "a.pdf", lambda canvas: canvas.rect(0, 0, 5, 5, fill=1))
    with Pdf.open(path, allow_overwriting_input=True) as pdf:
        tint = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0, 0, 0, 0], C1=[0, 1, 0, 0], N=1)
        pdf.pages[0].Resources.ColorSpace = Dictionary(
            C=Array([Name.Separation, Name.Spot, Name.DeviceCMYK, tint])
        )
        pdf.pages[0].Contents = pdf.make_stream(b"/C cs 1 scn 0 0 9 9 re f")
        pdf.save(path)
    built(path, Claim(CMYK, pdfx4=True))
    with pytest.raises(JobError, match="device CMYK"):
        built(path, Claim(RGB, pdfx4=True))
