"""Font files of the job's own folder, checked before they are believed.

In: the folder and paths below it. Out: their bytes, ``Face``, or the fault. Never: follows a path out of the folder; lets a
font be embedded against its licence bits.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base.errors import JobError
from printstream.fonts.faces import Face, face_of, open_font

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

_MOST_BYTES = 64 << 20
_TRUETYPE = (b"\0\1\0\0", b"true")
_OTHERS = {
    b"OTTO": ("has PostScript outlines (CFF)", "Convert it to TrueType outlines, such as with fontTools"),
    b"ttcf": ("is a collection of several fonts", "Save the one that you mean as a file of its own"),
    b"wOFF": ("is a web font", "Take the TrueType file that it was made from"),
    b"wOF2": ("is a web font", "Take the TrueType file that it was made from"),
}
_NEEDED = ("head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap", "name", "OS/2")
# fsType (OpenType 1.9.1, OS/2 table).
_RESTRICTED, _LESS_STRICT, _NO_SUBSETTING, _BITMAPS_ONLY = 0x0002, 0x000C, 0x0100, 0x0200


def read_fonts(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Read and check a job's font files.

    Args:
        folder: the job's folder.
        names: the files' paths below it.

    Raises:
        JobError: a file is not there, is outside of the folder, is no TrueType font, is damaged, or may not be embedded.
    """
    fonts = {name: _read(folder, name) for name in sorted(names)}
    for name, data in fonts.items():
        own_face(name, data)
    return fonts


def _read(folder: Path, name: str) -> bytes:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise _fault(name, "the font file lies outside of the job's folder", "Copy it into the folder")
    try:
        seen = path.stat()
        if not path.is_file():
            raise _fault(name, "there is no font file of this name in the job's folder", "Mend the path")
        if seen.st_size > _MOST_BYTES:
            raise _fault(name, f"the font file is larger than {_MOST_BYTES >> 20} MiB", "Take a smaller font")
        return path.read_bytes()
    except FileNotFoundError:
        what = "there is no font file of this name in the job's folder"
        raise _fault(name, what, "Mend the path, or copy the file there") from None
    except OSError as error:
        what = f"the font file cannot be read ({os.strerror(error.errno or 0)})"
        raise _fault(name, what, "Look after its permissions") from error


@lru_cache(maxsize=16)
def own_face(name: str, data: bytes) -> Face:
    """Check and measure a font file.

    Args:
        name: its path in the job's folder.
        data: its bytes.

    Raises:
        JobError: it is no TrueType font, is damaged, or may not be embedded.
    """
    if data[:4] in _OTHERS:
        what, next_step = _OTHERS[data[:4]]
        raise _fault(name, f"the font {what}, and only single TrueType fonts can be used", next_step)
    if data[:4] not in _TRUETYPE:
        raise _fault(
            name, "the file is no TrueType font", "Take a .ttf file, or an .otf with TrueType outlines"
        )
    try:
        _check(open_font(data), name)
        return face_of(name, data, is_own=True)
    except JobError:
        raise
    except Exception as error:
        # fontTools lets faults of damaged tables through as they come: KeyError, struct.error, assertions.
        what = f"the font file is damaged ({type(error).__name__})"
        raise _fault(name, what, "Take a sound copy of it") from error


def _check(font: TTFont, name: str) -> None:
    lacking = [tag for tag in _NEEDED if tag not in font]
    if lacking:
        what = f"the font lacks the table{'s' * (len(lacking) > 1)} {', '.join(lacking)}"
        raise _fault(name, what, "Take a whole TrueType font")
    if "fvar" in font:
        what = "the font is variable, and it is not said which of its weights is meant"
        next_step = "Make a static one of it, such as with fonttools varLib.instancer FILE wght=400"
        raise _fault(name, what, next_step)
    if not 16 <= font["head"].unitsPerEm <= 16384:
        raise _fault(name, "the font's em has no size that a font may have", "Take a sound copy of it")
    if not font.getBestCmap():
        raise _fault(name, "the font does not say which characters it has in Unicode", "Take another font")
    if reason := forbidden_by(font["OS/2"].fsType, font["OS/2"].version):
        next_step = "Ask the font's maker for a licence and a file that allow it, or take another font"
        raise _fault(
            name, f"the font's licence bits {reason} (OS/2 fsType {font['OS/2'].fsType:#06x})", next_step
        )


def forbidden_by(bits: int, version: int) -> str:
    """Say why a font may not be embedded as a subset; empty where it may.

    Up to version 2 of the table the least strict of several usage bits holds; later only one may be set.
    """
    if bits & _RESTRICTED and not (version < 3 and bits & _LESS_STRICT):
        return "forbid to embed it"
    if bits & _NO_SUBSETTING:
        return "forbid to embed a part of it, and it is embedded with the job's characters only"
    if bits & _BITMAPS_ONLY:
        return "allow to embed its bitmaps only"
    return ""


def _fault(name: str, what: str, next_step: str) -> JobError:
    return JobError(what, where=name, next_step=next_step)
