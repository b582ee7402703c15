"""Every column that rooms share, once: name, dtype, unit, null rule, meaning. Code names the symbol.

The plan is one frame a subject: documents (a row an accepted document, in input order), pieces (a row an
envelope, in mailing order), trays, spools, sheets. Rooms add columns; none removes any.
"""

from __future__ import annotations

import polars as pl

from printstream.base.frozen import frozen


@frozen
class Column:
    """One column of a shared table."""

    name: str
    dtype: pl.DataType
    meaning: str
    unit: str = ""

    def __str__(self) -> str:
        return self.name


def _column(name: str, dtype: type[pl.DataType], meaning: str, unit: str = "") -> Column:
    return Column(name, dtype(), meaning, unit)


# 1 ingest
DOCUMENT = _column("document", pl.UInt32, "row of the document among the accepted ones, 0-based, input order")
DOCUMENT_ID = _column("document_id", pl.String, "the key of the document, as the input writes it")
MONEY_CENTS = _column("money_cents", pl.Int64, "the document's amount, by which money is balanced", "cents")
LINES = _column("lines", pl.UInt32, "detail rows of the document")
POSTAL_CODE = _column(
    "postal_code", pl.String, "postal code as printed (US: 5-digit ZIP); never null for an accepted document"
)
PLUS4 = _column("plus4", pl.String, "4-digit ZIP+4 add-on; empty where unknown")
DELIVERY_POINT = _column("delivery_point", pl.String, "2-digit delivery point; empty where unknown")
CITY = _column("city", pl.String, "city of the address")
STATE = _column("state", pl.String, "2-letter state of a US address; empty elsewhere")

# rejects
SOURCE = _column("source", pl.String, "input file, relative to the input folder")
ROW = _column("row", pl.Int64, "0-based row within the source; -1 where the reason concerns no single row")
REJECT_COLUMN = _column("column", pl.String, "the column that is wrong")
REASON = _column("reason", pl.String, "why the record cannot be printed")
VALUE = _column("value", pl.String, "the offending value, cut to 200 characters; null where there is none")
REJECTS = (SOURCE, ROW, DOCUMENT_ID, REJECT_COLUMN, REASON, VALUE)

# 2 rules. Their names hold blanks, so that no column of a job is called the same.
HOUSEHOLD = _column(
    "household key", pl.UInt32, "documents with the same number may share an envelope; null: stays alone"
)
MATCH_KEY = _column(
    "match key", pl.String, "what documents of different types share to come into one envelope"
)
MATCH = _column(
    "match number", pl.UInt32, "documents of different types with the same number share an envelope"
)
DOCUMENT_TYPE = _column("document type", pl.String, "type of the document, of jobs with several")
HOUSEHOLD_ORDER = _column("household order", pl.UInt32, "place of the document in the order of enclosures")
ADDRESSEE = _column("addressee number", pl.UInt32, "documents with the same number have the same addressee")
INSERTS_WANTED = _column(
    "inserts wanted", pl.UInt32, "inserts that the document asks for, the first the lowest bit"
)

# 2a address
ADDRESS_STATUS = _column("address_status", pl.String, "deliverable, or what the address room found")
ADDRESS_ACTION = _column("address_action", pl.String, "print, divert, digital, suppress or reject")
ADDRESS_CODES = _column("address_codes", pl.String, "codes of all findings, such as A12 A51; empty: none")

# 3 layout
PAGES = _column("pages", pl.UInt32, "composed pages of the document; >= 1")

# 4 piece
PIECE_ID = _column("piece_id", pl.UInt32, "number of the piece in the run, 1-based, in mailing order")
SHEETS = _column("sheets", pl.UInt32, "sheets of the piece; in the manifest those of the document")
WEIGHT_MG = _column("weight_mg", pl.Int64, "sheets, envelope and inserts", "mg")
THICKNESS_UM = _column("thickness_um", pl.Int64, "thickness of the filled envelope", "um")
MAX_WEIGHT_MG = _column(
    "max_weight_mg", pl.Int64, "heaviest that the piece may be, by the tolerances; absent: its weight", "mg"
)
MAX_THICKNESS_UM = _column(
    "max_thickness_um", pl.Int64, "thickest that the piece may be; absent: its thickness", "um"
)
INSERTS = _column("inserts", pl.UInt32, "pockets that feed inserts to the piece, pocket 1 the lowest bit")
STREAM = _column("stream", pl.String, "pieces that share press, stock, envelope and service")

# 5 presort
SEQUENCE = _column("sequence", pl.UInt32, "place in the mailing, 0-based, over all streams")
PRESORT_LEVEL = _column(
    "presort_level",
    pl.String,
    "level whose price the piece pays (US: 5d, aadc, maadc); single: not presorted",
)
TRAY_ID = _column("tray_id", pl.UInt32, "number of the tray in the run, 1-based")
TRAY_TYPE = _column("tray_type", pl.String, "1ft, 2ft, emm, or none for a stream without trays")
DESTINATION = _column("destination", pl.String, "label line 1 of the tray's destination")
POSTAGE_MILLS = _column("postage_mills", pl.Int64, "postage of the piece", "1/1000 of the currency unit")
PIECES = _column("pieces", pl.UInt32, "pieces in the tray or spool")
DESTINATION_ZIP = _column(
    "destination_zip",
    pl.String,
    "code for the tray label's barcode; US prefixes are filled up with zeros to 5 digits",
)
CIN = _column("cin", pl.String, "content code of the tray label (USPS: 3 digits); empty where there is none")
CONTENT = _column("content", pl.String, "label line 2 of the tray; empty where no tray")
FULL = _column("full", pl.Boolean, "whether the tray counts as full; false for overflow and unsorted mail")
SCHEME = _column(
    "scheme", pl.String, "name of the presort scheme; that of the single-piece prices where unsorted"
)
RATE_MILLS = _column("rate_mills", pl.Int64, "postage of one piece", "1/1000 of the currency unit")
TRAYS = _column("trays", pl.UInt32, "trays labelled with the level, whatever their pieces pay")
FULL_TRAYS = _column("full_trays", pl.UInt32, "those of them that are full")
ROLLED = _column("rolled", pl.UInt32, "pieces that lie in a tray of a coarser level and keep their price")
MINIMUM = _column("minimum", pl.UInt32, "fewest pieces of a group; 0 where unsorted")
CONTAINER_ID = _column(
    "container_id", pl.UInt32, "number of the pallet or other container in the run, 1-based; null: in none"
)
CONTAINER_TYPE = _column("container_type", pl.String, "name of the container in its scheme, such as pallet")
CONTAINER_LEVEL = _column("container_level", pl.String, "level of the tray's container; null: in none")
FIRST_TRAY = _column("first_tray", pl.UInt32, "number of the first tray of the container")
LAYERS = _column("layers", pl.UInt32, "layers of trays in the container")
HEIGHT_UM = _column("height_um", pl.Int64, "height of the loaded container", "um")
GROSS_MG = _column("gross_mg", pl.Int64, "weight of container, trays and mail", "mg")
FIRST_SEQUENCE = _column("first_sequence", pl.UInt32, "sequence of the first piece of the tray or spool")

# 5 presort, of several jobs together
JOB = _column("job", pl.String, "name of the job that the piece is of")
MAILING_SEQUENCE = _column(
    "mailing_sequence", pl.UInt32, "place in the common mailing of several jobs, 0-based"
)
ALONE_LEVEL = _column("alone_level", pl.String, "level that the piece has where its job is sorted alone")
ALONE_MILLS = _column(
    "alone_mills",
    pl.Int64,
    "postage of the piece where its job is sorted alone",
    "1/1000 of the currency unit",
)
SHARE_MILLS = _column(
    "share_mills",
    pl.Int64,
    "the piece's part of its job's share of the saving",
    "1/1000 of the currency unit",
)
INVOICE_MILLS = _column(
    "invoice_mills", pl.Int64, "what the client pays for it: alone less share", "1/1000 of the currency unit"
)
FIRST_PIECE = _column("first_piece", pl.UInt32, "number of the job's first piece in the tray, as PIECE_ID")
LAST_PIECE = _column("last_piece", pl.UInt32, "number of the job's last piece in the tray, as PIECE_ID")

# 6 impose
SPOOL = _column("spool", pl.UInt32, "number of the spool, 1-based: spool 7 is spool/0007.pdf")
FIRST_SIDE = _column("first_side", pl.UInt32, "page of the spool file, 0-based, on which the document starts")
SLOT = _column(
    "slot",
    pl.UInt8,
    "cell of the press sheet that the document starts in, 0-based, by rows from the top left of its front",
)
SIDES = _column("sides", pl.UInt32, "sides (pages of the spool file) that carry the document")
WEIGHT_BAND = _column("weight_band", pl.UInt32, "band of weights by which spools are cut, the lightest 0")
IMPRESSIONS = _column("impressions", pl.UInt32, "press sides of the spool")

TYPE = _column("type", pl.String, "type of the document, of jobs with several, as papers say it")
ENCLOSURE = _column("enclosure", pl.UInt32, "place of the document in its envelope, from 1")
ENCLOSURES = _column("enclosures", pl.UInt32, "documents in the envelope")
FIRST_SHEET = _column("first_sheet", pl.UInt32, "sheet of the piece on which the document starts, from 1")
PIECE_SHEETS = _column("piece_sheets", pl.UInt32, "sheets of all documents of the piece")

# 7 marks
POSTAL_BARCODE = _column(
    "postal_barcode", pl.String, "what the post's code says (IMb: 20 tracking digits, routing)"
)
