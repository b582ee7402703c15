"""Rooms 1 to 6 by parts: what workers read and lay out, what the client decides.

In: a night whose run folder is there. Out: its plan; the laid out parts on the workers. Never: sends rows through the
client, but for the narrow columns of the sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from printstream import layout
from printstream.arrange import arrange
from printstream.base import columns as c
from printstream.base.places import Place
from printstream.base.program import PageArrays
from printstream.cluster import briefing, dealing, gathering, part
from printstream.cluster.blocks import unpack_blocks
from printstream.cluster.night import Night
from printstream.cluster.part import HOUSEHOLDS
from printstream.cluster.split import Block, split_piece
from printstream.cluster.survey import Survey, TableSurvey, look
from printstream.cluster.twice import find_duplicates
from printstream.order import WorkOrder
from printstream.outcomes import Outcomes, check_reject_limit
from printstream.plan import Plan, nothing_printed
from printstream.produce import shared_resources

ADDRESSES = "addresses"


def plan_night(night: Night, limit: int | None) -> tuple[Plan, list[Any], dealing.Homes]:
    """Plan the night: rooms 1 to 6; give also the parts that are laid out, and where the plan's documents lie in them."""
    order, reporter, outcomes = night.order, night.reporter, Outcomes()
    with reporter.stage(1, "ingest"):
        with TemporaryDirectory(prefix="printstream-input-") as name:
            survey = look(order, night.source, limit, Path(name))
        briefing.leave(night.scratch, briefing.BRIEFING, survey.briefing)
        parts = _read_parts(night, survey)
        facts = night.cluster.results(
            (night.cluster.send(part.facts_of, read) for read in parts),
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
        briefing.leave(night.scratch, briefing.CHARACTERS, characters)
        laid = _lay_out(night, parts, outcomes)
        check_reject_limit(order.job, documents_in, outcomes)
        households = gathering.number_households(order.job, night.scratch / HOUSEHOLDS, len(laid))
        documents, homes = gathering.read_narrow(night.scratch / "narrow", len(laid), households)
    size = order.template.width, order.template.height
    arranged = arrange(documents, order.job, order.job_dir, size, reporter)
    documents, presorted = arranged.documents, arranged.presorted
    plan = Plan(
        order, documents, arranged.imposed, typeset[0], typeset[1], _pages(documents), presorted, documents_in,
        sum(fact.cents for fact in facts), outcomes,
        (*nothing_printed(documents.height, outcomes), *presorted.warnings), arranged.enclosed,
        None if preflight is None else preflight.with_pieces(arranged.pieces, order.job), arranged.pieces,
    )  # fmt: skip
    # Faults of the template's art are found before anything is drawn.
    shared_resources(plan)
    return plan, laid, homes


def _read_parts(night: Night, survey: Survey) -> list[Any]:
    """Deal the input's rows out by key, then read each part."""
    parts = survey.parts(night.cluster.threads)
    documents = _split(night, survey.documents, "documents", parts)
    lines = [()] * parts if survey.lines is None else _split(night, survey.lines, "lines", parts)
    opened = [night.cluster.send(part.open_part, night.scratch, blocks) for blocks in documents]
    again: Sequence[Place | None] = [None] * parts
    if night.order.job.address.checks is not None:
        again = find_duplicates(
            *(night.cluster, night.scratch, night.scratch / ADDRESSES, opened),
            lambda done, total: night.reporter.advance(done, total, "parts of the addresses"),
        )
    sent = zip(opened, lines, again, strict=True)
    return [
        night.cluster.send(part.read_part, night.scratch, *words, night.scratch / HOUSEHOLDS / str(number))
        for number, words in enumerate(sent)
    ]


def _split(night: Night, table: TableSurvey, name: str, parts: int) -> Sequence[tuple[Block, ...]]:
    files = [f"{name}/{number:06d}" for number in range(len(table.pieces))]
    offsets = night.cluster.results(
        (
            night.cluster.send(
                split_piece, night.source, piece, table.columns, table.key, parts, night.scratch / file
            )
            for piece, file in zip(table.pieces, files, strict=True)
        ),
        lambda done, total: night.reporter.advance(done, total, f"pieces of {name}"),
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


def _lay_out(night: Night, parts: list[Any], outcomes: Outcomes) -> list[Any]:
    """Lay out every part; empties ``parts``, whose memory the workers may then use for what comes of them."""
    cluster, narrow = night.cluster, night.scratch / "narrow"
    laid = [
        cluster.send(part.lay_out, night.scratch, read, narrow / str(number))
        for number, read in enumerate(parts)
    ]
    parts.clear()
    left = cluster.results(
        (cluster.send(part.outcomes_of, done) for done in laid),
        lambda done, total: night.reporter.advance(done, total, "parts"),
    )
    gathering.add_outcomes(outcomes, left)
    return laid


def _pages(documents: pl.DataFrame) -> PageArrays:
    """The breaks as far as the client knows them: how many pages each document has."""
    counts = documents[c.PAGES.name].to_numpy().astype(np.int64)
    first_page = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return PageArrays(first_page, np.zeros(0, np.int32), np.zeros(0, np.int64))
