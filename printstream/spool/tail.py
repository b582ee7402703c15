"""The end of a print file: pages, page tree, catalog, information, metadata, cross-reference.

In: how many sides there are and where each object begins. Out: bytes. Never: touches the disk, reads a clock.
"""

from __future__ import annotations

import hashlib
import uuid
from array import array
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from printstream import __version__
from printstream.base.frozen import frozen
from printstream.base.units import MPT_PER_PT
from printstream.spool.attachments import Attachments, FileTree
from printstream.spool.claim import Claim
from printstream.spool.compress import pack
from printstream.spool.parts import PartTree, Records
from printstream.spool.texts import text_string
from printstream.spool.trees import FANOUT, tree_levels

_PER_OBJECT_STREAM = 200
_OFFSET_BYTES = 5  # up to 1 TB
_ROW = 1 + _OFFSET_BYTES + 2
_PRODUCER = f"printstream {__version__}"


@frozen
class TailSettings:
    """What the tail says beside the number of sides."""

    media_box_mpt: tuple[int, int, int, int]
    page_extra: bytes
    resources_ref: int
    title: str
    production_date: date
    document_id: bytes
    claim: Claim | None = None
    profile_ref: int = 0
    records: Records | None = None
    attachments: Attachments | None = None


class Tail:
    """Numbers and writes the closing objects.

    Numbers: shared 1..k, content streams k+1..k+n, streams of attached files, then (inside object streams) pages, tree
    nodes, document parts or file specifications, catalog, information; then the object streams themselves, the metadata,
    the cross-reference stream.
    """

    def __init__(self, settings: TailSettings, *, shared: int, sides: int) -> None:
        self._settings = settings
        self._sides = sides
        self._first_content = shared + 1
        files = settings.attachments
        self._first_page = shared + sides + (0 if files is None else files.count) + 1
        self._levels = tree_levels(self._first_page, sides)
        self._root = self._levels[-1][0]
        self._parts, self._files, more = None, None, 0
        if settings.records is not None:
            self._parts = PartTree(settings.records, self._root + 1, self._first_page)
            more += self._parts.objects
        if files is not None:
            self._files = FileTree(files, self._root + more + 1, shared + sides + 1)
            more += self._files.objects
        self._catalog, self._info = self._root + more + 1, self._root + more + 2
        self._packed = self._info + 1 - self._first_page
        self._metadata = self._info + 1 - (-self._packed // _PER_OBJECT_STREAM)
        self._id = hashlib.sha256(settings.document_id).digest()[:16]

    def objects(self) -> Iterator[bytes]:
        """Give the streams of attached files, the object streams and the metadata, whole objects in number order."""
        pages, more = self._pages(), [tree for tree in (self._parts, self._files) if tree is not None]
        for tree in more:
            pages = tree.pages(pages)
        if self._files is not None:
            yield from self._files.streams()
        trees = chain.from_iterable(tree.bodies() for tree in more)
        bodies = chain(pages, self._nodes(), trees, (self._catalog_body(), self._info_body()))
        first = self._first_page
        for number in range(self._info + 1, self._metadata):
            yield _object_stream(number, first, list(islice(bodies, _PER_OBJECT_STREAM)))
            first += _PER_OBJECT_STREAM
        yield self._metadata_object()

    def cross_reference(self, offsets: Sequence[int] | array[int], position: int) -> bytes:
        """Write the cross-reference stream and the end of the file (ISO 32000-2, 7.5.8).

        Args:
            offsets: where each object that is not inside an object stream begins, in number order.
            position: where the cross-reference stream will begin.
        """
        size = self._metadata + 2
        rows = _rows(np.array(offsets, np.int64), position, self._first_page, self._packed, self._info + 1)
        data = pack(_predict_up(rows).tobytes())
        file_id = self._id.hex().encode("ascii")
        head = (
            b"%d 0 obj\n<</Type/XRef/Size %d/W[1 %d 2]/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]"
            b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns %d>>/Length %d>>stream\n"
        ) % (size - 1, size, _OFFSET_BYTES, self._catalog, self._info, file_id, file_id, _ROW, len(data))
        return b"%b%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (head, data, position)

    def _pages(self) -> Iterator[bytes]:
        extra = self._settings.page_extra
        parents = self._levels[1][0]
        for index in range(self._sides):
            parent, content = parents + index // FANOUT, self._first_content + index
            yield b"<</Type/Page/Parent %d 0 R/Contents %d 0 R%b>>" % (parent, content, extra)

    def _nodes(self) -> Iterator[bytes]:
        pages_below = FANOUT
        for level in range(1, len(self._levels)):
            first_kid, kids = self._levels[level - 1]
            for index in range(self._levels[level][1]):
                begin, end = FANOUT * index, min(FANOUT * (index + 1), kids)
                refs = b" ".join([b"%d 0 R" % n for n in range(first_kid + begin, first_kid + end)])
                count = min(pages_below * (index + 1), self._sides) - pages_below * index
                yield b"<</Type/Pages/Count %d/Kids[%b]%b>>" % (count, refs, self._node_rest(level, index))
            pages_below *= FANOUT

    def _node_rest(self, level: int, index: int) -> bytes:
        if level + 1 < len(self._levels):
            return b"/Parent %d 0 R" % (self._levels[level + 1][0] + index // FANOUT)
        # The root: what all pages inherit (ISO 32000-2, 7.7.3.4).
        media_box = box(self._settings.media_box_mpt)
        return b"/MediaBox%b/Resources %d 0 R" % (media_box, self._settings.resources_ref)

    def _catalog_body(self) -> bytes:
        # PrintScaling None: a viewer's print dialogue must not shrink the page, or cut and fold marks move.
        return b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/ViewerPreferences<</PrintScaling/None>>%b>>" % (
            self._root,
            self._metadata,
            self._catalog_rest(),
        )

    def _catalog_rest(self) -> bytes:
        claim, parts, files = self._settings.claim, self._parts, self._files
        said = b"" if claim is None else claim.catalog(self._settings.profile_ref)
        said += b"" if parts is None else b"/DPartRoot %d 0 R" % parts.root
        return said + (b"" if files is None else b"/Names<</EmbeddedFiles %d 0 R>>" % files.root)

    def _info_body(self) -> bytes:
        day = self._settings.production_date.strftime("D:%Y%m%d000000Z").encode("ascii")
        title, producer = text_string(self._settings.title), text_string(_PRODUCER)
        claim = self._settings.claim
        return b"<</Title%b/Producer%b/CreationDate(%b)/ModDate(%b)/Trapped/False%b>>" % (
            title,
            producer,
            day,
            day,
            b"" if claim is None else claim.info,
        )

    def _metadata_object(self) -> bytes:
        day = self._settings.production_date.strftime("%Y-%m-%dT00:00:00Z")
        document, claim = uuid.UUID(bytes=self._id), self._settings.claim
        xmp = _XMP.format(
            title=escape(self._settings.title),
            producer=escape(_PRODUCER),
            day=day,
            document=document,
            # A property that PDF/A does not know (ISO 19005-3, 6.6.2.3).
            trapped="" if claim is not None and claim.pdfa3 else ' pdf:Trapped="False"',
            claim="" if claim is None else claim.xmp(day, str(document)),
        ).encode("utf-8")
        head = b"%d 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>stream\n" % (self._metadata, len(xmp))
        return head + xmp + b"\nendstream\nendobj\n"


def box(corners_mpt: tuple[int, int, int, int]) -> bytes:
    """Write a rectangle: left, bottom, right, top in points, exact to the millipoint."""
    return b"[%b]" % b" ".join(_points(c) for c in corners_mpt)


def _points(length_mpt: int) -> bytes:
    sign = "-" if length_mpt < 0 else ""
    whole, rest = divmod(abs(length_mpt), MPT_PER_PT)
    text = f"{sign}{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return text.encode("ascii")


def _object_stream(number: int, first: int, bodies: list[bytes]) -> bytes:
    """Pack objects first, first + 1, ... (ISO 32000-2, 7.5.7)."""
    begins = [0]
    for body in bodies:
        begins.append(begins[-1] + len(body) + 1)
    index = b" ".join([b"%d %d" % (n, begin) for n, begin in enumerate(begins[:-1], first)]) + b"\n"
    data = pack(index + b"\n".join(bodies))
    head = b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n"
    return head % (number, len(bodies), len(index), len(data)) + data + b"\nendstream\nendobj\n"


def _rows(
    offsets: NDArray[np.int64], position: int, first_packed: int, packed: int, first_stream: int
) -> NDArray[np.uint8]:
    """Build the cross-reference rows, uint8[size, 8]: type, 5-byte field, 2-byte field."""
    plain = np.append(offsets, position)
    before = first_packed - 1
    within = np.arange(packed)
    field = np.concatenate(([0], plain[:before], first_stream + within // _PER_OBJECT_STREAM, plain[before:]))
    last = np.zeros(field.size, ">u2")
    last[0] = 65535
    last[first_packed : first_packed + packed] = within % _PER_OBJECT_STREAM
    rows = np.ones((field.size, _ROW), np.uint8)
    rows[0, 0] = 0
    rows[first_packed : first_packed + packed, 0] = 2
    rows[:, 1:6] = field.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - _OFFSET_BYTES :]
    rows[:, 6:8] = last.view(np.uint8).reshape(-1, 2)
    return rows


def _predict_up(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Apply PNG predictor Up (ISO 32000-2, 7.4.4.4): filter byte 2, then the row less the one above."""
    out = np.full((rows.shape[0], _ROW + 1), 2, np.uint8)
    out[:, 1:] = np.diff(rows, axis=0, prepend=np.zeros((1, _ROW), np.uint8))
    return out


_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 pdf:Producer="{producer}"{trapped}
 xmp:CreateDate="{day}" xmp:ModifyDate="{day}" xmp:MetadataDate="{day}"
 xmpMM:DocumentID="uuid:{document}"{claim}>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
