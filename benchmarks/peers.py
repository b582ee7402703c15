"""Other programs draw the same pages: the same strings, in the same faces, at the same places.

Each peer is used as its own manual says and as well as we know how: faces embedded and subset, streams compressed at
its own default, kerning off (we do not kern), no page objects shared that it could share but for ReportLab, whose form
XObject takes the page's heading. None of them draws the Data Matrix; ours does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.densepages import FONT_FILES, HEIGHT_PT, PAGES, WIDTH_PT, Page, Rule, Text

FAMILY = {"plex-sans": 400, "plex-sans-semibold": 600}
TYPST_FAMILY = {"plex-sans": "IBM Plex Sans", "plex-sans-semibold": "IBM Plex Sans SmBld"}


def reportlab(pages: Sequence[Page], rule: Rule, out: Path) -> None:
    """Text objects, which are smaller and quicker than a drawString a string; ASCII85 off."""
    from reportlab import rl_config
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    rl_config.useA85 = 0
    for name, path in FONT_FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(path)))
    canvas = Canvas(str(out), pagesize=(WIDTH_PT, HEIGHT_PT), pageCompression=1)
    canvas.beginForm("heading", 0, 0, WIDTH_PT, HEIGHT_PT)
    canvas.setStrokeColorRGB(*rule.color)
    canvas.setLineWidth(rule.weight)
    canvas.line(rule.x0, rule.y, rule.x1, rule.y)
    _reportlab_text(canvas, pages[0].shared)
    canvas.endForm()
    for page in pages:
        canvas.doForm("heading")
        path = canvas.beginPath()
        for rect in page.rects:
            path.rect(*rect)
        canvas.drawPath(path, stroke=0, fill=1)
        _reportlab_text(canvas, page.texts)
        canvas.showPage()
    canvas.save()


def _reportlab_text(canvas: Any, texts: Sequence[Text]) -> None:
    block = canvas.beginText()
    font: tuple[str, float] = ("", 0)
    color: tuple[float, ...] = ()
    for text in texts:
        if (text.face, text.size) != font:
            font = (text.face, text.size)
            block.setFont(*font)
        if text.color != color:
            color = text.color
            block.setFillColorRGB(*color)
        block.setTextOrigin(text.x, text.y)
        block.textOut(text.text)
    canvas.drawText(block)


def fpdf2(pages: Sequence[Page], rule: Rule, out: Path) -> None:
    """FPDF.text, in points."""
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=(WIDTH_PT, HEIGHT_PT))
    pdf.set_auto_page_break(False)
    for name, path in FONT_FILES.items():
        pdf.add_font(name, fname=str(path))
    for page in pages:
        pdf.add_page()
        pdf.set_draw_color(*_bytes(rule.color))
        pdf.set_line_width(rule.weight)
        pdf.line(rule.x0, HEIGHT_PT - rule.y, rule.x1, HEIGHT_PT - rule.y)
        pdf.set_fill_color(0)
        for x, y, width, height in page.rects:
            pdf.rect(x, HEIGHT_PT - y - height, width, height, style="F")
        font: tuple[str, float] = ("", 0)
        color: tuple[float, ...] = ()
        for text in page.everything:
            if (text.face, text.size) != font:
                font = (text.face, text.size)
                pdf.set_font(text.face, size=text.size)
            if text.color != color:
                color = text.color
                pdf.set_text_color(*_bytes(color))
            pdf.text(text.x, HEIGHT_PT - text.y, text.text)
    pdf.output(str(out))


_TYPST = """\
#set page(width: 612pt, height: 792pt, margin: 0pt)
#set text(font: "IBM Plex Sans", kerning: false, ligatures: false, top-edge: "baseline", bottom-edge: "baseline")
#let rule = json("rule.json")
#let pages = json("pages.json")
#for (number, page) in pages.enumerate() {
  if number > 0 { pagebreak() }
  place(dx: rule.x * 1pt, dy: rule.y * 1pt, line(length: rule.length * 1pt, stroke: rule.weight * 1pt + rgb(rule.color)))
  for (x, y, w, h) in page.rects { place(dx: x * 1pt, dy: y * 1pt, rect(width: w * 1pt, height: h * 1pt, fill: black)) }
  for (x, y, size, family, color, body) in page.texts {
    place(dx: x * 1pt, dy: y * 1pt, text(size: size * 1pt, font: family, fill: rgb(color), body))
  }
}
"""


def typst(pages: Sequence[Page], rule: Rule, out: Path) -> None:
    """One document with the pages as JSON beside it."""
    import typst as compiler

    place = out.with_suffix(".typst")
    place.mkdir(exist_ok=True)
    (place / "main.typ").write_text(_TYPST)
    (place / "rule.json").write_text(
        json.dumps(
            {
                "x": rule.x0,
                "y": HEIGHT_PT - rule.y,
                "length": rule.x1 - rule.x0,
                "weight": rule.weight,
                "color": _hex(rule.color),
            }
        )
    )
    shown = [
        {
            "rects": [[x, HEIGHT_PT - y - h, w, h] for x, y, w, h in page.rects],
            "texts": [
                [t.x, HEIGHT_PT - t.y, t.size, TYPST_FAMILY[t.face], _hex(t.color), t.text]
                for t in page.everything
            ],
        }
        for page in pages
    ]
    (place / "pages.json").write_text(json.dumps(shown))
    fonts = [str(next(iter(FONT_FILES.values())).parent)]
    compiler.compile(str(place / "main.typ"), output=str(out), font_paths=fonts, ignore_system_fonts=True)


def weasyprint(pages: Sequence[Page], rule: Rule, out: Path) -> None:
    """Absolutely placed paragraphs, a class for each face, size and colour."""
    from weasyprint import HTML

    faces = "".join(
        f"@font-face{{font-family:plex;font-weight:{FAMILY[n]};src:url({p.as_uri()})}}"
        for n, p in FONT_FILES.items()
    )
    kinds = list(dict.fromkeys((t.face, t.size, t.color) for page in pages for t in page.everything))
    # A line box of 20 pt holds the content area in its middle: the base line is where the face's measures put it.
    styles = "".join(
        f".k{k}{{font-weight:{FAMILY[face]};font-size:{size}pt;color:{_hex(color)}}}"
        for k, (face, size, color) in enumerate(kinds)
    )
    drop = {kind: _baseline_in_line(kind[0], kind[1], 20) for kind in kinds}
    parts = [
        "<!doctype html><meta charset=utf-8><style>@page{size:612pt 792pt;margin:0}body{margin:0}",
        "section{position:relative;height:792pt;break-after:page;font-family:plex;font-kerning:none;",
        "font-variant-ligatures:none;line-height:20pt}",
        "p,i{position:absolute;margin:0;white-space:pre}i{background:#000}" + faces + styles + "</style>",
    ]
    number = {kind: k for k, kind in enumerate(kinds)}
    for page in pages:
        parts.append("<section>")
        y = HEIGHT_PT - rule.y - rule.weight / 2
        parts.append(
            f'<i style="left:{rule.x0}pt;top:{y:.2f}pt;width:{rule.x1 - rule.x0:.2f}pt;'
            f'height:{rule.weight}pt;background:{_hex(rule.color)}"></i>'
        )
        parts += [
            f'<i style="left:{x:.2f}pt;top:{HEIGHT_PT - y - h:.2f}pt;width:{w:.2f}pt;height:{h:.2f}pt"></i>'
            for x, y, w, h in page.rects
        ]
        for t in page.everything:
            kind = (t.face, t.size, t.color)
            top = HEIGHT_PT - t.y - drop[kind]
            parts.append(
                f'<p class=k{number[kind]} style="left:{t.x:.3f}pt;top:{top:.3f}pt">{escape(t.text)}</p>'
            )
        parts.append("</section>")
    HTML(string="".join(parts)).write_pdf(str(out))


def fop(pages: Sequence[Page], rule: Rule, out: Path) -> None:
    """XSL-FO with absolutely placed block containers."""
    program = shutil.which("fop")
    assert program is not None
    fonts = "".join(
        f'<font kerning="no" embed-url="{path.as_uri()}">'
        f'<font-triplet name="plex" style="normal" weight="{FAMILY[n]}"/></font>'
        for n, path in FONT_FILES.items()
    )
    config = out.with_suffix(".xconf")
    config.write_text(
        f'<fop version="1.0"><renderers><renderer mime="application/pdf">'
        f"<fonts>{fonts}</fonts></renderer></renderers></fop>"
    )
    kinds = {(t.face, t.size) for page in pages for t in page.everything}
    drop = {kind: _baseline_in_line(*kind, 20, em=True) for kind in kinds}
    parts = [
        '<?xml version="1.0"?><fo:root xmlns:fo="http://www.w3.org/1999/XSL/Format"><fo:layout-master-set>',
        '<fo:simple-page-master master-name="p" page-width="612pt" page-height="792pt"><fo:region-body/>',
        "</fo:simple-page-master></fo:layout-master-set>",
    ]
    for page in pages:
        # A page sequence a page: FOP holds a whole sequence in memory and slows down with its length.
        parts.append(
            '<fo:page-sequence master-reference="p"><fo:flow flow-name="xsl-region-body" font-family="plex" '
            'line-height="20pt" white-space-collapse="false" white-space-treatment="preserve" wrap-option="no-wrap">'
        )
        y = HEIGHT_PT - rule.y - rule.weight / 2
        parts.append(_fo_box(rule.x0, y, rule.x1 - rule.x0, rule.weight, _hex(rule.color)))
        parts += [_fo_box(x, HEIGHT_PT - y - h, w, h, "#000000") for x, y, w, h in page.rects]
        for t in page.everything:
            top = HEIGHT_PT - t.y - drop[t.face, t.size]
            parts.append(
                f'<fo:block-container absolute-position="absolute" left="{t.x:.3f}pt" top="{top:.3f}pt" width="500pt" '
                f'height="20pt"><fo:block font-size="{t.size}pt" font-weight="{FAMILY[t.face]}" '
                f'color="{_hex(t.color)}">{escape(t.text)}</fo:block></fo:block-container>'
            )
        parts.append("<fo:block/></fo:flow></fo:page-sequence>")
    parts.append("</fo:root>")
    source = out.with_suffix(".fo")
    source.write_text("".join(parts))
    words = [program, "-q", "-nocs", "-c", str(config), "-fo", str(source), "-pdf", str(out)]
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, "JAVA_OPTS": "-Xmx2g"}, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def _fo_box(x: float, y: float, width: float, height: float, color: str) -> str:
    return (
        f'<fo:block-container absolute-position="absolute" left="{x:.2f}pt" top="{y:.2f}pt" width="{width:.2f}pt" '
        f'height="{height:.2f}pt" background-color="{color}"><fo:block/></fo:block-container>'
    )


def _baseline_in_line(face: str, size: float, line: float, *, em: bool = False) -> float:
    """Base line below the top of a line box: half the leading, then the ascent (CSS 2.2, 10.8.1)."""
    from fontTools.ttLib import TTFont

    font = TTFont(FONT_FILES[face], lazy=True)
    units = font["head"].unitsPerEm
    ascent, descent = font["hhea"].ascent * size / units, -font["hhea"].descent * size / units
    if em:
        # XSL-FO gives the line box to the em box (4.5, 7.16.4): ascent and descent are scaled to add up to the size.
        scale = size / (ascent + descent)
        ascent, descent = ascent * scale, descent * scale
    return (line - ascent - descent) / 2 + ascent


def _bytes(color: Sequence[float]) -> tuple[int, ...]:
    return tuple(round(255 * c) for c in color)


def _hex(color: Sequence[float]) -> str:
    return "#" + "".join(f"{c:02x}" for c in _bytes(color if len(color) == 3 else color * 3))


@dataclass(frozen=True)
class Peer:
    """A program that draws pages into a file.

    Attributes:
        draw: pages, rule, file.
        module: what must be importable; command: what must be on the path.
        pages: how many it draws: fewer where it is slow, all of them again where it warms up.
        startup: whether the time of the first third of the pages is subtracted: a virtual machine starts for each file.
    """

    draw: Callable[[Sequence[Page], Rule, Path], None]
    module: str = ""
    command: str = ""
    pages: int = PAGES
    startup: bool = False


PEERS = {
    "ReportLab": Peer(reportlab, module="reportlab"),
    "fpdf2": Peer(fpdf2, module="fpdf", pages=200),
    "Typst": Peer(typst, module="typst", pages=200),
    "Apache FOP": Peer(fop, command="fop", pages=3 * PAGES, startup=True),
    "WeasyPrint": Peer(weasyprint, module="weasyprint", pages=12),
}
