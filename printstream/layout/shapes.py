"""Rules and boxes as content stream bytes, in decipoints (ISO 32000-2, 8.5)."""

from __future__ import annotations

from printstream.base.units import dpt
from printstream.layout.template import BoxBlock, RuleBlock

_KAPPA = 0.5522847498  # a quarter circle as one Bezier curve


def _number(value: float) -> bytes:
    return b"%d" % value if value == int(value) else f"{value:.3f}".lstrip("0").rstrip("0").encode()


def _rgb(color: str) -> bytes:
    """Components of #rrggbb, gray as one component."""
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    if len(set(channels)) == 1:
        return _number(channels[0])
    return b" ".join(_number(c) for c in channels)


def fill_color(color: str) -> bytes:
    """Operator that sets the fill colour."""
    rgb = _rgb(color)
    return rgb + (b" rg\n" if b" " in rgb else b" g\n")


def _stroke_color(color: str) -> bytes:
    rgb = _rgb(color)
    return rgb + (b" RG\n" if b" " in rgb else b" G\n")


def rule(block: RuleBlock, page_height_mpt: int) -> bytes:
    """A straight line."""
    x0, y0, x1, y1 = (
        dpt(block.start[0]),
        dpt(page_height_mpt - block.start[1]),
        dpt(block.end[0]),
        dpt(page_height_mpt - block.end[1]),
    )
    dash = b"[%d] 0 d\n" % dpt(block.dash) if block.dash else b"[] 0 d\n"
    weight = max(dpt(block.weight), 1)
    return b"%s%d w\n%s%d %d m\n%d %d l\nS\n" % (_stroke_color(block.color), weight, dash, x0, y0, x1, y1)


def box(block: BoxBlock, page_height_mpt: int) -> bytes:
    """A rectangle, its corners perhaps rounded."""
    x, y = dpt(block.at[0]), dpt(page_height_mpt - block.at[1] - block.size[1])
    width, height, radius = dpt(block.size[0]), dpt(block.size[1]), dpt(block.radius)
    path = _rounded(x, y, width, height, radius) if radius else b"%d %d %d %d re\n" % (x, y, width, height)
    content = b""
    if block.fill:
        content += fill_color(block.fill)
    if block.stroke:
        content += _stroke_color(block.stroke) + b"%d w\n[] 0 d\n" % max(dpt(block.weight), 1)
    paint = {(True, True): b"B\n", (True, False): b"f\n", (False, True): b"S\n", (False, False): b"n\n"}
    return content + path + paint[bool(block.fill), bool(block.stroke)]


def _rounded(x: int, y: int, width: int, height: int, r: int) -> bytes:
    k = round(r * (1 - _KAPPA))
    right, top = x + width, y + height
    return (
        b"%d %d m\n%d %d l\n%d %d %d %d %d %d c\n"
        % (x + r, y, right - r, y, right - k, y, right, y + k, right, y + r)
        + b"%d %d l\n%d %d %d %d %d %d c\n" % (right, top - r, right, top - k, right - k, top, right - r, top)
        + b"%d %d l\n%d %d %d %d %d %d c\n" % (x + r, top, x + k, top, x, top - k, x, top - r)
        + b"%d %d l\n%d %d %d %d %d %d c\nh\n" % (x, y + r, x, y + k, x + k, y, x + r, y)
    )
