"""The two tables that ingest hands on: documents, and their detail lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from printstream.base.frozen import frozen
from printstream.base.store import Kind
from printstream.ingest.sinks import Aside


@frozen
class Documents:
    """The documents.

    Attributes:
        accepted: a row an accepted document, in input order: DOCUMENT, DOCUMENT_ID, SOURCE, ROW, MONEY_CENTS,
            POSTAL_CODE, PLUS4, DELIVERY_POINT, CITY, STATE; the key and all others under their own names.
        rejects: a row of REJECTS a rejected document.
        rows: documents read: all, or those within the limit.
        cents: their money; an amount that is missing or unreadable counts as 0.
        rejected_cents: the money of the rejected ones.
        rejected_keys: keys of the rejected documents, not null.
        ignored_keys: keys of the documents beyond the limit, not null.
    """

    accepted: pl.DataFrame
    rejects: pl.DataFrame
    rows: int
    cents: int
    rejected_cents: int
    rejected_keys: pl.Series
    ignored_keys: pl.Series


@frozen
class DetailColumn:
    """Where a column of the lines lies in the arena: ``start`` counts values of its width."""

    name: str
    kind: Kind
    width_log2: int
    start: int


@frozen
class Tally:
    """Lines and their money, by what became of them."""

    accepted: int = 0
    lone: int = 0
    null_key: int = 0
    of_rejected: int = 0
    ignored: int = 0

    @property
    def total(self) -> int:
        """All but those of documents beyond the limit."""
        return self.accepted + self.rejected

    @property
    def rejected(self) -> int:
        """Those that are not printed."""
        return self.lone + self.null_key + self.of_rejected

    def moved(self, amount: int) -> Tally:
        """The same when accepted ones turn into those of rejected documents."""
        return Tally(
            self.accepted - amount, self.lone, self.null_key, self.of_rejected + amount, self.ignored
        )


@frozen
class Details:
    """The detail lines.

    Attributes:
        rows: lines in the files.
        ints: uint8, 8-byte aligned: the arena (base.store) of all columns, in file order.
        columns: every column: INT, or TEXT whose numbers pick from ``dictionaries``. A number that its column is
            too narrow for is 0 there; no line of a document that may be printed has one.
        dictionaries: the different texts of each text column, by first appearance.
        order: uint32: rows grouped by document, sorted within it.
        first: int64[n + 1]: the lines of document d are order[first[d]:first[d + 1]].
        group_column: column whose change starts a new group.
        money_column: column with the lines' amounts.
        money_aside: amounts that the column is too narrow for.
        lines: lines by what became of them.
        cents: their money.
        rejects: lines that belong to no document.
        bad_documents: documents that must leave because of their lines, ascending.
        bad_rejects: a row of REJECTS for each of them.
    """

    rows: int
    ints: NDArray[np.uint8]
    columns: Mapping[str, DetailColumn]
    dictionaries: Mapping[str, pa.LargeStringArray]
    order: NDArray[np.uint32]
    first: NDArray[np.int64]
    group_column: str | None
    money_column: str | None
    money_aside: Aside
    lines: Tally
    cents: Tally
    rejects: pl.DataFrame
    bad_documents: NDArray[np.int64]
    bad_rejects: pl.DataFrame

    def values(self, name: str) -> NDArray[Any]:
        """A column as it lies in the arena, in file order."""
        column = self.columns[name]
        view = self.ints.view((np.int8, np.int16, np.int32, np.int64)[column.width_log2])
        return view[column.start : column.start + self.rows]

    def amounts(self, rows: NDArray[np.integer]) -> NDArray[np.int64]:
        """What some lines amount to, whatever the column's width; 0 where there is no money."""
        if self.money_column is None:
            return np.zeros(len(rows), np.int64)
        amounts: NDArray[np.int64] = self.values(self.money_column)[rows].astype(np.int64)
        aside = self.money_aside
        places = np.searchsorted(aside.rows, rows)
        places[places == len(aside.rows)] = 0
        if len(aside.rows):
            is_aside = aside.rows[places] == rows
            amounts[is_aside] = aside.values[places[is_aside]]
        return amounts
