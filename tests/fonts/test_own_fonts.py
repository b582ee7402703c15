"""Fonts that a job brings: which are taken, and what is said of those that are not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from printstream.base.codepage import CodePage
from printstream.base.errors import JobError
from printstream.fonts.faces import FACES, load_face
from printstream.fonts.own import forbidden_by, own_face, read_fonts
from printstream.fonts.subset import subset_composite, subset_face
from tests.fonts.fontkit import EM, font_of

SOUND = font_of([0x41, 0x4E2D], bits=True)
PLEX = FACES["plex-sans"]()


def changed(change: Callable[[TTFont], object], data: bytes = PLEX) -> bytes:
    font = TTFont(io.BytesIO(data), recalcTimestamp=False)
    change(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def test_a_font_of_the_jobs_folder_is_a_face(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "bits.ttf").write_bytes(SOUND)
    fonts = read_fonts(tmp_path, {"fonts/bits.ttf"})
    face = load_face("fonts/bits.ttf", fonts)
    assert face.advances == {0x20: 250, 0x41: EM, 0x4E2D: EM}
    assert (face.postscript_name, face.is_own, face.data) == ("Bits-Regular", True, SOUND)
    assert load_face("fonts/bits.ttf", dict(fonts)) is face
    with pytest.raises(JobError, match="there is no face"):
        load_face("fonts/bits.ttf")


@pytest.mark.parametrize(
    ("bits", "version", "why"),
    [
        (0x0000, 4, ""),
        (0x0004, 4, ""),
        (0x0008, 4, ""),
        (0x0002, 4, "forbid to embed it"),
        (0x0002, 2, "forbid to embed it"),
        (0x0006, 2, ""),  # the least strict holds up to version 2
        (0x0006, 3, "forbid to embed it"),
        (0x0104, 4, "a part of it"),
        (0x0200, 4, "bitmaps only"),
    ],
)
def test_licence_bits_are_kept(bits: int, version: int, why: str) -> None:
    assert why in forbidden_by(bits, version)
    assert bool(forbidden_by(bits, version)) == bool(why)
    data = font_of([0x41], embedding=bits, version=version)
    if not why:
        own_face("x.ttf", data)
        return
    with pytest.raises(JobError, match=f"(?s)^x.ttf: the font's licence bits.*{why}.*fsType {bits:#06x}"):
        own_face("x.ttf", data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no TrueType font"),
        (b"%PDF-1.7 and so on", "is no TrueType font"),
        (b"OTTO" + SOUND[4:], "PostScript outlines"),
        (b"ttcf" + SOUND[4:], "collection"),
        (b"wOF2" + SOUND[4:], "web font"),
        (SOUND[:100], "damaged"),
        (SOUND[:12], "damaged|lacks"),
        (SOUND[: len(SOUND) // 2], "damaged"),
        (changed(lambda font: font.__delitem__("glyf")), "lacks the tables? .*glyf"),
        (changed(lambda font: font.__delitem__("OS/2")), "lacks the table OS/2"),
        (changed(lambda font: font.__setitem__("fvar", font["post"])), "variable"),
        (changed(lambda font: font["cmap"].tables.clear()), "in Unicode"),
        (changed(lambda font: setattr(font["head"], "unitsPerEm", 8)), "em has no size"),
    ],
)
def test_what_is_no_font_for_us_is_refused_with_a_next_step(data: bytes, said: str) -> None:
    with pytest.raises(JobError, match=said) as caught:
        own_face("fonts/x.ttf", data)
    assert caught.value.where == "fonts/x.ttf"
    assert caught.value.next_step
    assert caught.value.exit_code == 3


def test_every_beginning_of_a_file_is_refused_or_taken_whole() -> None:
    """No cut makes anything else than the documented fault."""
    for length in range(0, len(SOUND), 7):
        with pytest.raises(JobError):
            own_face("x.ttf", SOUND[:length])


def test_outlines_that_cannot_be_read_are_the_jobs_fault() -> None:
    """The tables are all there, so it shows only when the font is cut down."""
    glyf = TTFont(io.BytesIO(SOUND)).reader.tables["glyf"]
    broken = bytearray(SOUND)
    broken[glyf.offset : glyf.offset + glyf.length] = bytes(7 for _ in range(glyf.length))
    face = own_face("fonts/x.ttf", bytes(broken))
    for characters in ("A中", ["A", *map(chr, range(0x4E00, 0x4F00))]):
        page = CodePage.of(characters)
        with pytest.raises(JobError, match=r"fonts/x\.ttf: the font's outlines cannot be read") as caught:
            (subset_composite if page.leads else subset_face)(face, page)
        assert caught.value.next_step == "Take a sound copy of the font file"


def test_paths_stay_in_the_jobs_folder(tmp_path: Path) -> None:
    job = tmp_path / "job"
    (job / "fonts").mkdir(parents=True)
    (tmp_path / "secret.ttf").write_bytes(SOUND)
    (job / "link.ttf").symlink_to(tmp_path / "secret.ttf")
    for name in ("link.ttf", "../secret.ttf"):
        with pytest.raises(JobError, match=r"outside of the job's folder"):
            read_fonts(job, {name})
    for name in ("none.ttf", "none/none.ttf"):
        with pytest.raises(JobError, match="there is no font file"):
            read_fonts(job, {name})
    (job / "folder.ttf").mkdir()
    with pytest.raises(JobError, match="there is no font file"):
        read_fonts(job, {"folder.ttf"})
    with (job / "large.ttf").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(JobError, match="larger than 64 MiB"):
        read_fonts(job, {"large.ttf"})


def test_names_that_a_pdf_could_not_take_are_cleaned() -> None:
    data = changed(lambda font: font["name"].setName("Brand (Neu)/Fett", 6, 3, 1, 0x409), SOUND)
    assert own_face("x.ttf", data).postscript_name == "BrandNeuFett"
    assert (
        own_face("x.ttf", changed(lambda font: font["name"].names.clear(), SOUND)).postscript_name == "Font"
    )
