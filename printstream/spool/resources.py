"""Everything that the pages of all spools share, built once: fonts, forms, one resource dictionary.

In: faces, the code page, forms drawn by us or taken from a designer's PDF. Out: ``Resources``, finished PDF
objects that the writer copies into each spool as they are. Never: knows a page of mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from printstream.base.codepage import CodePage
from printstream.base.frozen import frozen
from printstream.fonts.faces import Face
from printstream.spool.art import Box, Matrix, import_art, matrix_box
from printstream.spool.artrules import check_art, default_spaces
from printstream.spool.claim import Claim
from printstream.spool.pdffonts import FontMaker, packed
from printstream.spool.serialize import serialize_objects

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@frozen
class DrawnForm:
    """Static content that we draw ourselves; may use the fonts /F0, /F1, ... but no other form."""

    name: str
    bbox_pt: Box
    """Left, bottom, right, top, in the form's own space; what is outside is clipped."""
    content: bytes
    """Content stream, uncompressed."""
    matrix: Matrix = IDENTITY
    """Form space -> space of the page that shows it."""


@frozen
class ArtForm:
    """A page of a designer's PDF; its trim box (else crop or media box) has its lower left corner at 0, 0."""

    name: str
    path: Path
    page: int = 1
    """Page number, 1-based."""
    matrix: Matrix = IDENTITY
    """Applied after the corner was moved to 0, 0."""


FormSpec = DrawnForm | ArtForm


@frozen
class Resources:
    """The shared objects, numbered 1..k.

    Attributes:
        objects: object n, complete from ``n 0 obj`` to ``endobj``, at index n - 1.
        resources_ref: number of the resource dictionary.
        font_names: face name -> name in content streams, such as F0.
        form_names: form name -> name in content streams, such as X0.
        form_size_pt: form name -> width and height as shown.
        warnings: what the operator should know about imported art, such as fonts that are not embedded.
        claim: the standards that files with these objects follow.
        attached: objects k + 1 ... that the catalog refers to: the claim's colour profile.
    """

    objects: tuple[bytes, ...]
    resources_ref: int
    font_names: Mapping[str, str]
    form_names: Mapping[str, str]
    form_size_pt: Mapping[str, tuple[float, float]]
    warnings: tuple[str, ...] = ()
    claim: Claim | None = None
    attached: tuple[bytes, ...] = ()

    @property
    def count(self) -> int:
        """Objects before the first content stream."""
        return len(self.objects) + len(self.attached)

    @property
    def size_bytes(self) -> int:
        """Bytes that the shared objects add to each spool."""
        return sum(map(len, self.objects + self.attached))


def build_resources(
    faces: Mapping[str, Face],
    codepage: CodePage,
    forms: Sequence[FormSpec] = (),
    control: Face | None = None,
    claim: Claim | None = None,
    sheet_forms: Sequence[DrawnForm] = (),
) -> Resources:
    """Build fonts and forms and lay them out as numbered PDF objects.

    Args:
        faces: by the name the job uses for them; the first is /F0, the next /F1, ...
        codepage: the job's text encoding.
        forms: the first is /X0, the next /X1, ...
        control: face of texts beside the pages, in ASCII: /FC.
        claim: standards that the file follows; art that breaks them is refused.
        sheet_forms: of press sides, shown by their own names.

    Raises:
        JobError: when art cannot be used; names the file.
    """
    font_names = {name: f"F{i}" for i, name in enumerate(faces)}
    form_names = {form.name: f"X{i}" for i, form in enumerate(forms)}
    if len(form_names) != len(forms):
        msg = "two forms have the same name"
        raise ValueError(msg)
    warnings: list[str] = []
    with Pdf.new() as pdf, ExitStack() as stack:
        maker = FontMaker(pdf, codepage)
        fonts = pdf.make_indirect(Dictionary())
        for name, face in faces.items():
            fonts[f"/{font_names[name]}"] = maker.font(face)
        if control is not None:
            fonts["/FC"] = control_font(pdf, control)
        streams: dict[str, Stream] = {}
        spaces = Dictionary() if claim is None else default_spaces(pdf, claim)
        named = [*zip(form_names.values(), forms, strict=True), *((form.name, form) for form in sheet_forms)]
        for name, form in named:
            stream = _form(pdf, form, fonts, stack, warnings)
            if claim is not None:
                _follow(claim, form, stream, spaces)
            streams[f"/{name}"] = stream
        sizes = {name: _shown_size(streams[f"/{shown}"]) for name, shown in form_names.items()}
        shared = pdf.make_indirect(Dictionary(Font=fonts, XObject=Dictionary(streams)))
        if len(spaces):
            shared.ColorSpace = spaces
        objects, number = serialize_objects(shared)
    return Resources(
        objects,
        number,
        MappingProxyType(font_names),
        MappingProxyType(form_names),
        MappingProxyType(sizes),
        tuple(warnings),
        claim,
        () if claim is None else (claim.profile_object(len(objects) + 1),),
    )


def _follow(claim: Claim, spec: FormSpec, form: Stream, spaces: Dictionary) -> None:
    """Let a form follow the claim."""
    if isinstance(spec, ArtForm):
        check_art(form, claim, spec.path, spaces)
    elif len(spaces):
        form.Resources.ColorSpace = spaces


def control_font(pdf: Pdf, face: Face) -> pikepdf.Object:
    """Make the font of texts beside the pages: ASCII, whatever the job's characters are."""
    codepage = CodePage.of(map(chr, range(0x20, 0x7F)))
    return FontMaker(pdf, codepage).font(face)


def _form(pdf: Pdf, form: FormSpec, fonts: pikepdf.Object, stack: ExitStack, warnings: list[str]) -> Stream:
    if isinstance(form, ArtForm):
        return import_art(pdf, form.path, form.page, form.matrix, stack, warnings)
    return packed(
        pdf,
        form.content,
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array(form.bbox_pt),
        Matrix=Array(form.matrix),
        Resources=Dictionary(Font=fonts),
    )


def _shown_size(form: Stream) -> tuple[float, float]:
    left, bottom, right, top = matrix_box(form)
    return right - left, top - bottom
