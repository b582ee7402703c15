"""Verification, tried on good spools and on every kind of bad one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.base.errors import BalanceError, ResourceError
from printstream.fonts.faces import load_face
from printstream.spool import tail
from printstream.spool.release import release
from printstream.spool.resources import build_resources
from printstream.spool.verify import Reading, verify_spool
from printstream.spool.writer import SpoolFile
from tests.spool.spoolkit import (
    CODEPAGE,
    add_streams,
    compressed,
    expectation,
    numbered_sides,
    write_spool,
    writer_for,
)

SIDES = numbered_sides(130)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> SpoolFile:
    return write_spool(tmp_path_factory.mktemp("spool") / "0007.pdf", SIDES)


def _refused(path: Path, sides: list[bytes] = SIDES, match: str | None = None) -> BalanceError:
    """Verification without the digest must see the fault in the PDF itself, whether it samples sides or not."""
    for every in (1, 1000):
        with pytest.raises(BalanceError, match=match) as caught:
            verify_spool(path, replace(expectation(sides), inflate_every=every, qpdf_every=every))
        assert caught.value.where.startswith(path.name)
        assert "Nothing was released" in str(caught.value)
    return caught.value


@pytest.mark.parametrize("count", [0, 1, 64, 65, 130])
def test_a_good_spool_passes(tmp_path: Path, count: int) -> None:
    sides = SIDES[:count]
    file = write_spool(tmp_path / "0001.pdf", sides)
    check = verify_spool(file.path, expectation(sides, file))
    assert (check.path, check.sides, check.plain_bytes) == (file.path, count, sum(map(len, sides)))
    assert check.sha256 == hashlib.sha256(file.path.read_bytes()).hexdigest()


def test_any_flipped_bit_is_seen_by_the_digest(good: SpoolFile, tmp_path: Path) -> None:
    data = good.path.read_bytes()
    expected = expectation(SIDES, good)
    path = tmp_path / "0007.pdf.partial"
    for place in np.linspace(0, len(data) - 1, 60).astype(int).tolist():
        bad = bytearray(data)
        bad[place] ^= 1
        path.write_bytes(bad)
        with pytest.raises(BalanceError, match="differs from what was written"):
            verify_spool(path, expected)


def test_both_parts_of_a_reading_may_run_side_by_side(good: SpoolFile, tmp_path: Path) -> None:
    bad = bytearray(good.path.read_bytes())
    bad[bad.index(b"\n") + 2] ^= 1  # in the header's comment: no page says so
    path = tmp_path / "0007.pdf.partial"
    path.write_bytes(bad)
    with ThreadPoolExecutor(2) as executor:
        for file, match in ((good.path, None), (path, "differs from what was written")):
            reading = Reading(file, expectation(SIDES, good))
            pages, digest = executor.submit(reading.compare_pages), executor.submit(reading.compare_bytes)
            assert pages.exception() is None
            if match is None:
                assert digest.result() == hashlib.sha256(file.read_bytes()).hexdigest()
            else:
                with pytest.raises(BalanceError, match=match):
                    digest.result()


@settings(max_examples=150)
@given(fraction=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_of_content_is_seen_without_the_digest(
    good: SpoolFile, tmp_path_factory: pytest.TempPathFactory, fraction: float, bit: int
) -> None:
    data = bytearray(good.path.read_bytes())
    streams = compressed(SIDES)
    begin = data.index(streams[0])
    end = data.index(streams[-1]) + len(streams[-1])
    data[begin + int(fraction * (end - begin))] ^= 1 << bit
    path = tmp_path_factory.mktemp("bad") / "0007.pdf.partial"
    path.write_bytes(data)
    try:
        verify_spool(path, expectation(SIDES))
    except BalanceError:
        return
    # Only line ends around a stream may differ: they are white space to every reader.
    with pikepdf.open(path) as pdf:
        assert [page.Contents.read_bytes() for page in pdf.pages] == SIDES
        assert pdf.check_pdf_syntax() == []


def test_damage_anywhere_ends_in_a_balance_error_or_changes_nothing(good: SpoolFile, tmp_path: Path) -> None:
    data = good.path.read_bytes()
    expected = expectation(SIDES)
    path = tmp_path / "0007.pdf.partial"
    draw = np.random.default_rng(5)
    for place, bit in zip(draw.integers(0, len(data), 300), draw.integers(0, 8, 300), strict=True):
        bad = bytearray(data)
        bad[place] ^= 1 << bit
        path.write_bytes(bad)
        try:
            assert verify_spool(path, expected).sides == len(SIDES)
        except BalanceError:
            continue


@pytest.mark.parametrize("keep", [0, 10, 0.3, 0.9, -1200, -100, -8])
def test_a_truncated_file_is_seen(good: SpoolFile, tmp_path: Path, keep: float) -> None:
    data = good.path.read_bytes()
    length = int(len(data) * keep) if isinstance(keep, float) else keep
    path = tmp_path / "0007.pdf.partial"
    path.write_bytes(data[:length])
    _refused(path)


def test_a_missing_or_an_additional_side_is_seen(tmp_path: Path) -> None:
    _refused(write_spool(tmp_path / "a.pdf", SIDES[:-1]).path, match="129 sides, not 130")
    _refused(write_spool(tmp_path / "b.pdf", [*SIDES, b""]).path, match="131 sides, not 130")


def test_swapped_sides_are_seen_and_named(tmp_path: Path) -> None:
    swapped = [*SIDES[:70], SIDES[71], SIDES[70], *SIDES[72:]]
    fault = _refused(write_spool(tmp_path / "a.pdf", swapped).path, match="not what was planned")
    assert fault.where == "a.pdf.partial, side 70"


def test_a_side_with_other_content_of_the_same_length_is_seen(tmp_path: Path) -> None:
    other = [SIDES[0].replace(b"Side 0", b"Side 8"), *SIDES[1:]]
    assert len(other[0]) == len(SIDES[0])
    assert _refused(write_spool(tmp_path / "a.pdf", other).path).where == "a.pdf.partial, side 0"


def _pages_with(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[tail.Tail], Iterator[bytes]]:
    real = tail.Tail._pages

    def changed(self: tail.Tail) -> Iterator[bytes]:
        return iter(change(list(real(self))))

    return changed


PAGE_FAULTS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "two pages point to each other's content": lambda p: [
        *p[:4],
        p[4].replace(b"/Contents ", b"/Contents 1"),
        *p[5:],
    ],
    "a page repeats the one before": lambda p: [*p[:9], p[8], *p[10:]],
    "pages in another order": lambda p: [p[1], p[0], *p[2:]],
    "another trim box": lambda p: [*p[:9], p[9].replace(b"/TrimBox[9 ", b"/TrimBox[8 "), *p[10:]],
    "no trim box": lambda p: [q.split(b"/TrimBox")[0] + b">>" for q in p],
    "its own media box": lambda p: [q.replace(b"/Type/Page", b"/Type/Page/MediaBox[0 0 9 9]") for q in p],
    "turned": lambda p: [*p[:-1], p[-1].replace(b"/Type/Page", b"/Type/Page/Rotate 90")],
    "no content": lambda p: [*p[:-1], p[-1].replace(b"/Contents", b"/Nothing")],
    "content is no stream": lambda p: [p[0].replace(b"/Contents ", b"/Contents 1 0 R/X "), *p[1:]],
    "a missing object": lambda p: [p[0].replace(b"/Contents ", b"/Contents 9"), *p[1:]],
    "no page": lambda p: [*p[:-1], p[-1].replace(b"/Type/Page", b"/Type/Pale")],
    "null": lambda p: [*p[:-1], b"null"],
    "a parent that is a number": lambda p: [p[0].replace(b"/Parent ", b"/Parent 1/X "), *p[1:]],
    "content is a number": lambda p: [p[0].replace(b"/Contents ", b"/Contents 1/X "), *p[1:]],
    "another parent": lambda p: [p[0].replace(b"/Parent ", b"/Parent 1 0 R/X "), *p[1:]],
}


@pytest.mark.parametrize("fault", PAGE_FAULTS)
def test_page_faults_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(tail.Tail, "_pages", _pages_with(PAGE_FAULTS[fault]))
    _refused(write_spool(tmp_path / "a.pdf", SIDES).path)


def test_a_page_tree_without_end_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tail.Tail._nodes

    def knotted(self: tail.Tail) -> Iterator[bytes]:
        for body in real(self):
            own = b"%d 0 R" % self._root
            yield (
                body.replace(b"/Kids[", b"/Parent %b/Kids[%b " % (own, own)) if b"/MediaBox" in body else body
            )

    monkeypatch.setattr(tail.Tail, "_nodes", knotted)
    _refused(write_spool(tmp_path / "a.pdf", SIDES).path, match="page tree is broken")


def test_a_wrong_cross_reference_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tail._rows

    def shifted(offsets: np.ndarray, *rest: int) -> np.ndarray:
        offsets[50] += 3
        return real(offsets, *rest)

    monkeypatch.setattr(tail, "_rows", shifted)
    _refused(write_spool(tmp_path / "a.pdf", SIDES).path)


def test_other_fonts_are_seen(good: SpoolFile) -> None:
    other = build_resources({"plex-sans": load_face("plex-sans")}, CODEPAGE)
    with pytest.raises(BalanceError, match="shared fonts or forms"):
        verify_spool(good.path, replace(expectation(SIDES), resources=other))


@pytest.mark.parametrize(
    "change", [{"media_box_mpt": (612_000, 792_001)}, {"trim_box_mpt": None}, {"trim_box_mpt": (0, 0, 1, 1)}]
)
def test_other_boxes_are_seen(good: SpoolFile, change: dict[str, object]) -> None:
    with pytest.raises(BalanceError, match="box"):
        verify_spool(good.path, replace(expectation(SIDES), **change))  # type: ignore[arg-type]


def test_a_stream_that_is_no_zlib_stream_is_seen(tmp_path: Path) -> None:
    with writer_for(tmp_path / "a.pdf") as writer:
        add_streams(writer, [b"no zlib stream", *compressed(SIDES)[1:]])
        path = writer.close().path
    assert _refused(path, match="not what was planned").where == "a.pdf.partial, side 0"


def test_a_stream_that_ends_with_the_right_checksum_is_decompressed(tmp_path: Path) -> None:
    good = compressed(SIDES)
    with writer_for(tmp_path / "a.pdf") as writer:
        add_streams(writer, [good[0][:2] + b"no zlib stream" + good[0][-4:], *good[1:]])
        path = writer.close().path
    assert _refused(path, match="cannot be decompressed").where == "a.pdf.partial, side 0"


@pytest.mark.parametrize("more", [b"", b" ", b" Q" * 5000])
def test_content_of_another_length_than_planned_is_seen(tmp_path: Path, more: bytes) -> None:
    planned = [b"", *SIDES[1:]] if not more else SIDES
    made = [planned[0] + (more or b"q Q"), *planned[1:]]
    streams = compressed(made)
    # With the checksum that was planned, so that only its length tells.
    sums = np.array([int.from_bytes(s[-4:], "big") for s in streams], np.uint32)
    with writer_for(tmp_path / "a.pdf") as writer:
        add_streams(writer, streams)
        path = writer.close().path
    with pytest.raises(BalanceError, match="planned") as caught:
        verify_spool(path, replace(expectation(planned), adler32=sums))
    assert caught.value.where == "a.pdf.partial, side 0"


def test_an_absent_file_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="No such file"):
        verify_spool(tmp_path / "a.pdf.partial", expectation(SIDES))


def test_release_gives_the_final_name(tmp_path: Path) -> None:
    file = write_spool(tmp_path / "0001.pdf", SIDES[:2])
    data = file.path.read_bytes()
    (tmp_path / "0001.pdf").write_bytes(b"of an earlier run")
    assert release(file.path) == tmp_path / "0001.pdf"
    assert [p.name for p in tmp_path.iterdir()] == ["0001.pdf"]
    assert (tmp_path / "0001.pdf").read_bytes() == data


def test_release_refuses_what_is_absent_or_not_partial(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="cannot be released"):
        release(tmp_path / "0001.pdf.partial")
    with pytest.raises(ValueError, match="no partial file"):
        release(tmp_path / "0001.pdf")
