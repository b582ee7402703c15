"""Where and how a template prints the recipient's address: what layout knows of it, as plain values.

In: nothing. Out: ``AddressPlace``. Never: reads a template.
"""

from __future__ import annotations

from printstream.base.frozen import frozen

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, millipoints from the page's top left corner."""


@frozen
class AddressPart:
    """A piece of a line: words, or a column and its format."""

    text: str
    is_column: bool
    form: str = ""


@frozen
class AddressPlace:
    """The address block of the first page; lengths in mpt from the page's top left corner.

    Attributes:
        where: its place in the template.
        left: left end of all lines.
        baseline: of the first line.
        leading: from baseline to baseline.
        width: widest line.
        face, size: of the text.
        lines: parts of each line; lines that come out empty are left out and the rest move up.
        bars: what the post's bars cover, where the block draws them.
        clear_bars: paper that their post wants free left and right of them, above and below.
        font: the face's file, where it is the job's own.
    """

    where: str
    left: int
    baseline: int
    leading: int
    width: int
    face: str
    size: int
    lines: tuple[tuple[AddressPart, ...], ...]
    bars: Box | None
    clear_bars: tuple[int, int]
    font: bytes = b""
