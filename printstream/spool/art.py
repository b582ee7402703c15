"""A designer's PDF page as a form, after checks that it is fit for unattended printing.

In: path and page number. Out: a form XObject. Never: lets in what could act, hide or fail at the press:
encryption, scripts, files outside, layers that are switched off.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from printstream.base.errors import JobError
from printstream.spool.compress import pack

Box = tuple[float, float, float, float]
Matrix = tuple[float, float, float, float, float, float]

_IDENTITY = (1, 0, 0, 1, 0, 0)
_EMBEDDED = ("/FontFile", "/FontFile2", "/FontFile3")


def import_art(
    pdf: Pdf, path: Path, page_number: int, matrix: Matrix, stack: ExitStack, warnings: list[str]
) -> Stream:
    """Copy a page, with what it needs, into ``pdf`` as a form whose trimmed corner lies at 0, 0.

    Args:
        pdf: receives the form.
        path: the designer's PDF.
        page_number: 1-based.
        matrix: applied after the corner was moved to 0, 0.
        stack: keeps the designer's PDF open until its streams were read.
        warnings: receives what the operator should know.

    Raises:
        JobError: when the file is no PDF, encrypted, or holds what must not be printed unseen.
    """
    art = stack.enter_context(_open(path))
    _refuse_hidden_dangers(art, path)
    if not 1 <= page_number <= len(art.pages):
        msg = f"there is no page {page_number}; the file has {len(art.pages)}"
        raise _fault(path, msg, "Correct the page number in the template.")
    form = pdf.copy_foreign(art.pages[page_number - 1].as_form_xobject())
    left, bottom, *_ = matrix_box(form)
    # Row vectors (ISO 32000-2, 8.3.3): the leftmost matrix is applied first.
    turned = pikepdf.Matrix(*(float(v) for v in form.get("/Matrix", _IDENTITY)))
    form.Matrix = (turned @ pikepdf.Matrix(1, 0, 0, 1, -left, -bottom) @ pikepdf.Matrix(*matrix)).as_array()
    if "/Filter" not in form:
        form.write(pack(form.read_raw_bytes()), filter=Name.FlateDecode)
    warnings += [f"{path.name}: {text}" for text in _worries(art, form)]
    return cast(Stream, form)


def matrix_box(form: pikepdf.Object) -> Box:
    """Give the box that a form covers on the page: /BBox through /Matrix (ISO 32000-2, 8.10.2)."""
    a, b, c, d, e, f = (float(v) for v in form.get("/Matrix", _IDENTITY))
    left, bottom, right, top = (float(v) for v in form.BBox)
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return min(xs), min(ys), max(xs), max(ys)


def _open(path: Path) -> Pdf:
    try:
        art = Pdf.open(io.BytesIO(path.read_bytes()), suppress_warnings=True)
    except pikepdf.PasswordError as e:
        raise _fault(path, "the PDF is encrypted", "Save it without a password.") from e
    except pikepdf.PdfError as e:
        raise _fault(path, "this is no readable PDF", "Export it again.") from e
    except OSError as e:
        msg = f"the art cannot be read: {e.strerror}"
        raise _fault(path, msg, "Check the path in the template.") from e
    if art.is_encrypted:
        art.close()
        raise _fault(path, "the PDF is encrypted", "Save it without permissions or passwords.")
    return art


def _refuse_hidden_dangers(art: Pdf, path: Path) -> None:
    for item in _dictionaries(art):
        if "/JS" in item or item.get("/S") == Name.JavaScript:
            raise _fault(path, "the PDF contains JavaScript", "Export it without scripts and forms.")
        if isinstance(item, Stream) and "/F" in item:
            raise _fault(path, "the PDF draws on a file outside itself", "Embed everything.")
        if item.get("/Subtype") == Name.Form and ("/Ref" in item or "/OPI" in item):
            raise _fault(path, "the PDF holds a placeholder for outside art", "Embed everything.")
    layers = art.Root.get("/OCProperties", Dictionary()).get("/D", Dictionary())
    if len(layers.get("/OFF", Array())) or layers.get("/BaseState") == Name.OFF:
        raise _fault(path, "the PDF has layers that are switched off", "Flatten it: they would be printed.")


def _worries(art: Pdf, form: pikepdf.Object) -> Iterator[str]:
    if art.get_warnings():
        yield "the PDF is damaged and was repaired"
    fonts = form.get("/Resources", Dictionary()).get("/Font", Dictionary())
    for font in fonts.values():
        inner = font.get("/DescendantFonts", Array([font]))[0]
        descriptor = inner.get("/FontDescriptor", Dictionary())
        if font.get("/Subtype") != Name.Type3 and not any(key in descriptor for key in _EMBEDDED):
            yield f"font {str(font.get('/BaseFont', '?')).lstrip('/')} is not embedded"


def _dictionaries(art: Pdf) -> Iterator[Any]:
    """Walk over all dictionaries and stream dictionaries of the file, nested ones too."""
    todo: list[Any] = list(art.objects)
    while todo:
        item = todo.pop()
        if isinstance(item, (Dictionary, Stream)):
            yield item
            children = [value for _, value in item.items()]
        elif isinstance(item, Array):
            children = list(item)
        else:
            continue
        todo += [c for c in children if isinstance(c, pikepdf.Object) and not c.is_indirect]


def _fault(path: Path, what: str, next_step: str) -> JobError:
    return JobError(what, where=str(path), next_step=next_step)
