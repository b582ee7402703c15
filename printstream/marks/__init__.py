"""Room 7, marks: what each sheet must say.

In: the job's inserter profile and mailing settings, pieces. Out: the sheet's marks and what they say, the postal barcodes.
Never: draws.
"""

from printstream.marks.postal import (
    Faulty,
    faulty_documents,
    postal_barcodes,
    postal_columns,
    postal_constants,
    postal_mark,
    postal_payloads,
    routing,
    serial_limit,
)
from printstream.marks.profile import load_profile, shipped
from printstream.marks.serials import Wanted, reserve_serials
from printstream.marks.sheet import marks_of, profile_of, sheet_marks
from printstream.marks.words import SheetFacts, code_texts, piece_control, sheet_facts, sheet_words, word_text

__all__ = [
    "Faulty",
    "SheetFacts",
    "Wanted",
    "code_texts",
    "faulty_documents",
    "load_profile",
    "marks_of",
    "piece_control",
    "postal_barcodes",
    "postal_columns",
    "postal_constants",
    "postal_mark",
    "postal_payloads",
    "profile_of",
    "reserve_serials",
    "routing",
    "serial_limit",
    "sheet_facts",
    "sheet_marks",
    "sheet_words",
    "shipped",
    "word_text",
]
