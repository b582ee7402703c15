"""Room 7, marks: what each sheet must say.

In: the job's inserter profile and mailing settings, pieces. Out: the sheet's marks, the postal barcodes.
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
from printstream.marks.profile import sheet_marks
from printstream.marks.serials import Wanted, reserve_serials

__all__ = [
    "Faulty",
    "Wanted",
    "faulty_documents",
    "postal_barcodes",
    "postal_columns",
    "postal_constants",
    "postal_mark",
    "postal_payloads",
    "reserve_serials",
    "routing",
    "serial_limit",
    "sheet_marks",
]
