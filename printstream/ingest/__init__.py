"""Room 1. In: Parquet files. Out: documents, detail lines, rejects with a reason.

Never: drops a record silently, rounds money, reads outside of the input folder, tells personal data to a log.
"""

from printstream.ingest.ahead import ReadAhead, reading_ahead
from printstream.ingest.available import available_columns
from printstream.ingest.details import read_details
from printstream.ingest.documents import OfType, read_documents
from printstream.ingest.drop import documents_of_lines, drop_documents
from printstream.ingest.files import Input, InputTables
from printstream.ingest.pick import pick_document
from printstream.ingest.rejects import reject_documents
from printstream.ingest.schema import check_input
from printstream.ingest.tables import DetailColumn, Details, Documents, Tally
from printstream.ingest.zips import known_places

__all__ = [
    "DetailColumn",
    "Details",
    "Documents",
    "Input",
    "InputTables",
    "OfType",
    "ReadAhead",
    "Tally",
    "available_columns",
    "check_input",
    "documents_of_lines",
    "drop_documents",
    "known_places",
    "pick_document",
    "read_details",
    "read_documents",
    "reading_ahead",
    "reject_documents",
]
