"""Columns that only the tray table has, beside those of ``base.columns``."""

from __future__ import annotations

import polars as pl

from printstream.base.columns import (
    DESTINATION,
    DOCUMENT,
    FIRST_SEQUENCE,
    PIECE_ID,
    PIECES,
    POSTAGE_MILLS,
    PRESORT_LEVEL,
    SEQUENCE,
    SHEETS,
    STREAM,
    THICKNESS_UM,
    TRAY_ID,
    TRAY_TYPE,
    WEIGHT_MG,
    Column,
)

DESTINATION_ZIP = Column(
    "destination_zip",
    pl.String(),
    "code for the tray label's barcode; US prefixes are filled up with zeros to 5 digits",
)
CIN = Column("cin", pl.String(), "content code of the tray label (USPS: 3 digits); empty where there is none")
CONTENT = Column("content", pl.String(), "label line 2 of the tray; empty where no tray")
FULL = Column("full", pl.Boolean(), "whether the tray counts as full; false for overflow and unsorted mail")
SCHEME = Column(
    "scheme", pl.String(), "name of the presort scheme; that of the single-piece prices where unsorted"
)
RATE_MILLS = Column("rate_mills", pl.Int64(), "postage of one piece", "1/1000 of the currency unit")
TRAYS = Column("trays", pl.UInt32(), "trays labelled with the level, whatever their pieces pay")
FULL_TRAYS = Column("full_trays", pl.UInt32(), "those of them that are full")
ROLLED = Column("rolled", pl.UInt32(), "pieces that lie in a tray of a coarser level and keep their price")
MINIMUM = Column("minimum", pl.UInt32(), "fewest pieces of a group; 0 where unsorted")

PIECE_COLUMNS = (
    DOCUMENT,
    SEQUENCE,
    PIECE_ID,
    STREAM,
    PRESORT_LEVEL,
    TRAY_ID,
    POSTAGE_MILLS,
    WEIGHT_MG,
    THICKNESS_UM,
    SHEETS,
)
TRAY_COLUMNS = (
    TRAY_ID,
    STREAM,
    PRESORT_LEVEL,
    TRAY_TYPE,
    DESTINATION,
    DESTINATION_ZIP,
    FIRST_SEQUENCE,
    PIECES,
    THICKNESS_UM,
    WEIGHT_MG,
    CIN,
    CONTENT,
    FULL,
)
LEVEL_COLUMNS = (
    STREAM,
    SCHEME,
    PRESORT_LEVEL,
    MINIMUM,
    PIECES,
    ROLLED,
    TRAYS,
    FULL_TRAYS,
    WEIGHT_MG,
    POSTAGE_MILLS,
)
RATE_COLUMNS = (STREAM, SCHEME, PRESORT_LEVEL, RATE_MILLS, PIECES, WEIGHT_MG, POSTAGE_MILLS)
