"""Text on label sheets and placards: set in the sheets' faces, narrowed where it is too wide.

In: lines of text. Out: content bytes, in millipoints. Never: writes a file, reads a font from the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from printstream.base.codepage import CodePage
from printstream.base.frozen import frozen
from printstream.fonts.faces import Face, load_face

FACES = ("plex-sans-semibold", "plex-sans", "ocr-b")
"""/F0, /F1, /F2 of the sheets."""
BOLD, PLAIN, DIGITS = range(3)
_SMALLEST_STRETCH = 60
_BASE_TEXT = "".join(map(chr, range(0x20, 0x7F))) + "·–"


@frozen
class LabelSheets:
    """Pages of labels.

    Attributes:
        faces: by name, in order: /F0, /F1, ...
        codepage: of all texts.
        width_mpt, height_mpt: of a page.
        pages: content of each, made while it is asked for.
        count: how many.
    """

    faces: dict[str, Face]
    codepage: CodePage
    width_mpt: int
    height_mpt: int
    pages: Iterator[bytes]
    count: int


@frozen
class Pen:
    """Sets text in the sheets' faces."""

    faces: dict[str, Face]
    codepage: CodePage
    shown: set[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Pen:
        """Take up what texts need; characters that the faces do not have are shown as ``?``."""
        faces = {name: load_face(name) for name in FACES}
        wanted = set(_BASE_TEXT).union(*texts)
        shown = {
            x for x in wanted if all(face.supports(ord(x)) for face in (faces[FACES[0]], faces[FACES[1]]))
        }
        return cls(faces, CodePage.of(shown), shown)

    def line(
        self,
        text: str,
        face: int,
        size: int,
        x: int,
        y: int,
        room: int,
        align: float = 0.0,
        *,
        keep: str = "",
    ) -> bytes:
        """Set a line; where it is wider than its room it is narrowed, and beyond that cut short, before ``keep``."""
        text = "".join(t if t in self.shown else "?" for t in text)
        width = self.width(text, face, size)
        stretch = min(100, max(_SMALLEST_STRETCH, 100 * room // width)) if width else 100
        head = text.removesuffix(keep)
        while head and self.width(text, face, size) * stretch // 100 > room:
            head = head[:-1]
            text = f"{head.rstrip()} {keep}" if keep else head
        x += round(align * (room - self.width(text, face, size) * stretch // 100))
        words = b"/F%d %d Tf %d Tz %d %d Td" % (face, size, stretch, x, y)
        return b"BT %b <%b> Tj ET" % (words, self.codepage.encode(text).hex().encode())

    def width(self, text: str, face: int, size: int) -> int:
        """Width of a text, millipoints."""
        advances = self.faces[FACES[face]].advances
        return sum(advances[ord(t)] for t in text) * size // 1000


def bars(widths: str, x: int, foot: int, module: int, height: int) -> bytes:
    """A barcode as one filled path of rectangles, from its widths of bar, space, ..., bar in modules."""
    out = []
    for place, digit in enumerate(widths):
        wide = int(digit) * module
        if place % 2 == 0:
            out.append(b"%d %d %d %d re" % (x, foot, wide, height))
        x += wide
    return b" ".join(out) + b" f"
