"""Room 7, marks: what each sheet must say.

In: the job's inserter profile and mailing settings, pieces. Out: the sheet's marks, the postal barcodes.
Never: draws.
"""

from printstream.marks.postal import postal_barcodes, postal_constants, routing
from printstream.marks.profile import sheet_marks

__all__ = ["postal_barcodes", "postal_constants", "routing", "sheet_marks"]
