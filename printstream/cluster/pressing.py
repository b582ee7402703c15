"""Rooms 8 and 9 by groups of spools: print files, and the archive's, drawn and verified by whoever is free.

In: the plan, laid out parts. Out: partial files in the run folder. Never: gives a file its final name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import archive, papers, paperwork, spool
from printstream.base.files import Seal
from printstream.claims import recorded_pieces
from printstream.cluster import briefing, dealing, gathering
from printstream.cluster.group import (
    MANIFEST,
    RECORDS,
    Drawn,
    Group,
    draw_archive,
    draw_group,
    sample_group,
)
from printstream.cluster.night import Night
from printstream.plan import Plan
from printstream.produce import sampled_places

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]


def draw_spools(
    night: Night, plan: Plan, laid: list[Any], homes: dealing.Homes, begun: paperwork.Begun
) -> tuple[list[Group], list[Drawn]]:
    """Deal documents out by spool, and have the spools drawn; empties ``laid``."""
    cluster, scratch = night.cluster, night.scratch
    groups = dealing.make_groups(plan, dealing.cut_groups(plan, cluster.threads))
    recorded = recorded_pieces(plan)
    if recorded is not None:
        own = (recorded[group.first_piece : group.last_piece] for group in groups)
        dealing.write_rows(own, groups, scratch / RECORDS)
    cuts = dealing.write_order(plan, homes, groups, len(laid), scratch / "sorted")
    files = [f"packed/{number}" for number in range(len(laid))]
    packing = [
        cluster.send(dealing.pack_groups, scratch, done, number, own, files[number])
        for number, (done, own) in enumerate(zip(laid, cuts, strict=True))
    ]
    offsets = cluster.results(packing)
    laid.clear()
    packing.clear()
    blocks = dealing.blocks_by_share(files, offsets)
    groups = [replace(group, blocks=own) for group, own in zip(groups, blocks, strict=True)]
    codes = spool.train(_samples(night, plan, plan.imposed.spools, groups, briefing.PRESS))
    briefing.leave(scratch, briefing.PRESS, briefing.Press(plan.order, codes))

    def advance(done: int, total: int) -> None:
        begun.check()
        night.reporter.advance(done, total, "groups of spools")

    drawing = (cluster.send(draw_group, scratch, night.place, group) for group in groups)
    drawn: list[Drawn] = cluster.results(drawing, advance)
    return groups, drawn


def draw_archives(
    night: Night, plan: Plan, groups: Sequence[Group], manifest: pl.DataFrame, folder: Path
) -> tuple[dict[str, Seal], list[Drawn]]:
    """Have the archive's files drawn, and write its tables; give the files' seals, under their final names."""
    cluster, scratch = night.cluster, night.scratch
    imposed = archive.archived(plan, plan.page_counts).imposed
    (night.place / archive.FOLDER).make_folder()
    own = (manifest[group.first_enclosure : group.last_enclosure] for group in groups)
    dealing.write_rows(own, groups, scratch / MANIFEST)
    codes = spool.train(_samples(night, plan, imposed.spools, groups, briefing.ARCHIVE_PRESS))
    briefing.leave(scratch, briefing.ARCHIVE_PRESS, briefing.Press(plan.order, codes))
    drawn: list[Drawn] = cluster.results(
        (cluster.send(draw_archive, scratch, night.place, group, manifest.height) for group in groups),
        lambda done, total: night.reporter.advance(done, total, "groups of the archive"),
    )
    made = gathering.produced_of(plan, groups, drawn)
    papers.check_money(plan, made)
    (folder / archive.FOLDER).mkdir()
    archive.write_tables(folder, plan.order.job, manifest, imposed.first_side, made.spools)
    return archive.file_seals(made.spools), drawn


def _samples(
    night: Night, plan: Plan, spools: pl.DataFrame, groups: Sequence[Group], name: str
) -> Iterator[Sample]:
    """The sides from which one machine makes its codes, drawn where their groups' blocks are read."""
    starts = np.cumsum([0, *(group.imposed.spools.height for group in groups)])
    places: dict[int, list[tuple[int, int]]] = {}
    for row, side in sampled_places(spools):
        number = int(np.searchsorted(starts, row, side="right")) - 1
        places.setdefault(number, []).append((row - int(starts[number]), side))
    made = night.cluster.results(
        night.cluster.send(sample_group, night.scratch, plan.order, groups[number], own, name)
        for number, own in places.items()
    )
    return (sample for samples in made for sample in samples)
