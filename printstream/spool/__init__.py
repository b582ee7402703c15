"""Room 9, spool: the print files. Fonts and forms once, a content stream a side, read back before release.

In: faces, forms, compressed sides in page order. Out: verified PDF files under their final names. Never:
plans, draws a page, opens a file of its own to change it.
"""

from printstream.spool.artzones import check_art_zones
from printstream.spool.attachments import Attachments
from printstream.spool.claim import Claim, Intent, read_profile, shipped_profile
from printstream.spool.codes import Codes
from printstream.spool.compress import Block, Compressor, train, usual_codes
from printstream.spool.foreign import ForeignPages
from printstream.spool.parts import Parts, Records
from printstream.spool.release import flush, forget, release, release_all
from printstream.spool.resources import ArtForm, DrawnForm, FormSpec, Resources, build_resources
from printstream.spool.sheets import Sheets, write_sheets
from printstream.spool.tail import box
from printstream.spool.texts import pdf_name, text_string
from printstream.spool.verify import Reading, SpoolCheck, SpoolExpectation, verify_sides, verify_spool
from printstream.spool.writer import PARTIAL_SUFFIX, Extras, SpoolFile, SpoolWriter

__all__ = [
    "PARTIAL_SUFFIX",
    "ArtForm",
    "Attachments",
    "Block",
    "Claim",
    "Codes",
    "Compressor",
    "DrawnForm",
    "Extras",
    "ForeignPages",
    "FormSpec",
    "Intent",
    "Parts",
    "Reading",
    "Records",
    "Resources",
    "Sheets",
    "SpoolCheck",
    "SpoolExpectation",
    "SpoolFile",
    "SpoolWriter",
    "box",
    "build_resources",
    "check_art_zones",
    "flush",
    "forget",
    "pdf_name",
    "read_profile",
    "release",
    "release_all",
    "shipped_profile",
    "text_string",
    "train",
    "usual_codes",
    "verify_sides",
    "verify_spool",
    "write_sheets",
]
