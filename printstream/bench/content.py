r"""What is in the print files of a run: every side's content, and how much of it is text and codes.

In: finished spools and the run's own record of their sides. Out: content streams, decompressed and compared with that
record; counts over a sample of them. Never: opens a print file with the library that wrote or verified it.
"""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from isal import igzip_lib

from printstream.base.errors import BalanceError
from printstream.base.frozen import frozen

SAMPLED_SIDES = 2_000
_SIDE = re.compile(rb"\d+ 0 obj\n<</Length (\d+)/Filter/FlateDecode>>stream\n")
_SIDE_TAIL = b"\nendstream\nendobj\n"
# Strings have no escapes and no nested parentheses (base.codepage); image data may hold any byte.
_SHOWN = re.compile(rb"\(([^()]*)\)|BI.{1,80}? ID .*?\nEI\n", re.DOTALL)
_BARS = re.compile(rb"[ADFT]{65}\Z")


@frozen
class Sample:
    """What a sample of sides shows.

    Attributes:
        sides: how many were looked at.
        glyphs: characters in strings; what shared forms show is not counted.
        matrices: two-dimensional codes; bars: Intelligent Mail barcodes.
    """

    sides: int
    glyphs: int
    matrices: int
    bars: int


def read_sides(path: Path) -> Iterator[memoryview]:
    """Give the compressed content of every side of a print file, in order."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        view = memoryview(data)
        try:
            match = _SIDE.search(data)
            while match is not None:
                begin = match.end()
                end = begin + int(match[1])
                if data[end : end + len(_SIDE_TAIL)] != _SIDE_TAIL:
                    break
                with view[begin:end] as side:
                    yield side
                match = _SIDE.match(data, end + len(_SIDE_TAIL))
        finally:
            view.release()


def plain_sides(path: Path, recorded: pl.DataFrame) -> list[bytes]:
    """Decompress every side of a print file and compare it with the run's record.

    Args:
        path: the print file.
        recorded: its rows of sides.parquet, in order: plain_bytes, adler32.

    Raises:
        BalanceError: when these are not the sides that the run recorded.
    """
    inflate, form = igzip_lib.decompress, igzip_lib.DECOMP_ZLIB
    plain = [inflate(side, form) for side in read_sides(path)]
    lengths, sums = recorded["plain_bytes"].to_list(), recorded["adler32"].to_list()
    if [len(p) for p in plain] != lengths or [zlib.adler32(p) for p in plain] != sums:
        what = "the sides are not those that the run recorded"
        raise BalanceError(what, where=path.name, next_step="Do not trust this bench; report it")
    return plain


def sides_by_spool(run_dir: Path) -> dict[str, pl.DataFrame]:
    """The run's record of its sides, by name of the print file."""
    parts = pl.read_parquet(run_dir / "sides.parquet").partition_by("spool", as_dict=True)
    return {f"{number:04d}.pdf": frame for (number,), frame in parts.items()}


def sample_content(run_dir: Path, wanted: int = SAMPLED_SIDES) -> Sample:
    """Count text and codes on sides spread evenly over all print files."""
    recorded = sides_by_spool(run_dir)
    total = sum(frame.height for frame in recorded.values())
    # Odd, because fronts and backs alternate and only fronts carry the inserter's code.
    step = max(1, total // max(wanted, 1)) | 1
    seen, glyphs, matrices, bars, number = 0, 0, 0, 0, 0
    for name in recorded:
        for side in read_sides(run_dir / "spool" / name):
            if number % step == 0:
                seen += 1
                for match in _SHOWN.finditer(igzip_lib.decompress(side, igzip_lib.DECOMP_ZLIB)):
                    text = match[1]
                    matrices += text is None
                    glyphs += len(text or b"")
                    bars += text is not None and _BARS.match(text) is not None
            number += 1
    return Sample(seen, glyphs, matrices, bars)
