"""The template as a frozen model: pages, blocks, the table, the closing.

In: the text of a template file. Out: ``Template``. Never: measures, draws.

Positions are from the top left corner of the page, as typographers measure; text stands on its baseline.
Text holds fields in braces: ``{name}`` or ``{name:format}``. A field is a column of the document, a column of
the detail table (in table rows), or one of the page's own: page, pages, sheet, sheets, piece, group_total,
brought, carried, total.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from printstream.job import LengthMpt, Model, Name, RelativePath

Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
"""A colour as #rrggbb."""
Point = tuple[LengthMpt, LengthMpt]
Align = Literal["left", "right", "center"]
Overflow = Literal["reject", "ellipsis", "allow"]


SHIPPED_FACES = ("plex-sans", "plex-sans-semibold", "ocr-b")
_FONT_FILE = (".ttf", ".otf")


def _known_face(name: str) -> str:
    if name not in SHIPPED_FACES and not name.lower().endswith(_FONT_FILE):
        msg = f"there is no face {name!r}; use {', '.join(SHIPPED_FACES)}, or a .ttf file of the job's folder"
        raise ValueError(msg)
    return name


FaceName = Annotated[
    RelativePath, AfterValidator(_known_face), Field(examples=[*SHIPPED_FACES, "fonts/Own.ttf"])
]
"""A shipped face, or a font file relative to the job's folder."""


class Style(Model):
    """How text looks."""

    face: FaceName = "plex-sans"
    """Typeface: plex-sans, plex-sans-semibold, ocr-b, or a TrueType file (.ttf, .otf) of the job's folder by its path."""
    size: LengthMpt = 9_000
    """Type size."""
    color: Color = "#000000"
    """Colour of the text."""


class TextBlock(Model):
    """One line of text."""

    kind: Literal["text"]
    """The block's kind."""
    at: Point
    """Where the baseline starts (left), ends (right) or has its middle (center)."""
    text: str
    """The text, with fields in braces."""
    style: Name
    """One of the template's styles."""
    align: Align = "left"
    """How the text stands to its point."""
    width: LengthMpt | None = None
    """Widest that the text may become; no limit where absent."""
    overflow: Overflow = "reject"
    """What happens to text that is wider: the document is rejected, the text is cut with an ellipsis, or nothing."""


class ParagraphBlock(Model):
    """Text broken into lines of a given width."""

    kind: Literal["paragraph"]
    """The block's kind."""
    at: Point
    """Baseline start of the first line."""
    text: str
    """The text, with fields in braces."""
    style: Name
    """One of the template's styles."""
    width: LengthMpt
    """Width of a line."""
    leading: LengthMpt
    """Distance from baseline to baseline."""
    max_lines: Annotated[int, Field(gt=0, le=60)] = 12
    """Most lines; a document whose text needs more is rejected."""


class AddressBlock(Model):
    """The recipient's address, with the post's bars above it unless a postal block places them."""

    kind: Literal["address"]
    """The block's kind."""
    at: Point
    """Left end of the barcode's centre line, whether or not it is drawn here."""
    first_line: LengthMpt
    """From the barcode's centre line down to the first text baseline."""
    leading: LengthMpt
    """Distance from baseline to baseline."""
    style: Name
    """One of the template's styles."""
    width: LengthMpt
    """Widest line; a document with a wider one is rejected."""
    lines: tuple[str, ...] = Field(min_length=1, max_length=7)
    """Lines with fields in braces; a line that comes out empty is left out and the rest move up."""


class PostalBlock(Model):
    """The post's code of the piece, by job.mailing.barcode."""

    kind: Literal["postal"]
    """The block's kind."""
    at: Point
    """Left end of the bars' centre line; of a Data Matrix its top left corner, clear zone not included."""


class RuleBlock(Model):
    """A straight line."""

    kind: Literal["rule"]
    """The block's kind."""
    start: Point
    """One end."""
    end: Point
    """The other end."""
    weight: LengthMpt = 500
    """Thickness."""
    color: Color = "#000000"
    """Colour."""
    dash: LengthMpt | None = None
    """Length of dashes and gaps; solid where absent."""


class BoxBlock(Model):
    """A rectangle."""

    kind: Literal["box"]
    """The block's kind."""
    at: Point
    """Top left corner."""
    size: Point
    """Width and height."""
    fill: Color | None = None
    """Colour of the inside; empty where absent."""
    stroke: Color | None = None
    """Colour of the outline; none where absent."""
    weight: LengthMpt = 500
    """Thickness of the outline."""
    radius: LengthMpt = 0
    """Radius of the corners."""


class BarsBlock(Model):
    """A bar chart of a list column, with a scale rounded up to 1, 2 or 5 times a power of ten."""

    kind: Literal["bars"]
    """The block's kind."""
    at: Point
    """Top left corner of the plot."""
    size: Point
    """Width and height of the plot."""
    values: Name
    """A list column of whole cents, one bar each."""
    count: Annotated[int, Field(gt=0, le=60)] = 12
    """Values in the list."""
    gap: Annotated[int, Field(ge=0, le=90)] = 35
    """Gap between bars, percent of a bar's share."""
    color: Color = "#000000"
    """Colour of the bars."""
    label_style: Name
    """Style of the scale's figures, set right-aligned at the left of the plot, at its top and middle."""


class QrBlock(Model):
    """A QR code, level M."""

    kind: Literal["qr"]
    """The block's kind."""
    at: Point
    """Top left corner of the symbol, quiet zone not included (leave four modules free)."""
    module: LengthMpt
    """Width of a module."""
    text: str
    """What the symbol says, with fields in braces; ASCII only."""
    min_version: Annotated[int, Field(ge=1, le=10)] = 3
    """Smallest version (17 + 4 x version modules)."""


class ArtBlock(Model):
    """A page of a designer's PDF, placed on the whole page."""

    kind: Literal["art"]
    """The block's kind."""
    pdf: RelativePath
    """PDF file, relative to the job's folder."""
    page: Annotated[int, Field(ge=1)] = 1
    """Page of the file."""


Block = Annotated[
    TextBlock
    | ParagraphBlock
    | AddressBlock
    | PostalBlock
    | RuleBlock
    | BoxBlock
    | BarsBlock
    | QrBlock
    | ArtBlock,
    Field(discriminator="kind"),
]


class Area(Model):
    """Where table rows stand on a page."""

    top: LengthMpt
    """Top of the first row."""
    bottom: LengthMpt
    """No row reaches below."""


class PageLayout(Model):
    """One kind of page."""

    blocks: tuple[Block, ...] = ()
    """What stands on it; blocks without fields are drawn once and shared by all pages."""
    area: Area
    """Where table rows stand."""


class Cell(Model):
    """One text of a table row."""

    x: LengthMpt
    """From the table's left edge: the text's left end, or its right end when right-aligned."""
    text: str
    """The text, with fields in braces."""
    align: Literal["left", "right"] = "left"
    """How the text stands to x."""
    width: LengthMpt | None = None
    """Widest that the text may become; a wider one is cut with an ellipsis."""


class Row(Model):
    """A kind of table row; all of its cells share one style."""

    height: LengthMpt
    """Height of the row."""
    baseline: LengthMpt
    """From the row's top to its baseline."""
    style: Name
    """One of the template's styles."""
    cells: tuple[Cell, ...] = ()
    """Its texts, from left to right."""


class Table(Model):
    """The detail lines, in groups."""

    x: LengthMpt
    """Left edge."""
    sum: Name
    """Whole-cents column that is added up: group totals, carried and brought forward, the total."""
    line: Row
    """A detail line."""
    heading: Row | None = None
    """Starts a group; never last on a page."""
    continued: Row | None = None
    """Repeats the heading where a group goes on on the next page."""
    subtotal: Row | None = None
    """Ends a group; never first on a page."""
    carried: Row | None = None
    """Last row of every page but the last."""
    brought: Row | None = None
    """First row of every page but the first."""


class Closing(Model):
    """What follows the last row: blocks that flow after it, and blocks at the foot of the last page."""

    flow_height: LengthMpt = 0
    """Height of the flowing blocks."""
    flow: tuple[TextBlock | RuleBlock, ...] = ()
    """Blocks whose y counts from the end of the table."""
    foot_top: LengthMpt | None = None
    """Rows and flowing blocks end above this on the last page; the area's bottom where absent."""
    foot: tuple[Block, ...] = ()
    """Blocks at fixed places of the last page (a payment coupon)."""


class Template(Model):
    """How a document looks."""

    format: Literal["printstream-template/1"]
    """Version of this file's form."""
    width: LengthMpt = 612_000
    """Width of the page."""
    height: LengthMpt = 792_000
    """Height of the page."""
    locale: Annotated[str, Field(pattern=r"^[a-z]{2}-[A-Z]{2}$")] | None = None
    """Language and country by which numbers and dates are written, such as de-DE; absent: 1,234.56 and 09/01/1998."""
    styles: dict[Name, Style] = Field(min_length=1)
    """Named styles."""
    first: PageLayout
    """The first page."""
    next: PageLayout | None = None
    """Every page after the first; the first page's layout where absent."""
    table: Table | None = None
    """The detail lines."""
    closing: Closing = Closing.preset()
    """What follows the last row."""


def font_files(template: Template) -> set[str]:
    """Faces that are files of the job's folder, as the styles name them."""
    return {style.face for style in template.styles.values()} - {*SHIPPED_FACES}
