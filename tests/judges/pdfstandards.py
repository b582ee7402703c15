"""PDF/X-4, PDF/VT-1 and associated files, judged from the standards' rules with pikepdf; knows no code of the product.

What is checked is structure: entries, identification, boxes, intents, colour operators, the tree of document parts. Nobody
certifies anything here.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import polars as pl
from pikepdf import Array, Dictionary, Name, Pdf, Stream, pdfa

from tests.judges import arlington

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_OPERATORS = {"g": 1, "G": 1, "rg": 3, "RG": 3, "k": 4, "K": 4}
_DEFAULTS = {1: "/DefaultGray", 3: "/DefaultRGB", 4: "/DefaultCMYK"}


def opened(path: Path) -> Pdf:
    return Pdf.open(path, inherit_page_attributes=False)


def xmp(pdf: Pdf) -> dict[str, str]:
    """Simple properties by their full names."""
    stream = pdf.Root.Metadata
    assert "/Filter" not in stream
    tree = ET.fromstring(stream.read_bytes())
    return {key: value for item in tree.iter(f"{RDF}Description") for key, value in item.attrib.items()}


def check_pdfx4(path: Path, *, sampled: int = 6) -> None:
    """What PDF/X-4 asks of a file's structure."""
    assert path.read_bytes()[:8] == b"%PDF-1.6"
    with opened(path) as pdf:
        assert not pdf.is_encrypted
        first, second = pdf.trailer.ID
        assert len(bytes(first)) == len(bytes(second)) == 16
        said = xmp(pdf)
        assert said["{http://www.npes.org/pdfx/ns/id/}GTS_PDFXVersion"] == "PDF/X-4"
        for key in ("DocumentID", "InstanceID", "VersionID", "RenditionClass"):
            assert said["{http://ns.adobe.com/xap/1.0/mm/}" + key]
        for key in ("CreateDate", "ModifyDate", "MetadataDate"):
            assert said["{http://ns.adobe.com/xap/1.0/}" + key]
        assert said["{http://ns.adobe.com/pdf/1.3/}Trapped"] == str(pdf.docinfo.Trapped)[1:] == "False"
        title = ET.fromstring(pdf.Root.Metadata.read_bytes()).find(f".//{RDF}li")
        assert title is not None
        assert title.text == str(pdf.docinfo.Title)
        count = _check_intent(pdf, "/GTS_PDFX")
        for key in ("/AA", "/OpenAction", "/AcroForm", "/JavaScript"):
            assert key not in pdf.Root
        _check_boxes(pdf)
        for index in _sample(len(pdf.pages), sampled):
            check_colours(pdf, index, count)


def _check_intent(pdf: Pdf, subtype: str) -> int:
    own = [intent for intent in pdf.Root.OutputIntents if Name(subtype) == intent.S]
    assert len(own) == 1
    assert list(arlington.faults(own[0], "OutputIntents")) == []
    profile = own[0].DestOutputProfile.read_bytes()
    assert int.from_bytes(profile[:4], "big") == len(profile)
    assert profile[36:40] == b"acsp"
    assert profile[12:16] == b"prtr" or profile[16:20] != b"CMYK"
    count = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}[profile[16:20]]
    assert count == own[0].DestOutputProfile.N
    return count


def _check_boxes(pdf: Pdf) -> None:
    media_of_all = pdf.Root.Pages.get("/MediaBox")
    for page in pdf.pages:
        media = [float(v) for v in page.obj.get("/MediaBox", media_of_all)]
        trim = [float(v) for v in page.obj.TrimBox]
        bleed = [float(v) for v in page.obj.get("/BleedBox", media)]
        assert "/ArtBox" not in page.obj
        for outer, inner in ((media, bleed), (bleed, trim)):
            assert outer[0] <= inner[0] < inner[2] <= outer[2]
            assert outer[1] <= inner[1] < inner[3] <= outer[3]


def check_colours(pdf: Pdf, index: int, intent: int) -> None:
    """Device colours of a page and its forms are the intent's, or stand for a space that is not of a device.

    Grey may go to an intent of grey or CMYK as it is.
    """
    page = pdf.pages[index].obj
    held = page.get("/Resources", pdf.Root.Pages.get("/Resources"))
    for content, resources in _contents(page, held):
        spaces = resources.get("/ColorSpace", Dictionary())
        for said in pikepdf.parse_content_stream(content):
            if isinstance(said, pikepdf.ContentStreamInlineImage):
                continue
            count = _OPERATORS.get(str(said.operator))
            if count is None or count == intent or (count == 1 and intent == 4):
                continue
            space = spaces.get(_DEFAULTS[count])
            assert space is not None, f"page {index}: {said.operator} has no {_DEFAULTS[count]}"
            assert space[0] == Name.ICCBased
            assert count == space[1].N


def _contents(content: Any, resources: Any) -> Iterator[tuple[Any, Any]]:
    yield content, resources
    for item in resources.get("/XObject", Dictionary()).values():
        if item.get("/Subtype") == Name.Form:
            yield from _contents(item, item.Resources)


def _sample(pages: int, wanted: int) -> list[int]:
    return sorted({*range(0, pages, max(1, pages // wanted)), pages - 1})


def check_pdfvt1(path: Path, manifest: pl.DataFrame) -> list[Dictionary]:
    """Walk the tree of document parts; one record a piece, its pages those of the manifest.

    Returns:
        the DPM dictionaries of the records, as plain text by key, in order.
    """
    check_pdfx4(path)
    with opened(path) as pdf:
        said = xmp(pdf)
        assert said["{http://www.npes.org/pdfvt/ns/id/}GTS_PDFVTVersion"] == "PDF/VT-1"
        changed = said["{http://www.npes.org/pdfvt/ns/id/}GTS_PDFVTModDate"]
        assert changed == said["{http://ns.adobe.com/xap/1.0/}ModifyDate"]
        root = pdf.Root.DPartRoot
        assert root.is_indirect
        assert list(arlington.faults(root, "DPartRoot")) == []
        depth = len(root.NodeNameList) - 1
        assert 0 < root.RecordLevel <= depth
        leaves = list(_leaves(root.DPartRootNode, root, 0, depth))
        place = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
        owner: list[Any] = [None] * len(place)
        at, ranges = 0, []
        for leaf in leaves:
            first, last = place[leaf.Start.objgen], place[leaf.get("/End", leaf.Start).objgen]
            assert first == at
            assert last >= first
            at = last + 1
            ranges.append((first, last))
            owner[first : last + 1] = [leaf.objgen] * (last + 1 - first)
        assert at == len(place)
        assert [page.obj.DPart.objgen for page in pdf.pages] == owner
        records = [_plain(leaf.DPM) for leaf in leaves]
    own = manifest.filter(pl.col("spool") == int(path.name[:4])).sort("first_side")
    pieces = own.group_by("piece_id", maintain_order=True).agg(
        pl.col("first_side").min(), (pl.col("first_side") + pl.col("sides")).max().alias("end")
    )
    assert ranges == [(a, b - 1) for a, b in pieces.select("first_side", "end").iter_rows()]
    named = [record["CIP4_Root"]["CIP4_Recipient"]["CIP4_ExternalID"] for record in records]
    assert named == [f"/{piece}" for piece in pieces["piece_id"]]
    return records


def _leaves(node: Any, parent: Any, level: int, depth: int) -> Iterator[Any]:
    """Leaves in order; all at one depth, each node known to the one above it, none too broad."""
    assert node.Parent.objgen == parent.objgen
    if level == depth:
        assert "/DParts" not in node
        yield node
        return
    assert "/Start" not in node
    kids = [kid for group in node.DParts for kid in group]
    assert 0 < len(kids) <= 8191
    for kid in kids:
        yield from _leaves(kid, node, level + 1, depth)


def _plain(item: Any) -> Any:
    if isinstance(item, Dictionary):
        return {key[1:]: _plain(value) for key, value in item.items()}
    return item if isinstance(item, int) else str(item)


def check_pdfa3(path: Path, moved: Path) -> None:
    """PDF/A-3b by pikepdf's validator, which knows the rules of veraPDF's profiles and approves only what it knows.

    It knows associated files of the whole document only, so it is shown the same file with them there, and of the file
    itself it must have nothing else to say.
    """
    known = {"unrecognized key(s) /AF are not checked", "associated files (/AF) are not supported"}
    report = pdfa.validate_written(path, "3b")
    assert {finding.message for finding in report.findings} <= known, report.summary()
    with opened(path) as pdf:
        pages = [page.obj for page in pdf.pages if "/AF" in page.obj]
        pdf.Root.AF = Array([spec for page in pages for spec in page.AF])
        for page in pages:
            del page["/AF"]
        if not len(pdf.Root.AF):
            del pdf.Root.AF
        pdf.save(moved, deterministic_id=True)
    again = pdfa.validate_written(moved, "3b")
    assert again.verdict == "pass", again.summary()


def associated(path: Path) -> dict[int, list[tuple[dict[str, Any], Any]]]:
    """Associated files by the page they belong to: their rows and their specifications, each checked.

    Every embedded file is associated with something and named in the tree of embedded files (ISO 19005-3, 6.8).
    """
    found: dict[int, list[tuple[dict[str, Any], Any]]] = {}
    with opened(path) as pdf:
        named = _name_tree(pdf.Root.Names.EmbeddedFiles)
        assert sorted(named) == list(named)
        seen = []
        for index, page in enumerate(pdf.pages):
            for spec in page.obj.get("/AF", Array()):
                assert list(arlington.faults(spec, "AFFileSpecification")) == []
                stream = spec.EF.F
                data = stream.read_bytes()
                assert stream.Params.Size == len(data)
                assert spec.AFRelationship == Name.Data
                assert stream.Subtype == Name("/application/json")
                seen.append(spec.objgen)
                found.setdefault(index, []).append((json.loads(data), str(spec.UF)))
        assert sorted(seen) == sorted(spec.objgen for spec in named.values())
        streams = [o for o in pdf.objects if isinstance(o, Stream) and o.get("/Type") == Name.EmbeddedFile]
        assert len(streams) == len(seen)
    return found


def _name_tree(node: Any) -> dict[str, Any]:
    """All names of a tree in order (ISO 32000-1, 7.9.6), limits checked."""
    found: dict[str, Any] = {}
    names = node.get("/Names", Array())
    for k in range(0, len(names), 2):
        found[str(names[k])] = names[k + 1]
    for kid in node.get("/Kids", Array()):
        below = _name_tree(kid)
        assert [str(v) for v in kid.Limits] == [min(below), max(below)]
        found |= below
    return found
