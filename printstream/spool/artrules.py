"""What a designer's PDF may not hold where the file follows a standard, and the colour spaces that it lacks.

In: a form that art was imported as, the claim. Out: nothing, or a fault; missing default colour spaces are filled in.
Never: changes a mark on the page.

PDF/X-4: ISO 15930-7, clause 6. PDF/A-3: ISO 19005-3, 6.2.4 (colour), 6.2.5 (graphics state), 6.2.8 and 6.2.9 (XObjects),
6.2.11 (fonts).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from printstream.base.errors import JobError
from printstream.spool.claim import Claim, shipped_profile
from printstream.spool.compress import pack

_CMYK_OPERATORS = frozenset({"k", "K"})
_SHOWING = frozenset({"Tj", "TJ", "'", '"'})
_EMBEDDED = ("/FontFile", "/FontFile2", "/FontFile3")
_HALFTONES = (1, 5)


def default_spaces(pdf: Pdf, claim: Claim) -> Dictionary:
    """Spaces that stand for device colours which are not the intent's own (ISO 32000-1, 8.6.5.6).

    Grey goes straight to the black ink of a CMYK intent, so black text is printed with one ink.
    """
    count = claim.intent.components
    missing = {"/DefaultRGB": ("srgb", 3)} if count != 3 else {}
    if count == 3 and claim.pdfx4:
        missing["/DefaultGray"] = ("grey", 1)
    spaces = Dictionary()
    for key, (profile, components) in missing.items():
        data = shipped_profile(profile)
        stream = Stream(pdf, pack(data), Filter=Name.FlateDecode, N=components)
        spaces[key] = Array([Name.ICCBased, pdf.make_indirect(stream)])
    return spaces


def check_art(form: Stream, claim: Claim, path: Path, spaces: Dictionary) -> None:
    """Refuse art that breaks the claim, and give it the default spaces it lacks.

    Raises:
        JobError: naming the file and what to do.
    """
    for content in _contents(form):
        _check_content(content, claim, path)
        held = content.get("/Resources")
        if isinstance(held, Dictionary):
            _check_resources(held, claim, path)
            own = held.get("/ColorSpace", Dictionary())
            held.ColorSpace = Dictionary({**dict(spaces.items()), **dict(own.items())})


def _contents(form: Any) -> Iterator[Any]:
    """The form and all streams of operators that it uses: forms, patterns, soft masks, glyphs of Type 3."""
    todo, seen = [form], set()
    while todo:
        item = todo.pop()
        key = item.objgen if item.is_indirect else id(item)
        if key in seen:
            continue
        seen.add(key)
        yield item
        held = item.get("/Resources", Dictionary())
        todo += [x for x in _values(held, "/XObject") if x.get("/Subtype") == Name.Form]
        todo += [x for x in _values(held, "/Pattern") if isinstance(x, Stream)]
        for state in _values(held, "/ExtGState"):
            mask = state.get("/SMask")
            if isinstance(mask, Dictionary) and isinstance(mask.get("/G"), Stream):
                todo.append(mask.G)
        todo += [font for font in _values(held, "/Font") if font.get("/Subtype") == Name.Type3]
        if item.get("/Subtype") == Name.Type3:
            todo += [glyph for _, glyph in item.get("/CharProcs", Dictionary()).items()]


def _values(held: Any, kind: str) -> list[Any]:
    return [value for _, value in held.get(kind, Dictionary()).items()]


def _check_content(content: Any, claim: Claim, path: Path) -> None:
    if not isinstance(content, Stream):
        return
    group = content.get("/Group", Dictionary())
    spaces = [group.get("/CS")] if isinstance(group, Dictionary) else []
    operators = list(pikepdf.parse_content_stream(content))
    for font in _shown_fonts(operators, content):
        _check_font(font, claim, path)
    for said in operators:
        if isinstance(said, pikepdf.ContentStreamInlineImage):
            spaces.append(said.iimage.obj.get("/ColorSpace"))
        elif str(said.operator) in _CMYK_OPERATORS:
            spaces.append(Name.DeviceCMYK)
        elif str(said.operator) in ("cs", "CS"):
            spaces.append(said.operands[0])
    held = content.get("/Resources", Dictionary())
    own = held.get("/ColorSpace", Dictionary()) if isinstance(held, Dictionary) else Dictionary()
    for space in spaces:
        _check_space(own.get(str(space), space) if isinstance(space, Name) else space, claim, path, own)


def _shown_fonts(operators: list[Any], content: Any) -> Iterator[Any]:
    """Fonts in which text is shown; one that is only named prints nothing."""
    fonts = content.get("/Resources", Dictionary()).get("/Font", Dictionary())
    current, kept, shown = "", [], set()
    for said in operators:
        operator = str(said.operator)
        if operator == "Tf":
            current = str(said.operands[0])
        elif operator == "q":
            kept.append(current)
        elif operator == "Q" and kept:
            current = kept.pop()
        elif operator in _SHOWING:
            shown.add(current)
    yield from (fonts[name] for name in sorted(shown) if name in fonts)


def _check_resources(held: Any, claim: Claim, path: Path) -> None:
    own = held.get("/ColorSpace", Dictionary())
    for image in _values(held, "/XObject"):
        _check_xobject(image, claim, path, own)
    for shading in (*_values(held, "/Shading"), *(p.get("/Shading") for p in _values(held, "/Pattern"))):
        if shading is not None:
            _check_space(shading.get("/ColorSpace"), claim, path, own)
    for state in _values(held, "/ExtGState"):
        _check_state(state, claim, path)


def _check_space(space: Any, claim: Claim, path: Path, own: Any, depth: int = 0) -> None:
    """Device CMYK needs a CMYK intent; it has no default of ours (ISO 19005-3, 6.2.4.3)."""
    if isinstance(space, Array) and len(space) > 1 and depth < 8:
        kind = space[0]
        base = {"/Indexed": 1, "/Pattern": 1, "/Separation": 2, "/DeviceN": 2}.get(str(kind))
        if base is not None and len(space) > base:
            _check_space(space[base], claim, path, own, depth + 1)
        return
    is_cmyk = isinstance(space, Name) and space in (Name.DeviceCMYK, Name.CMYK)
    if is_cmyk and claim.intent.components != 4 and "/DefaultCMYK" not in own:
        what = f"the art is in device CMYK, and the output intent {claim.intent.identifier!r} is not"
        raise _fault(what, claim, path, "Convert it, or choose a CMYK intent in spool.output_intent.")


def _check_font(font: Any, claim: Claim, path: Path) -> None:
    inner = font.get("/DescendantFonts", Array([font]))[0]
    descriptor = inner.get("/FontDescriptor", Dictionary())
    if font.get("/Subtype") != Name.Type3 and not any(key in descriptor for key in _EMBEDDED):
        shown = str(font.get("/BaseFont", "?")).lstrip("/")
        msg = f"font {shown} is not embedded"
        raise _fault(msg, claim, path, "Embed all fonts, or convert text to outlines.")


def _check_xobject(item: Any, claim: Claim, path: Path, own: Any) -> None:
    kind = item.get("/Subtype")
    if kind == Name.PS or item.get("/Subtype2") == Name.PS:
        msg = "the art holds PostScript"
        raise _fault(msg, claim, path, "Export it again without.")
    if kind != Name.Image:
        return
    _check_space(item.get("/ColorSpace"), claim, path, own)
    if "/OPI" in item or "/Alternates" in item:
        msg = "an image has other versions of itself"
        raise _fault(msg, claim, path, "Keep the one to print.")
    if claim.pdfa3 and (item.get("/Interpolate") is True or "/LZWDecode" in str(item.get("/Filter"))):
        what = "an image is interpolated or packed with LZW"
        raise _fault(what, claim, path, "Save images without interpolation, with Flate or JPEG.")


def _check_state(state: Any, claim: Claim, path: Path) -> None:
    transfer = "/TR" in state or state.get("/TR2", Name.Default) != Name.Default or "/HTP" in state
    tone = state.get("/HT")
    if transfer or (isinstance(tone, (Dictionary, Stream)) and tone.get("/HalftoneType") not in _HALFTONES):
        what = "the art has transfer functions or halftones of its own"
        raise _fault(what, claim, path, "Export it without: the press decides.")


def _fault(what: str, claim: Claim, path: Path, next_step: str) -> JobError:
    return JobError(f"{what}; {' and '.join(claim.names)} forbid it", where=str(path), next_step=next_step)
