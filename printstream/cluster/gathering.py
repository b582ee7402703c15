"""What parts and groups say of themselves, brought into the order of one machine.

In: facts of parts, narrow tables, what groups have drawn. Out: outcomes, documents, production, as a run on one machine
has them. Never: sees a detail line.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import polars as pl

from printstream import address, rules
from printstream.base import columns as c
from printstream.base.places import Place
from printstream.cluster.dealing import Homes
from printstream.cluster.group import Drawn, Group
from printstream.cluster.part import GROUP, PLACE, PartFacts
from printstream.job import Job
from printstream.outcomes import Outcomes
from printstream.plan import Plan
from printstream.produce import Produced

_READS_AT_ONCE = 16


def add_outcomes(outcomes: Outcomes, others: Sequence[Outcomes]) -> None:
    """Add what left in the parts; the rejects table is again in the order of one machine."""
    for other in others:
        for name, count in other.documents.items():
            outcomes.documents[name] += count
            outcomes.cents[name] += other.cents[name]
        outcomes.rejected_lines += other.rejected_lines
    frames = [frame for other in others for frame in other.rejects if frame.height]
    if frames or not outcomes.rejects:
        rejects = pl.concat(frames) if frames else others[0].rejects[0].clear()
        rejects = rejects.sort(GROUP, PLACE, maintain_order=True)
        outcomes.rejects.append(rejects.drop(GROUP, PLACE))


def add_findings(job: Job, facts: Sequence[PartFacts]) -> address.Preflight | None:
    """What was found in all parts' addresses, in the order of one machine; None where nothing is judged."""
    tables = [fact.findings for fact in facts if fact.findings is not None]
    if not tables:
        return None
    table = pl.concat(tables).sort(PLACE).drop(PLACE)
    return address.preflight_from(table, sum(fact.judged for fact in facts), job)


def merge_characters(parts: Sequence[dict[str, set[int]]]) -> dict[str, set[int]]:
    """Add the characters of all parts up, by column."""
    names = sorted({name for part in parts for name in part})
    return {name: set().union(*(part.get(name, set()) for part in parts)) for name in names}


def number_households(job: Job, folder: Place, parts: int) -> pl.DataFrame | None:
    """Number the households over all parts, by PLACE; None where the job has none."""
    if job.household is None:
        return None
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        read = pool.map(lambda number: pl.read_parquet(BytesIO((folder / str(number)).read())), range(parts))
        facts = pl.concat(read, how="vertical_relaxed").sort(PLACE)
    return pl.DataFrame([facts[PLACE], *rules.number_households(facts.drop(PLACE), job)])


def read_narrow(folder: Place, parts: int, also: pl.DataFrame | None) -> tuple[pl.DataFrame, Homes]:
    """Read the parts' narrow tables; give the documents in input order, and where each of them lies.

    ``also`` has further columns, by PLACE.
    """

    def read(number: int) -> pl.DataFrame:
        frame = pl.read_parquet(BytesIO((folder / str(number)).read()))
        return frame.with_columns(
            pl.lit(number, pl.Int32).alias(_PART), pl.int_range(pl.len(), dtype=pl.Int32).alias(_ROW)
        )

    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        documents = pl.concat(pool.map(read, range(parts))).sort(PLACE)
    if also is not None:
        documents = documents.join(also, on=PLACE, how="left", maintain_order="left")
    homes = Homes(documents[_PART].cast(pl.Int64).to_numpy(), documents[_ROW].cast(pl.Int64).to_numpy())
    numbers = pl.int_range(pl.len(), dtype=pl.UInt32).alias(c.DOCUMENT.name)
    return documents.drop(PLACE, _PART, _ROW).with_columns(numbers), homes


_PART, _ROW = "part of the night", "row of the part"


def produced_of(plan: Plan, groups: Sequence[Group], drawn: Sequence[Drawn]) -> Produced:
    """Put together what the groups have drawn."""
    printed = np.full(plan.documents.height, np.iinfo(np.int64).min, np.int64)
    document = plan.imposed.sheets.enclosure_document
    for group, done in zip(groups, drawn, strict=True):
        printed[document[group.first_enclosure : group.last_enclosure]] = done.printed_cents
    spools = tuple(spool for done in drawn for spool in done.spools)
    warnings = dict.fromkeys(warning for done in drawn for warning in done.warnings)
    return Produced(spools, printed, tuple(warnings))


def peak_of(drawn: Sequence[Drawn]) -> int:
    """Largest memory of all workers' processes together: the sum of each one's own peak."""
    peaks: dict[str, int] = {}
    for done in drawn:
        peaks[done.worker] = max(peaks.get(done.worker, 0), done.worker_bytes)
    return sum(peaks.values())
