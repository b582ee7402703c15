"""What a file says when it follows PDF/X-4, PDF/VT-1 or PDF/A-3: version, output intent, identification.

In: the standards, a colour profile. Out: PDF source for catalog, information and metadata. Never: sees a page.

ISO 15930-7 is PDF/X-4, ISO 16612-2 PDF/VT-1, ISO 19005-3 PDF/A-3.
"""

from __future__ import annotations

from functools import cached_property
from importlib import resources
from pathlib import Path

from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.spool.compress import pack
from printstream.spool.texts import text_string

PDFX_NAMESPACE = "http://www.npes.org/pdfx/ns/id/"
PDFVT_NAMESPACE = "http://www.npes.org/pdfvt/ns/id/"
PDFA_NAMESPACE = "http://www.aiim.org/pdfa/ns/id/"
_HEADER_BYTES = 128
_COMPONENTS = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}
_NEWEST = 4
"""Major version of ICC profiles that PDF 1.6 may hold (ISO 32000-1, table 66)."""


@frozen
class Intent:
    """An output intent.

    Attributes:
        profile: the ICC profile.
        identifier: name of the printing condition.
        registry: who knows that name; empty: nobody.
        condition: the printing condition in words; empty: none.
        where: what the profile is called in messages.
    """

    profile: bytes
    identifier: str
    registry: str = ""
    condition: str = ""
    where: str = "output intent"

    @cached_property
    def components(self) -> int:
        """Colours of the printing condition: 1, 3 or 4.

        Raises:
            JobError: when the profile is none, or none that an output intent may have.
        """
        return _components(self.profile, self.where)


@frozen
class Claim:
    """Which standards a file says that it follows.

    Attributes:
        intent: the printing condition it is made for.
        pdfx4, pdfvt1, pdfa3: the standards; PDF/VT-1 is PDF/X-4 besides.
    """

    intent: Intent
    pdfx4: bool = False
    pdfvt1: bool = False
    pdfa3: bool = False

    def __post_init__(self) -> None:
        if self.pdfvt1 and not self.pdfx4:
            msg = "PDF/VT-1 is PDF/X-4 too"
            raise ValueError(msg)

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called, for messages and papers."""
        wanted = (self.pdfx4, "PDF/X-4"), (self.pdfvt1, "PDF/VT-1"), (self.pdfa3, "PDF/A-3b")
        return tuple(name for said, name in wanted if said)

    @property
    def version(self) -> bytes:
        """Version of the file: 1.6 for PDF/X-4, else 1.7."""
        return b"1.6" if self.pdfx4 else b"1.7"

    def profile_object(self, number: int) -> bytes:
        """The intent's profile as an object (ISO 32000-1, 8.6.5.5)."""
        data = pack(self.intent.profile)
        head = b"%d 0 obj\n<</N %d/Filter/FlateDecode/Length %d>>stream\n"
        return head % (number, self.intent.components, len(data)) + data + b"\nendstream\nendobj\n"

    def catalog(self, profile: int) -> bytes:
        """Entries of the catalog: the output intent of each standard, all with one profile (ISO 19005-3, 6.2.3)."""
        intent = self.intent
        says = b"/OutputConditionIdentifier%b" % text_string(intent.identifier)
        if intent.registry:
            says += b"/RegistryName%b" % text_string(intent.registry)
        if intent.condition:
            says += b"/OutputCondition%b" % text_string(intent.condition)
        # Required where no registry knows the identifier.
        says += b"/Info%b" % text_string(intent.condition or intent.identifier)
        subtypes = (self.pdfx4, b"GTS_PDFX"), (self.pdfa3, b"GTS_PDFA1")
        made = [
            b"<</Type/OutputIntent/S/%b%b/DestOutputProfile %d 0 R>>" % (subtype, says, profile)
            for said, subtype in subtypes
            if said
        ]
        return b"/OutputIntents[%b]" % b"".join(made)

    @property
    def info(self) -> bytes:
        """Entries of the information dictionary: what older tools look for."""
        x4 = b"/GTS_PDFXVersion(PDF/X-4)" if self.pdfx4 else b""
        return x4 + (b"/GTS_PDFVTVersion(PDF/VT-1)" if self.pdfvt1 else b"")

    def xmp(self, day: str, instance: str) -> str:
        """Attributes of the metadata's description (ISO 19005-3, 6.6.4 for PDF/A-3)."""
        said = ""
        if self.pdfx4:
            said += (
                f'\n xmpMM:InstanceID="uuid:{instance}" xmpMM:VersionID="1" xmpMM:RenditionClass="default"'
            )
            said += f'\n xmlns:pdfxid="{PDFX_NAMESPACE}" pdfxid:GTS_PDFXVersion="PDF/X-4"'
        if self.pdfvt1:
            said += f'\n xmlns:pdfvtid="{PDFVT_NAMESPACE}" pdfvtid:GTS_PDFVTVersion="PDF/VT-1"'
            said += f' pdfvtid:GTS_PDFVTModDate="{day}"'
        if self.pdfa3:
            said += f'\n xmlns:pdfaid="{PDFA_NAMESPACE}" pdfaid:part="3" pdfaid:conformance="B"'
        return said


def shipped_profile(name: str) -> bytes:
    """Give a profile of printstream/spool/profiles."""
    return (resources.files("printstream.spool") / "profiles" / f"{name}.icc").read_bytes()


def read_profile(path: Path) -> bytes:
    """Read the shop's own profile.

    Raises:
        JobError: when it cannot be read, or is no profile that an output intent may have.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"the colour profile cannot be read: {error.strerror}"
        raise JobError(msg, where=str(path), next_step="Check spool.output_intent.profile") from error
    _components(data, str(path))
    return data


def _components(profile: bytes, where: str) -> int:
    """Look at a profile's head (ICC.1, 7.2): an output profile, or a display's for RGB and grey."""
    size, signature = int.from_bytes(profile[:4], "big"), profile[36:40]
    if len(profile) < _HEADER_BYTES or size != len(profile) or signature != b"acsp":
        msg = "this is no whole ICC profile"
        raise _fault(msg, where)
    if profile[8] > _NEWEST:
        msg = f"the profile is of ICC version {profile[8]}, newer than PDF 1.6 takes"
        raise _fault(msg, where)
    kind, space = profile[12:16], profile[16:20]
    count = _COMPONENTS.get(space)
    if count is None or not (kind == b"prtr" or (kind == b"mntr" and count < 4)):
        what = (
            f"a profile of class {kind.decode('ascii', 'replace')!r} for {space.decode('ascii', 'replace')!r}"
        )
        msg = f"{what} is no printing condition"
        raise _fault(msg, where)
    if kind == b"prtr" and b"B2A0" not in profile[_HEADER_BYTES : _HEADER_BYTES + 4 + 12 * 100] and count > 1:
        msg = "the profile does not say which inks make a colour (no B2A0)"
        raise _fault(msg, where)
    return count


def _fault(what: str, where: str) -> JobError:
    next_step = "Name an ICC output profile for CMYK, RGB or grey in spool.output_intent.profile"
    return JobError(what, where=where, next_step=next_step)
