"""Trays of each stream into the containers that the job names, with what their placards say.

In: the tray table, the codes of the trays' first pieces. Out: the tray table with its containers, the container table.
Never: changes a tray; a stream that names no container stays as it is.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.job import StreamSettings
from printstream.presort.columns import CONTAINER_COLUMNS, TRAY_CONTAINER_COLUMNS
from printstream.presort.containers import Container
from printstream.presort.groups import Group, keys_of, names_of
from printstream.presort.labels import NO_GROUP
from printstream.presort.load import LoadedScheme
from printstream.presort.scheme import NO_TRAY
from printstream.presort.stow import LOOSE, Loads, Stowed, stow
from printstream.presort.streams import Desk, labels_of

_MG_PER_KG = 1_000_000


@frozen
class Carried:
    """Trays, and what they travel in.

    Attributes:
        trays: the tray table with TRAY_CONTAINER_COLUMNS.
        containers: a row a container (CONTAINER_COLUMNS).
        warnings: sentences for the operator.
    """

    trays: pl.DataFrame
    containers: pl.DataFrame
    warnings: tuple[str, ...]


def carry(trays: pl.DataFrame, first_rows: NDArray[np.uint32], desk: Desk) -> Carried:
    """Put the trays of all streams that name containers into them, numbered through.

    Args:
        trays: a row a tray, in mailing order (TRAY_COLUMNS).
        first_rows: uint32[trays], row of each tray's first piece among the documents.
        desk: what was sorted; a stream of its job names containers.

    Raises:
        JobError: a tray is heavier than its container takes.
    """
    streams = [s for s in desk.job.streams if s.containers is not None]
    of_tray = np.zeros(trays.height, np.uint32)
    levels = np.full(trays.height, "", object)
    tables: list[pl.DataFrame] = []
    warnings: list[str] = []
    made = 0
    for stream in streams:
        stop = _Stop.of(trays, first_rows, stream, desk)
        table, stowed = stop.table(made)
        inside = stowed.of_tray != LOOSE
        of_tray[stop.rows[inside]] = made + 1 + stowed.of_tray[inside]
        levels[stop.rows[inside]] = table[c.CONTAINER_LEVEL.name].to_numpy()[stowed.of_tray[inside]]
        if not inside.all():
            warnings.append(
                f"Stream {stream.name}: {np.count_nonzero(~inside):,} trays are fewer than a {stream.containers} takes at "
                "least; they travel loose."
            )
        tables.append(table)
        made += table.height
    number = pl.Series(c.CONTAINER_ID.name, of_tray)
    with_number = trays.with_columns(number, pl.Series(c.CONTAINER_LEVEL.name, levels, pl.String))
    loose = pl.col(c.CONTAINER_ID.name) == 0
    return Carried(
        with_number.with_columns(
            pl.when(~loose).then(pl.col(column.name)).alias(column.name) for column in TRAY_CONTAINER_COLUMNS
        ),
        pl.concat(tables).select(pl.col(column.name).cast(column.dtype) for column in CONTAINER_COLUMNS),
        tuple(warnings),
    )


@frozen
class _Stop:
    """A stream whose trays are put into containers.

    Attributes:
        stream, loaded, container: what the job and the scheme say.
        desk: what was sorted.
        trays: its trays, without containers of unsorted mail.
        rows: int64[n], their places in the tray table.
        first: uint32[n], rows of their first pieces.
    """

    stream: StreamSettings
    loaded: LoadedScheme
    container: Container
    desk: Desk
    trays: pl.DataFrame
    rows: NDArray[np.int64]
    first: NDArray[np.uint32]

    @classmethod
    def of(
        cls, trays: pl.DataFrame, first_rows: NDArray[np.uint32], stream: StreamSettings, desk: Desk
    ) -> _Stop:
        """Pick the stream's trays."""
        assert stream.scheme is not None
        assert stream.containers is not None
        loaded = desk.schemes[stream.scheme]
        mine = (trays[c.STREAM.name] == stream.name) & (trays[c.TRAY_TYPE.name] != NO_TRAY)
        rows = np.flatnonzero(mine.to_numpy())
        container = loaded.scheme.containers[stream.containers]
        return cls(stream, loaded, container, desk, trays[rows], rows, first_rows[rows])

    def table(self, before: int) -> tuple[pl.DataFrame, Stowed]:
        """Fill the containers, and say what lies in each; ``before`` are those of the streams before."""
        places, gross = self._weights()
        loads = Loads(places, gross, self._keys())
        stowed = stow(loads, self.container)
        count, inside = stowed.level.size, np.flatnonzero(stowed.of_tray != LOOSE)
        of_tray = stowed.of_tray[inside]
        first = np.full(count, self.rows.size, np.int64)
        np.minimum.at(first, of_tray, inside)
        sums = {
            name: np.bincount(of_tray, weights=values[inside], minlength=count).astype(np.int64)
            for name, values in (
                ("places", places),
                (c.GROSS_MG.name, gross),
                (c.WEIGHT_MG.name, self.trays[c.WEIGHT_MG.name].to_numpy()),
                (c.PIECES.name, self.trays[c.PIECES.name].to_numpy()),
                (c.TRAYS.name, np.ones(self.rows.size)),
            )
        }
        layers = -(-sums.pop("places") // self.container.places_a_layer)
        sums[c.GROSS_MG.name] += self.container.tare_mg
        heights = np.array([self.container.height_um(k) for k in range(self.container.layers + 1)], np.int64)
        return self._words(stowed, loads.keys[stowed.level, first], first).with_columns(
            pl.Series(c.CONTAINER_ID.name, np.arange(before + 1, before + count + 1)),
            pl.lit(self.stream.containers, pl.String).alias(c.CONTAINER_TYPE.name),
            pl.Series(c.FIRST_TRAY.name, self.trays[c.TRAY_ID.name].to_numpy()[first]),
            pl.Series(c.LAYERS.name, layers),
            pl.Series(c.HEIGHT_UM.name, heights[layers]),
            *(pl.Series(name, values) for name, values in sums.items()),
        ), stowed

    def _weights(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places and gross weight of each tray."""
        kinds = self.container.trays
        names = self.trays[c.TRAY_TYPE.name]
        places, tare = (
            names.replace_strict(list(kinds), values, return_dtype=pl.Int64).to_numpy()
            for values in ([t.places for t in kinds.values()], [t.tare_mg for t in kinds.values()])
        )
        gross: NDArray[np.int64] = tare + self.trays[c.WEIGHT_MG.name].to_numpy()
        if gross.size and int(gross.max()) > self.container.load_mg:
            tray = int(gross.argmax())
            what = (
                f"tray {self.trays[c.TRAY_ID.name][tray]} weighs {gross[tray] / _MG_PER_KG:,.1f} kg with its mail; "
                f"{self.stream.containers} takes {self.container.load_mg / _MG_PER_KG:,.1f} kg"
            )
            step = "Give the scheme's tray a max_weight_mg, or name another container"
            raise JobError(what, where=f"stream {self.stream.name}", next_step=step)
        return places, gross

    def _keys(self) -> NDArray[np.int64]:
        """Group of each tray at each level of the container."""
        codes = self.desk.codes
        code, table = codes.code[self.first], codes.table
        levels = self.loaded.scheme.levels
        of_tray = self.trays[c.PRESORT_LEVEL.name]
        keys = np.full((len(self.container.levels), self.rows.size), NO_GROUP, np.int64)
        for number, level in enumerate(self.container.levels):
            key = keys_of(level, self.loaded, table)
            for trays in levels:
                if self.loaded.takes(level, trays):
                    mine = np.flatnonzero((of_tray == trays.name).to_numpy())
                    keys[number, mine] = key[code[mine]]
                    length = self.loaded.length_of(trays)
                    if level.labeling_list is not None and length is not None:
                        whole = _undivided(key, table.keys(length))
                        keys[number, mine[~whole[table.keys(length)[code[mine]]]]] = NO_GROUP
        return keys

    def _words(self, stowed: Stowed, key: NDArray[np.int64], first: NDArray[np.int64]) -> pl.DataFrame:
        """What the placards say: a row a container, by its group and its first tray."""
        codes, levels = self.desk.codes, self.container.levels
        code = codes.code[self.first[first]]
        rows = zip(stowed.level.tolist(), key.tolist(), code.tolist(), strict=True)
        groups = tuple(
            Group(n, k, *names_of(levels[n], k, some, self.loaded, codes.table), 0, some)
            for n, k, some in rows
        )
        labels = labels_of(self.stream, self.desk, self.loaded)
        words = labels.of_groups(groups, self.container.levels, self.first[first])
        # Capitals, so that no letter of a placard is less high than the post asks for.
        capitals = (pl.col(name).str.to_uppercase() for name in (c.DESTINATION.name, c.CONTENT.name))
        named = words.with_columns(capitals).rename({c.PRESORT_LEVEL.name: c.CONTAINER_LEVEL.name})
        return named.drop(c.CIN.name)


def _undivided(key: NDArray[np.int32], trays: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether all codes of each tray's destination are of one group of a labeling list.

    Args:
        key: int32[codes], group of each code in the list.
        trays: int32[codes], destination of trays of each code, rising from 0 without gaps.
    """
    begins = np.flatnonzero(np.r_[True, np.diff(trays) != 0])
    same: NDArray[np.bool_] = np.minimum.reduceat(key, begins) == np.maximum.reduceat(key, begins)
    return same
