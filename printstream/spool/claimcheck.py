"""Whether a finished file is what it says that it is, as far as its structure shows: a reader's view of the standards.

In: an open PDF, the standards that it should follow. Out: a sentence, or nothing. Never: says that a file conforms; it
shares no code with the writer. Colour, fonts and transparency inside pages are judged where art is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from pikepdf import Array, Dictionary, Name, Pdf, Stream

_SAYS = {
    "{http://www.npes.org/pdfx/ns/id/}GTS_PDFXVersion": "PDF/X-4",
    "{http://www.npes.org/pdfvt/ns/id/}GTS_PDFVTVersion": "PDF/VT-1",
    "{http://www.aiim.org/pdfa/ns/id/}part": "3",
}
_ARCHIVE = "PDF/A-3b"
_MM = "{http://ns.adobe.com/xap/1.0/mm/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_SUBTYPE = {"PDF/X-4": "/GTS_PDFX", _ARCHIVE: "/GTS_PDFA1"}
_SPACES = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}
_ACTING = ("/AA", "/OpenAction", "/AcroForm", "/JavaScript", "/XFA")
_BOXES = ("/MediaBox", "/BleedBox", "/TrimBox")


def claim_fault(pdf: Pdf, names: Sequence[str]) -> str | None:
    """Compare a file with the standards it should follow.

    Args:
        pdf: opened with inherit_page_attributes=False.
        names: such as PDF/X-4; empty: it must not say that it follows any.

    Returns:
        what is wrong first; None where nothing is.
    """
    return next(_faults(pdf, tuple(names)), None)


def _faults(pdf: Pdf, names: tuple[str, ...]) -> Iterator[str]:
    if not names:
        if "/OutputIntents" in pdf.Root or "/DPartRoot" in pdf.Root:
            yield "the file has an output intent or records, and should follow no standard"
        return
    metadata = pdf.Root.get("/Metadata")
    said = _properties(metadata)
    claimed = _claimed(said)
    if claimed != names:
        yield f"the metadata claims {', '.join(claimed) or 'no standard'}, not {', '.join(names)}"
    if not isinstance(metadata, Stream) or "/Filter" in metadata:
        yield "the metadata must not be packed"
    if "PDF/X-4" in names:
        yield from _x4_faults(pdf, said)
    if pdf.is_encrypted or not _has_id(pdf):
        yield "the file is encrypted, or lacks its identifier"
    if any(key in pdf.Root or key in pdf.Root.get("/Names", Dictionary()) for key in _ACTING):
        yield "the catalog holds what acts"
    for name, subtype in _SUBTYPE.items():
        if name in names:
            yield from _intent_faults(pdf, subtype)
    if ("PDF/VT-1" in names) != ("/DPartRoot" in pdf.Root):
        yield "document parts and the claim of PDF/VT-1 go together"
    if said.get(_XMP + "ModifyDate", "")[:10].replace("-", "") != str(pdf.docinfo.get("/ModDate"))[2:10]:
        yield "the metadata and the information dictionary differ in their dates"


def _claimed(said: dict[str, str]) -> tuple[str, ...]:
    """Standards by the metadata, in the order in which we name them."""
    found = []
    for key, wanted in _SAYS.items():
        value = said.get(key)
        if value is not None:
            level = said.get(key.replace("part", "conformance"), "").lower()
            is_archive = wanted == "3"
            found.append(f"PDF/A-{value}{level}" if is_archive else value)
    return tuple(found)


def _properties(metadata: Any) -> dict[str, str]:
    """Simple properties of XMP: attributes of its descriptions."""
    import xml.etree.ElementTree as ET  # plain files do not need it

    if not isinstance(metadata, Stream):
        return {}
    try:
        tree = ET.fromstring(bytes(metadata.read_bytes()))
    except ET.ParseError:
        return {}
    found: dict[str, str] = {}
    for item in tree.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"):
        found |= item.attrib
    return found


def _x4_faults(pdf: Pdf, said: dict[str, str]) -> Iterator[str]:
    if pdf.pdf_version != "1.6":
        yield f"PDF/X-4 is PDF 1.6, and the file says {pdf.pdf_version}"
    for key in ("DocumentID", "InstanceID", "VersionID", "RenditionClass"):
        if not said.get(_MM + key):
            yield f"the metadata lacks {key}"
    trapped = said.get("{http://ns.adobe.com/pdf/1.3/}Trapped")
    if trapped not in ("True", "False") or str(pdf.docinfo.get("/Trapped")) != f"/{trapped}":
        yield "it is not said whether the file is trapped"
    if len(pdf.pages):
        yield from _box_faults(pdf)


def _box_faults(pdf: Pdf) -> Iterator[str]:
    """The first page's boxes; all others have the same entries."""
    page = pdf.pages[0].obj
    inherited = pdf.Root.Pages.get("/MediaBox")
    found = [page.get(key, inherited if key == "/MediaBox" else None) for key in _BOXES]
    boxes = [[] if box is None else [float(v) for v in box] for box in found]
    if not boxes[2] or "/ArtBox" in page:
        yield "a page has no trim box, or an art box besides"
        return
    around = [box for box in boxes if box]
    for outer, inner in pairwise(around):
        if not (outer[0] <= inner[0] < inner[2] <= outer[2] and outer[1] <= inner[1] < inner[3] <= outer[3]):
            yield "the trim box is not inside of the bleed box, or that not inside of the media box"


def _has_id(pdf: Pdf) -> bool:
    both = pdf.trailer.get("/ID", Array())
    return len(both) == 2 and all(len(bytes(part)) == 16 for part in both)


def _intent_faults(pdf: Pdf, subtype: str) -> Iterator[str]:
    intents = pdf.Root.get("/OutputIntents", Array())
    own = [i for i in intents if str(i.get("/S")) == subtype]
    if len(own) != 1 or own[0].get("/Type", Name.OutputIntent) != Name.OutputIntent:
        yield f"there are {len(own)} output intents {subtype[1:]}, not one"
        return
    profile = own[0].get("/DestOutputProfile")
    if not own[0].get("/OutputConditionIdentifier") or not isinstance(profile, Stream):
        yield "the output intent has no name or no profile"
        return
    data = bytes(profile.read_bytes())
    if len(data) < 128 or int.from_bytes(data[:4], "big") != len(data):
        yield "the output intent's profile is damaged"
    elif _SPACES.get(data[16:20]) != profile.get("/N"):
        yield "the output intent's profile has other colours than it says"
    if any(i.get("/DestOutputProfile") != profile for i in intents):
        yield "output intents have different profiles"
