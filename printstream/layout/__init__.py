"""Room 3, layout: template -> program; text measured; documents -> pages.

In: the template, the documents' and lines' columns. Out: the compiled program, stores, page breaks, and the documents
that cannot be printed. Never: draws, writes, drops a document.
"""

from printstream.layout.builder import Form
from printstream.layout.compile import Compiled
from printstream.layout.fields import Wanted, missing_fields, nearest, wanted_fields
from printstream.layout.glyphs import check_glyphs
from printstream.layout.layout import (
    Typeset,
    Unprintable,
    begin_pages,
    break_pages,
    characters_by_column,
    document_names,
    glyph_reason,
    keep_documents,
    typeset,
)
from printstream.layout.memory import Memory
from printstream.layout.paginate import Breaking
from printstream.layout.postal import check_postal
from printstream.layout.recipient import address_place
from printstream.layout.template import Template, font_files
from printstream.layout.types import TypeColumns, typeset_types
from printstream.layout.zones import check_clear_zones

__all__ = [
    "Breaking",
    "Compiled",
    "Form",
    "Memory",
    "Template",
    "TypeColumns",
    "Typeset",
    "Unprintable",
    "Wanted",
    "address_place",
    "begin_pages",
    "break_pages",
    "characters_by_column",
    "check_clear_zones",
    "check_glyphs",
    "check_postal",
    "document_names",
    "font_files",
    "glyph_reason",
    "keep_documents",
    "missing_fields",
    "nearest",
    "typeset",
    "typeset_types",
    "wanted_fields",
]
