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
    "destination_zip", pl.String(), "5 digits for the tray label's barcode, prefixes filled up with zeros"
)
CIN = Column("cin", pl.String(), "content identifier number of the tray label, 3 digits; empty where no tray")
CONTENT = Column("content", pl.String(), "label line 2 of the tray; empty where no tray")
FULL = Column("full", pl.Boolean(), "whether the tray counts as full; false for overflow and unsorted mail")

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
