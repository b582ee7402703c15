"""Draws a press sheet, front and back, with what cannot be seen on paper drawn over it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from printstream.base.errors import UsageError
from printstream.fonts.faces import load_face
from printstream.show.source import Shown

if TYPE_CHECKING:
    from printstream.impose import Place

_PIECES = ((37, 99, 235), (217, 119, 6), (5, 150, 105), (190, 24, 93), (109, 40, 217), (71, 85, 105))
_TRIM, _CELL, _ZONE, _EDGE = (220, 38, 38), (30, 64, 175), (234, 88, 12), (100, 116, 139)
_WORDS = (15, 23, 42)
_MARGIN, _HEAD, _FOOT = 24, 64, 44


def draw_sheet(shown: Shown, sheet: int, out: Path, width_px: int = 1600) -> tuple[int, int]:
    """Draw a press sheet.

    Args:
        shown: the spool.
        sheet: from 1, leaders counted.
        out: the PNG.
        width_px: of the picture.

    Returns:
        its width and height.

    Raises:
        UsageError: when there is no such sheet, or the extra ``show`` is not installed.
    """
    count = shown.spread.press_sheets
    if not 1 <= sheet <= count:
        what = f"there is no sheet {sheet}: the spool has {count}"
        raise UsageError(what, where="--sheet", next_step=f"Name a sheet from 1 to {count}")
    try:
        import pypdfium2
        from PIL import Image
    except ImportError as error:
        what = "pictures need the extra 'show'"
        raise UsageError(what, next_step="pip install 'printstream[show]'") from error
    sides = shown.spread.pattern.sides
    across = shown.layout.width <= 1.6 * shown.layout.height and sides == 2
    each = (width_px - 3 * _MARGIN) // 2 if across else width_px - 2 * _MARGIN
    each = min(each, 1000 * shown.layout.width // shown.layout.height)
    scale = each / (shown.layout.width / 1000)
    high = round(shown.layout.height / 1000 * scale)
    columns = sides if across else 1
    rows = sides // columns
    size = (
        columns * each + (columns + 1) * _MARGIN,
        _HEAD + rows * (high + _MARGIN + 22) + _FOOT,
    )
    picture = Image.new("RGB", (max(size[0], 760), size[1]), (248, 250, 252))
    with pypdfium2.PdfDocument(shown.file) as pdf:
        for side in range(sides):
            number = (sheet - 1) * sides + side
            image = pdf[number].render(scale=2 * scale).to_pil().convert("RGB")
            image = image.resize((each, high), Image.Resampling.LANCZOS)
            left = _MARGIN + (side % columns) * (each + _MARGIN)
            top = _HEAD + (side // columns) * (high + _MARGIN + 22) + 22
            picture.paste(_with_overlay(shown, number, image, scale), (left, top))
            _caption(picture, ("front", "back")[side], left, top)
    _words(picture, shown, sheet)
    out.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(256, dither=Image.Dither.NONE).save(out, optimize=True)
    return picture.size


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(io.BytesIO(load_face("plex-sans").data), size)


def _caption(picture: Any, words: str, left: int, top: int) -> None:
    from PIL import ImageDraw

    ImageDraw.Draw(picture).text((left, top - 22), words, font=_font(15), fill=_EDGE)


def _words(picture: Any, shown: Shown, sheet: int) -> None:
    """Heading and legend."""
    from PIL import ImageDraw

    ink = ImageDraw.Draw(picture)
    scheme, order = shown.spread.pattern.scheme, shown.order
    head = f"{scheme.name}: {order.get('file', shown.file.name)}, press sheet {sheet} of {shown.spread.press_sheets}"
    ink.text((_MARGIN, 10), head, font=_font(20), fill=_WORDS)
    x, y = _MARGIN, picture.height - _FOOT + 10
    names = [(_CELL, "cell"), (_TRIM, "trim"), (_PIECES[0], "piece page/pages")]
    if order.get("zones_mpt"):
        names.append((_ZONE, "clear zone of marks"))
    for colour, name in names:
        ink.rectangle((x, y + 3, x + 18, y + 17), outline=colour, width=3)
        ink.text((x + 26, y), name, font=_font(15), fill=_WORDS)
        x += 44 + int(ink.textlength(name, font=_font(15)))


def _with_overlay(shown: Shown, side: int, image: Any, scale: float) -> Any:
    """The rendered side with everything drawn over it."""
    from PIL import Image, ImageDraw

    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    ink = ImageDraw.Draw(layer)
    pattern = shown.spread.pattern
    places = shown.layout.sides[side % pattern.sides]
    high = image.size[1]

    def box(edges: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        x0, y0, x1, y1 = (v / 1000 * scale for v in edges)
        return x0, high - y1, x1, high - y0

    printed = {slot: (piece, page, pages) for slot, piece, page, pages in shown.faces(side)}
    for slot, place in enumerate(places):
        edges = box(place.box)
        if slot in printed:
            colour = _PIECES[printed[slot][0] % len(_PIECES)]
            ink.rectangle(edges, fill=(*colour, 22))
            on_front = printed[slot][1] % pattern.sides == 1 % pattern.sides
            for zone in shown.order.get("zones_mpt", ()) if on_front else ():
                ink.rectangle(
                    box(_on_page(zone, place, shown)), fill=(*_ZONE, 40), outline=(*_ZONE, 255), width=2
                )
        ink.rectangle(edges, outline=(*_TRIM, 255), width=1)
    for cell in sorted({place.cell for place in places}):
        own = [place.box for place in places if place.cell == cell]
        joined = (
            min(b[0] for b in own),
            min(b[1] for b in own),
            max(b[2] for b in own),
            max(b[3] for b in own),
        )
        x0, y0, x1, y1 = box(joined)
        ink.rectangle((x0 - 2, y0 - 2, x1 + 2, y1 + 2), outline=(*_CELL, 255), width=2)
        ink.text((x0 + 6, y1 - 24), f"cell {cell + 1}", font=_font(15), fill=(*_CELL, 255))
    strangers = shown.own(side)
    for slot, place in enumerate(places):
        _tag(ink, box(place.box), place, printed.get(slot), strangers.get(slot, "blank"))
    ink.rectangle((0, 0, image.size[0] - 1, high - 1), outline=(*_EDGE, 255), width=2)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _on_page(zone: list[int], place: Place, shown: Shown) -> tuple[int, int, int, int]:
    """A zone, from the page's top left corner, on the side; what is beyond the trim is left out."""
    width, height = shown.layout.page_width, shown.layout.page_height
    left, top, right, bottom = (
        min(max(value, 0), most) for value, most in zip(zone, (width, height, width, height), strict=True)
    )
    x0, y0, x1, y1 = place.box
    s = (x1 - x0) / (width if place.angle % 180 == 0 else height)
    low, high = height - bottom, height - top
    corners = {
        0: (x0 + left * s, y0 + low * s, x0 + right * s, y0 + high * s),
        90: (x1 - high * s, y0 + left * s, x1 - low * s, y0 + right * s),
        180: (x1 - right * s, y1 - high * s, x1 - left * s, y1 - low * s),
        270: (x0 + low * s, y1 - right * s, x0 + high * s, y1 - left * s),
    }[place.angle]
    return int(corners[0]), int(corners[1]), int(corners[2]), int(corners[3])


def _tag(
    ink: Any,
    edges: tuple[float, float, float, float],
    place: Place,
    held: tuple[int, int, int] | None,
    otherwise: str,
) -> None:
    """Name of a page in its middle, and an arrow to its head."""
    words = otherwise if held is None else f"{held[0]}  {held[1]}/{held[2]}"
    colour = _EDGE if held is None else _PIECES[held[0] % len(_PIECES)]
    x, y = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
    size = int(max(9, min(26, (edges[2] - edges[0]) / 8, (edges[3] - edges[1]) / 12)))
    font = _font(size)
    half = ink.textlength(words, font=font) / 2 + 8
    ink.rounded_rectangle((x - half, y - size, x + half, y + size), 6, fill=(*colour, 235))
    ink.text((x, y), words, font=font, fill=(255, 255, 255, 255), anchor="mm")
    dx, dy = {0: (0, -1), 90: (-1, 0), 180: (0, 1), 270: (1, 0)}[place.angle]
    reach = size + 4
    point = max(7, size * 2 // 3)
    tip = x + dx * (reach + point + abs(dx) * (half - size)), y + dy * (reach + point)
    foot = x + dx * (reach + abs(dx) * (half - size)), y + dy * reach
    wing = point // 2 + 1
    ink.polygon(
        [tip, (foot[0] - dy * wing, foot[1] + dx * wing), (foot[0] + dy * wing, foot[1] - dx * wing)],
        fill=(*colour, 235),
    )
