"""The writer, judged by qpdf, poppler, PDFium and MuPDF."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pikepdf
import pypdfium2
import pytest

from printstream.base.errors import ResourceError
from printstream.fonts.faces import load_face
from printstream.spool.writer import SpoolWriter
from tests.spool.spoolkit import (
    CODEPAGE,
    add_streams,
    block_of,
    compressed,
    numbered_sides,
    resources,
    text_side,
    write_spool,
    writer_for,
)

LINES = [
    ("F0", "Plain (round) \\back\\ slash"),
    ("F1", "Bold é ü ß Å Ł ő € ’ – …"),
    ("F0", "Total: $1,234.56 ()(("),
    ("F2", "0123456789<>+-"),
]


def _qpdf_check(qpdf: str, path: Path) -> str:
    done = subprocess.run([qpdf, "--check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 4097])
def test_qpdf_finds_nothing_wrong(tmp_path: Path, require_tool: Callable[[str], str], count: int) -> None:
    qpdf = require_tool("qpdf")
    sides = numbered_sides(count)
    file = write_spool(tmp_path / "0001.pdf", sides)
    assert file.sides == count
    assert "No syntax or stream encoding errors" in _qpdf_check(qpdf, file.path)
    done = subprocess.run([qpdf, "--show-npages", file.path], capture_output=True, text=True, check=True)
    assert int(done.stdout) == count
    with pikepdf.open(file.path) as pdf:
        assert [page.Contents.read_bytes() for page in pdf.pages] == sides


def test_the_page_tree_is_balanced(tmp_path: Path) -> None:
    file = write_spool(tmp_path / "0001.pdf", numbered_sides(4097))

    def depth_and_pages(node: pikepdf.Object) -> tuple[int, int]:
        assert len(node.Kids) <= 64
        if node.Kids[0].Type == pikepdf.Name.Page:
            depth, pages = 0, len(node.Kids)
        else:
            below = [depth_and_pages(kid) for kid in node.Kids]
            assert len({depth for depth, _ in below}) == 1
            depth, pages = below[0][0], sum(n for _, n in below)
        assert pages == node.Count
        return depth + 1, pages

    with pikepdf.open(file.path, inherit_page_attributes=False) as pdf:
        assert depth_and_pages(pdf.Root.Pages) == (3, 4097)


def test_three_readers_give_the_exact_text_back(tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    wanted = [text for _, text in LINES]
    file = write_spool(tmp_path / "0001.pdf", [text_side(LINES)])

    document = pypdfium2.PdfDocument(file.path)
    text_page = document[0].get_textpage()
    assert text_page.get_text_range().splitlines() == wanted
    text_page.close()
    document.close()

    poppler = [require_tool("pdftotext"), "-layout", file.path, "-"]
    out = subprocess.run(poppler, capture_output=True, text=True, check=True)
    assert out.stderr == ""
    assert [line.strip() for line in out.stdout.splitlines() if line.strip()] == wanted

    mupdf = [require_tool("mutool"), "draw", "-q", "-F", "txt", file.path]
    out = subprocess.run(mupdf, capture_output=True, text=True, check=True)
    assert "error" not in out.stderr
    assert "font" not in out.stderr
    assert [line.strip() for line in out.stdout.splitlines() if line.strip()] == wanted


def test_fonts_are_embedded_subsets_with_unicode(tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    file = write_spool(tmp_path / "0001.pdf", [text_side(LINES)])
    out = subprocess.run([require_tool("pdffonts"), file.path], capture_output=True, text=True, check=True)
    rows = [line.split() for line in out.stdout.splitlines()[2:]]
    assert len(rows) == 3
    for name, kind, _encoding, embedded, subset, unicode, *_ in rows:
        assert (name[6], kind, embedded, subset, unicode) == ("+", "TrueType", "yes", "yes", "yes")


def test_text_ends_where_our_widths_say(tmp_path: Path) -> None:
    text = "Wide Łőé 123"
    measured = int(load_face("plex-sans").widths(CODEPAGE)[list(CODEPAGE.encode(text))].sum()) * 12 / 1000
    # A bar directly after the text, where Tj left the text position.
    side = b"BT /F0 12 Tf 50 500 Td(%b)Tj(|)Tj ET" % CODEPAGE.encode(text)
    file = write_spool(tmp_path / "0001.pdf", [side])
    page = pypdfium2.PdfDocument(file.path)[0]
    boxes = page.get_textpage()
    left, _, right, _ = boxes.get_charbox(boxes.count_chars() - 1, loose=True)
    assert left == pytest.approx(50 + measured, abs=0.05)
    assert right > left


def test_boxes_and_information(tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    file = write_spool(tmp_path / "0001.pdf", numbered_sides(3), title="Nächtlicher (Lauf) \\ 東京")
    command = [require_tool("pdfinfo"), "-box", "-l", "3", file.path]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Nächtlicher (Lauf) \\ 東京" in out
    assert "CreationDate:    Wed Mar  4 00:00:00 2026" in out
    assert "PDF version:     1.7" in out
    for page in (1, 2, 3):
        rows = {tuple(line.split()) for line in out.splitlines() if line.split()[:2] == ["Page", str(page)]}
        assert ("Page", str(page), "MediaBox:", "0.00", "0.00", "612.00", "792.00") in rows
        assert ("Page", str(page), "TrimBox:", "9.00", "9.50", "603.00", "782.25") in rows
    with pikepdf.open(file.path) as pdf, pdf.open_metadata() as xmp:
        assert xmp["dc:title"] == "Nächtlicher (Lauf) \\ 東京"
        assert xmp["pdf:Producer"] == str(pdf.docinfo["/Producer"])
        assert str(pdf.Root.ViewerPreferences.PrintScaling) == "/None"


def test_page_extra_lies_on_every_page_and_no_trim_box_where_none_is_asked(tmp_path: Path) -> None:
    sides = numbered_sides(70)
    file = write_spool(tmp_path / "1.pdf", sides, trim_box_mpt=None, page_extra=b"/BleedBox[1 2 3 4]")
    with pikepdf.open(file.path) as pdf:
        assert all("/TrimBox" not in p and [*p.BleedBox] == [1, 2, 3, 4] for p in pdf.pages)


def test_the_same_spool_has_the_same_bytes_however_it_is_batched(tmp_path: Path) -> None:
    sides = numbered_sides(300)
    first = write_spool(tmp_path / "a.pdf", sides, batch=300)
    second = write_spool(tmp_path / "b.pdf", sides, batch=7)
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.crc32 == second.crc32 == zlib.crc32(first.path.read_bytes())
    assert first.size_bytes == first.path.stat().st_size
    other = write_spool(tmp_path / "c.pdf", sides, document_id=b"another")
    assert other.crc32 != first.crc32


def test_blocks_out_of_order_are_refused(tmp_path: Path) -> None:
    first = len(resources().objects) + 1
    with writer_for(tmp_path / "0001.pdf") as writer:
        writer.add_block(block_of(compressed(numbered_sides(2)), first))
        for number in (first, first + 1, first + 3):
            with pytest.raises(ValueError, match="cannot follow"):
                writer.add_block(block_of([b""], number))


def test_offsets_beyond_ten_gigabytes(tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    """A hole of 12 GB in the middle takes no room on disk."""
    hole = 12 << 30
    sides = numbered_sides(3)
    first, second, third = compressed(sides)
    with writer_for(tmp_path / "0001.pdf") as writer:
        add_streams(writer, [first])
        writer._flush()
        os.lseek(writer._fd, hole, os.SEEK_SET)
        writer._position = hole
        add_streams(writer, [second, third])
        path = writer.close(sync=False).path
    with pikepdf.open(path) as pdf:
        assert [page.Contents.read_bytes() for page in pdf.pages] == sides
        assert pdf.get_warnings() == []
    command = [require_tool("mutool"), "draw", "-q", "-F", "txt", path, "3"]
    assert "Side 2 of 3" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _fail_midway(path: Path) -> NoReturn:
    with writer_for(path) as writer:
        add_streams(writer, compressed(numbered_sides(3)))
        raise KeyboardInterrupt


def test_a_fault_in_the_block_removes_the_partial_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _fail_midway(tmp_path / "0001.pdf")
    assert list(tmp_path.iterdir()) == []


def test_nothing_bears_the_final_name(tmp_path: Path) -> None:
    file = write_spool(tmp_path / "0001.pdf", numbered_sides(1))
    assert [p.name for p in tmp_path.iterdir()] == ["0001.pdf.partial"] == [file.path.name]


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with writer_for(tmp_path / "0001.pdf") as writer:
        add_streams(writer, compressed(numbered_sides(3)))
        monkeypatch.setattr(os, call, full)
        with pytest.raises(ResourceError, match=r"No space left on device.*Free space") as caught:
            writer.close()
    assert str(tmp_path) in str(caught.value)
    assert caught.value.exit_code == 6
    assert list(tmp_path.iterdir()) == []


def _write_a_lot(writer: SpoolWriter) -> None:
    noise = os.urandom(1 << 20)
    for _ in range(16):
        add_streams(writer, [noise])


def test_a_real_limit_of_the_system(tmp_path: Path) -> None:
    """RLIMIT_FSIZE: the kernel itself cuts the write short, then refuses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6 << 20, hard))
    try:
        with pytest.raises(ResourceError, match=r"0001\.pdf\.partial: .*too large.*Free space"):
            _write_a_lot(writer_for(tmp_path / "0001.pdf"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_short_writes_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = numbered_sides(200)
    whole = write_spool(tmp_path / "a.pdf", sides)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:1000]))
    short = write_spool(tmp_path / "b.pdf", sides)
    assert short.path.read_bytes() == whole.path.read_bytes()


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"No such file or directory.*Make .* exist"):
        writer_for(tmp_path / "missing" / "0001.pdf")


def test_memory_stays_flat(tmp_path: Path) -> None:
    """60 MB of sides add less than 20 MB to the peak of the process."""
    code = f"""
import resource, os, pathlib
from tests.spool.spoolkit import add_streams, writer_for
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
noise = [os.urandom(3000) for _ in range(200)]
with writer_for(pathlib.Path({str(tmp_path)!r}) / "0001.pdf") as writer:
    before = peak()
    for _ in range(100):
        add_streams(writer, noise)
    writer.close(sync=False)
print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20


def test_media_box_is_exact(tmp_path: Path) -> None:
    file = write_spool(tmp_path / "1.pdf", [b""], media_box_mpt=(841_890, 595_276), trim_box_mpt=None)
    with pikepdf.open(file.path) as pdf:
        assert [str(v) for v in pdf.pages[0].MediaBox] == ["0", "0", "841.89", "595.276"]
