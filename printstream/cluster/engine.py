"""The corridor past one machine: the same rooms, walked by parts; the client decides, workers read and draw.

In: options with a scheduler's address. Out: a run folder in the store. Never: sends rows through the client, but for the
narrow columns of the sort; names a final file before all are verified.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import archive, layout, mailpapers, papers, paperwork, rules, spool, ticket
from printstream.arrange import arrange
from printstream.base import columns as c
from printstream.base import interrupts
from printstream.base.errors import JobError, UsageError
from printstream.base.files import Seal
from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.measure import peak_memory_bytes
from printstream.base.options import Options, RunResult, new_run_id
from printstream.base.places import Place
from printstream.base.program import PageArrays
from printstream.claims import recorded_pieces
from printstream.cluster import briefing, dealing, gathering, part
from printstream.cluster.blocks import unpack_blocks
from printstream.cluster.group import (
    MANIFEST,
    RECORDS,
    SPOOLS,
    Drawn,
    Group,
    draw_archive,
    draw_group,
    sample_group,
)
from printstream.cluster.part import HOUSEHOLDS
from printstream.cluster.release import release
from printstream.cluster.scheduler import Cluster, connect
from printstream.cluster.split import Block, split_piece
from printstream.cluster.survey import Survey, TableSurvey, look
from printstream.cluster.twice import find_duplicates
from printstream.numbering import number_pieces, number_trays
from printstream.order import WorkOrder, read_order
from printstream.outcomes import Outcomes, check_reject_limit
from printstream.plan import Plan
from printstream.produce import sampled_places, shared_resources

SCRATCH = "scratch"
_ADDRESSES = "addresses"
Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]
_FOLDERS = (
    SPOOLS,
    *(
        f"{SCRATCH}/{name}"
        for name in (
            "documents",
            "lines",
            "narrow",
            "sorted",
            "packed",
            RECORDS,
            MANIFEST,
            _ADDRESSES,
            HOUSEHOLDS,
        )
    ),
)


@frozen
class _Run:
    """A run at work: who does it, where it lies, who is told."""

    cluster: Cluster
    order: WorkOrder
    place: Place
    source: Place
    reporter: Reporter

    @property
    def scratch(self) -> Place:
        """Folder that is gone when the run is released."""
        return self.place / SCRATCH


def run(options: Options, reporter: Reporter) -> RunResult:
    """Plan, draw, verify and release a night's mail on a cluster."""
    began, started = time.perf_counter(), datetime.now(UTC)
    order = read_order(options.job)
    mailpapers.check_papers(order)
    rules.check_row_wise(order.job)
    if order.types:
        what = "the cluster runs jobs of one document type"
        raise JobError(what, where="job.types", next_step="Run it with --engine local")
    checks = order.job.address.checks
    if checks is not None and checks.returned is not None:
        what = "the cluster does not take addresses from a returned list"
        next_step = "Run it on one machine, or replace the addresses in the input"
        raise JobError(what, where="job.address.checks.returned", next_step=next_step)
    source = options.input_place
    run_id = options.run_id or new_run_id(started, str(options.job.resolve()), str(source))
    with (
        interrupts.held(),  # see pipeline.run
        _run_folder(options.out_place / order.job.name / run_id) as place,
        _papers_folder(run_id) as folder,
        connect(options.scheduler, run_id) as cluster,
        ThreadPoolExecutor(1) as executor,
    ):
        at_work = _Run(cluster, order, place, source, reporter)
        plan, laid, homes = _plan(at_work, options.limit)
        plan = number_pieces(plan, options.serials, run_id, write=True)
        first_serials = number_trays(plan, options.serials, run_id, write=True)
        for warning in plan.warnings:
            reporter.warn(warning)
        # Before a night is drawn: a value may not fit the machine's record.
        begun = paperwork.begin(folder, plan, first_serials, executor)
        with reporter.stage(8, "draw"):
            groups, drawn = _draw(at_work, plan, laid, homes, begun)
            produced = gathering.produced_of(plan, groups, drawn)
        with reporter.stage(9, "verify"):
            papers.check_money(plan, produced)
        archived = {}
        if order.job.archive is not None:
            with reporter.stage(10, "archive"):
                archived = _archive(at_work, plan, groups, begun.papers.result().manifest, folder)
        threads = cluster.threads

        def record() -> ticket.RunRecord:
            seconds = time.perf_counter() - began
            peak = peak_memory_bytes() + gathering.peak_of(drawn)
            stages = reporter.stages
            return papers.run_record(plan, produced, Path(run_id), started, stages, seconds, peak, threads)

        return release(place, at_work.scratch, folder, plan, produced, begun, archived, record, reporter)


# ---- rooms 1 to 6, by parts


def _plan(run: _Run, limit: int | None) -> tuple[Plan, list[Any], dealing.Homes]:
    """Plan the night; give also where its documents lie on the workers."""
    order, reporter, outcomes = run.order, run.reporter, Outcomes()
    with reporter.stage(1, "ingest"):
        with TemporaryDirectory(prefix="printstream-input-") as name:
            survey = look(order, run.source, limit, Path(name))
        briefing.leave(run.scratch, briefing.BRIEFING, survey.briefing)
        parts = _read_parts(run, survey)
        facts = run.cluster.results(
            (run.cluster.send(part.facts_of, read) for read in parts),
            lambda done, total: reporter.advance(done, total, "parts"),
        )
        documents_in = sum(fact.rows for fact in facts)
        gathering.add_outcomes(outcomes, [fact.outcomes for fact in facts])
        preflight = gathering.add_findings(order.job, facts)
        check_reject_limit(order.job, documents_in, outcomes)
        reporter.advance(documents_in, documents_in, "documents")
    with reporter.stage(3, "layout"):
        characters = gathering.merge_characters([fact.characters for fact in facts])
        typeset = _compile(order, survey, facts[0].head, characters)
        briefing.leave(run.scratch, briefing.CHARACTERS, characters)
        laid = _lay_out(run, parts, outcomes)
        check_reject_limit(order.job, documents_in, outcomes)
        households = gathering.number_households(order.job, run.scratch / HOUSEHOLDS, len(laid))
        documents, homes = gathering.read_narrow(run.scratch / "narrow", len(laid), households)
    size = order.template.width, order.template.height
    arranged = arrange(documents, order.job, order.job_dir, size, reporter)
    documents, presorted = arranged.documents, arranged.presorted
    plan = Plan(
        order, documents, arranged.imposed, typeset[0], typeset[1], _pages(documents), presorted, documents_in,
        sum(fact.cents for fact in facts), outcomes, presorted.warnings, arranged.enclosed,
        None if preflight is None else preflight.with_pieces(arranged.pieces, order.job), arranged.pieces,
    )  # fmt: skip
    # Faults of the template's art are found before anything is drawn.
    shared_resources(plan)
    return plan, laid, homes


def _read_parts(run: _Run, survey: Survey) -> list[Any]:
    """Deal the input's rows out by key, then read each part."""
    parts = survey.parts(run.cluster.threads)
    documents = _split(run, survey.documents, "documents", parts)
    lines = [()] * parts if survey.lines is None else _split(run, survey.lines, "lines", parts)
    opened = [run.cluster.send(part.open_part, run.scratch, blocks) for blocks in documents]
    again: Sequence[Place | None] = [None] * parts
    if run.order.job.address.checks is not None:
        again = find_duplicates(
            *(run.cluster, run.scratch, run.scratch / _ADDRESSES, opened),
            lambda done, total: run.reporter.advance(done, total, "parts of the addresses"),
        )
    sent = zip(opened, lines, again, strict=True)
    return [
        run.cluster.send(part.read_part, run.scratch, *words, run.scratch / HOUSEHOLDS / str(number))
        for number, words in enumerate(sent)
    ]


def _split(run: _Run, table: TableSurvey, name: str, parts: int) -> Sequence[tuple[Block, ...]]:
    files = [f"{name}/{number:06d}" for number in range(len(table.pieces))]
    offsets = run.cluster.results(
        (
            run.cluster.send(
                split_piece, run.source, piece, table.columns, table.key, parts, run.scratch / file
            )
            for piece, file in zip(table.pieces, files, strict=True)
        ),
        lambda done, total: run.reporter.advance(done, total, f"pieces of {name}"),
    )
    return dealing.blocks_by_share(files, offsets)


def _compile(
    order: WorkOrder, survey: Survey, head: bytes, characters: dict[str, set[int]]
) -> tuple[layout.Typeset, Any]:
    """Compile the template over no documents: its faults are found, its fonts and forms are known."""
    details = order.job.input.details
    group = None if details is None else details.group
    documents, lines, arrays = unpack_blocks([head], group, has_lines=details is not None)
    types = survey.briefing.source.lines
    with ThreadPoolExecutor(1) as executor:
        typeset = layout.typeset(
            order.template,
            order.wanted,
            order.marks,
            documents,
            lines,
            types,
            executor,
            characters=characters,
            fonts=order.fonts,
        )
    return typeset, arrays


def _lay_out(run: _Run, parts: list[Any], outcomes: Outcomes) -> list[Any]:
    """Lay out every part; empties ``parts``, whose memory the workers may then use for what comes of them."""
    cluster, narrow = run.cluster, run.scratch / "narrow"
    laid = [
        cluster.send(part.lay_out, run.scratch, read, narrow / str(number))
        for number, read in enumerate(parts)
    ]
    parts.clear()
    left = cluster.results(
        (cluster.send(part.outcomes_of, done) for done in laid),
        lambda done, total: run.reporter.advance(done, total, "parts"),
    )
    gathering.add_outcomes(outcomes, left)
    return laid


def _pages(documents: pl.DataFrame) -> PageArrays:
    """The breaks as far as the client knows them: how many pages each document has."""
    counts = documents[c.PAGES.name].to_numpy().astype(np.int64)
    first_page = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return PageArrays(first_page, np.zeros(0, np.int32), np.zeros(0, np.int64))


# ---- rooms 8 and 9, by groups of spools


def _draw(
    run: _Run, plan: Plan, laid: list[Any], homes: dealing.Homes, begun: paperwork.Begun
) -> tuple[list[Group], list[Drawn]]:
    """Deal documents out by spool, and have the spools drawn; empties ``laid``."""
    cluster, scratch = run.cluster, run.scratch
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
    codes = spool.train(_samples(run, plan, plan.imposed.spools, groups, briefing.PRESS))
    briefing.leave(scratch, briefing.PRESS, briefing.Press(plan.order, codes))

    def advance(done: int, total: int) -> None:
        begun.check()
        run.reporter.advance(done, total, "groups of spools")

    drawing = (cluster.send(draw_group, scratch, run.place, group) for group in groups)
    drawn: list[Drawn] = cluster.results(drawing, advance)
    return groups, drawn


def _archive(
    run: _Run, plan: Plan, groups: Sequence[Group], manifest: pl.DataFrame, folder: Path
) -> dict[str, Seal]:
    """Have the archive's files drawn, and write its tables; give the seals of the files, under their final names."""
    cluster, scratch = run.cluster, run.scratch
    imposed = archive.archived(plan, plan.page_counts).imposed
    (run.place / archive.FOLDER).make_folder()
    own = (manifest[group.first_enclosure : group.last_enclosure] for group in groups)
    dealing.write_rows(own, groups, scratch / MANIFEST)
    codes = spool.train(_samples(run, plan, imposed.spools, groups, briefing.ARCHIVE_PRESS))
    briefing.leave(scratch, briefing.ARCHIVE_PRESS, briefing.Press(plan.order, codes))
    drawn: list[Drawn] = cluster.results(
        (cluster.send(draw_archive, scratch, run.place, group, manifest.height) for group in groups),
        lambda done, total: run.reporter.advance(done, total, "groups of the archive"),
    )
    made = gathering.produced_of(plan, groups, drawn)
    papers.check_money(plan, made)
    (folder / archive.FOLDER).mkdir()
    archive.write_tables(folder, plan.order.job, manifest, imposed.first_side, made.spools)
    return archive.file_seals(made.spools)


def _samples(
    run: _Run, plan: Plan, spools: pl.DataFrame, groups: Sequence[Group], name: str
) -> Iterator[Sample]:
    """The sides from which one machine makes its codes, drawn where their groups' blocks are read."""
    starts = np.cumsum([0, *(group.imposed.spools.height for group in groups)])
    places: dict[int, list[tuple[int, int]]] = {}
    for row, side in sampled_places(spools):
        number = int(np.searchsorted(starts, row, side="right")) - 1
        places.setdefault(number, []).append((row - int(starts[number]), side))
    made = run.cluster.results(
        run.cluster.send(sample_group, run.scratch, plan.order, groups[number], own, name)
        for number, own in places.items()
    )
    return (sample for samples in made for sample in samples)


@contextmanager
def _run_folder(place: Place) -> Iterator[Place]:
    """Make the run's folder, which must be new; when the run fails it goes again.

    Raises:
        UsageError: when it is there already.
    """
    if not place.make_folder(new=True):
        msg = f"there is a run {place.name!r} already"
        raise UsageError(msg, where=str(place), next_step="Choose another --run-id, or take that run away")
    try:
        for name in _FOLDERS:
            (place / name).make_folder()
        yield place
    except BaseException:
        # run.json, written last, is the release.
        if not (place / ticket.RUN_FILE).exists():
            place.remove_folder()
        raise


@contextmanager
def _papers_folder(name: str) -> Iterator[Path]:
    """A folder of this machine for the run's papers, of the run's name; it goes again."""
    with TemporaryDirectory(prefix="printstream-papers-") as above:
        folder = Path(above) / name
        folder.mkdir()
        yield folder
