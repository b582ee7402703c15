"""Which documents may share an envelope, in which order, and which inserts they ask for.

In: documents with the derived columns, the job. Out: HOUSEHOLD, HOUSEHOLD_ORDER, ADDRESSEE, INSERTS_WANTED. Never: counts
sheets or weighs, so it does not decide which documents do share an envelope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from printstream.base.columns import (
    ADDRESSEE,
    CITY,
    DELIVERY_POINT,
    DOCUMENT_TYPE,
    HOUSEHOLD,
    HOUSEHOLD_ORDER,
    INSERTS_WANTED,
    MATCH,
    PLUS4,
    POSTAL_CODE,
    STATE,
    Column,
)
from printstream.base.errors import JobError
from printstream.job import Job
from printstream.rules.apply import PROVIDED, check_names, evaluate, parse

_ROW = "row of the document"
_PLACE = (CITY.name, STATE.name, POSTAL_CODE.name, PLUS4.name, DELIVERY_POINT.name)


def enclosing_columns(job: Job) -> set[str]:
    """Give the input columns that household rules and inserts read, so that ingest fetches them.

    Raises:
        JobError: when an expression is wrong.
    """
    names: set[str] = set(job.address.lines) if job.household is not None or job.types else set()
    for _where, expression in enclosing_expressions(job):
        names |= set(expression.meta.root_names())
    return names - set(job.rules.derive) - PROVIDED


def check_enclosing(job: Job, known: Iterable[str]) -> None:
    """Check that every column that household rules and inserts read exists.

    Raises:
        JobError: naming the expression, the column and the nearest known one.
    """
    columns = [*known, *job.rules.derive, *sorted(PROVIDED)]
    for where, expression in enclosing_expressions(job):
        check_names(expression.meta.root_names(), columns, where)


def enclosing_results(job: Job) -> tuple[Column, ...]:
    """The columns that ``enclose`` adds for a job, and ``match_types`` where it has several types."""
    typed = (DOCUMENT_TYPE, MATCH, ADDRESSEE) if job.types else ()
    shared = (HOUSEHOLD, ADDRESSEE, HOUSEHOLD_ORDER) if job.household is not None else ()
    wanted = (INSERTS_WANTED,) if job.inserts else ()
    return tuple(dict.fromkeys((*typed, *shared, *wanted)))


def enclose(documents: pl.DataFrame, job: Job) -> pl.DataFrame:
    """Add what the piece room needs to fill envelopes; nothing where the job has neither household nor inserts.

    Raises:
        JobError: when an expression does not fit the columns.
    """
    if job.household is not None:
        documents = documents.with_columns(number_households(household_facts(documents, job), job))
    if job.inserts:
        documents = documents.with_columns(_wishes(documents, job))
    return documents


def enclosing_expressions(job: Job) -> Iterator[tuple[str, pl.Expr]]:
    """Setting and expression of every rule about envelopes."""
    settings = job.household
    if settings is not None:
        for what, texts in (("same", settings.same), ("order", settings.order)):
            for k, text in enumerate(texts):
                where = f"household.{what}.{k}"
                yield where, parse(text, where)
        if settings.apart is not None:
            yield "household.apart", parse(settings.apart, "household.apart")
    for k, insert in enumerate(job.inserts):
        yield f"inserts.{k}.when", parse(insert.when, f"inserts.{k}.when")


def household_facts(documents: pl.DataFrame, job: Job) -> pl.DataFrame:
    """What households are numbered by, a row a document: each judged by itself.

    Returns:
        the values that must be the same, those by which they are ordered, whether it stays alone, its addressee.
    """
    settings = job.household
    assert settings is not None
    keys = [_evaluated(documents, f"household.same.{k}", text) for k, text in enumerate(settings.same)]
    order = [_evaluated(documents, f"household.order.{k}", text) for k, text in enumerate(settings.order)]
    alone = np.zeros(documents.height, np.bool_)
    for key in keys:
        alone |= key.is_null().to_numpy()
        if key.dtype in (pl.String, pl.Categorical, pl.Enum):
            alone |= (key.cast(pl.String).str.strip_chars() == "").fill_null(value=True).to_numpy()
    if settings.apart is not None:
        apart = _truths(documents, "household.apart", settings.apart)
        alone |= apart.fill_null(value=True).to_numpy()
    return pl.DataFrame([
        *(key.alias(f"{_SAME}{k}") for k, key in enumerate(keys)),
        *(key.alias(f"{_ORDER}{k}") for k, key in enumerate(order)),
        *(text.alias(f"{_READ}{k}") for k, text in enumerate(_as_read(documents, job))),
        pl.Series(_ALONE, alone),
    ])  # fmt: skip


def number_households(facts: pl.DataFrame, job: Job) -> list[pl.Series]:
    """Number the households by their first document, the addressees likewise, and all documents by their order."""
    settings = job.household
    assert settings is not None
    addressee = same_numbers(_starting(facts, _READ))
    keys = _starting(facts, _SAME)
    if not keys or settings.different_addressees == "part":
        keys.append(addressee)
    household = same_numbers(keys).set(facts[_ALONE], None)
    return [
        household.alias(HOUSEHOLD.name),
        addressee.alias(ADDRESSEE.name),
        _order(_starting(facts, _ORDER), facts.height).alias(HOUSEHOLD_ORDER.name),
    ]


_SAME, _ORDER, _READ, _ALONE = "same ", "order ", "as read ", "alone"


def _starting(facts: pl.DataFrame, word: str) -> list[pl.Series]:
    return [facts[name] for name in facts.columns if name.startswith(word)]


def addressees(documents: pl.DataFrame, job: Job) -> pl.Series:
    """Number the addressees: the same recipient, address lines and place, as a person reads them."""
    return same_numbers(_as_read(documents, job))


def _as_read(documents: pl.DataFrame, job: Job) -> list[pl.Series]:
    return [_plain(documents[name]) for name in dict.fromkeys((*job.address.lines, *_PLACE))]


def _plain(texts: pl.Series) -> pl.Series:
    """Capitals, single blanks: the same for a person who reads an envelope."""
    return (
        texts.cast(pl.String).fill_null("").str.to_uppercase().str.replace_all(r"\s+", " ").str.strip_chars()
    )


def same_numbers(keys: list[pl.Series]) -> pl.Series:
    """Give rows the same number, that of the first of them, where all keys are equal."""
    frame = pl.DataFrame([key.alias(str(k)) for k, key in enumerate(keys)]).with_row_index(_ROW)
    names = [name for name in frame.columns if name != _ROW]
    return frame.select(pl.col(_ROW).first().over(names))[_ROW].cast(pl.UInt32)


def _order(keys: list[pl.Series], documents: int) -> pl.Series:
    own = pl.int_range(documents, dtype=pl.UInt32, eager=True).alias(_ROW)
    frame = pl.DataFrame([*(key.alias(str(k)) for k, key in enumerate(keys)), own])
    rows = frame.sort(frame.columns, nulls_last=True)[_ROW].to_numpy()
    place = np.empty(rows.size, np.uint32)
    place[rows] = np.arange(rows.size, dtype=np.uint32)
    return pl.Series(place)


def _wishes(documents: pl.DataFrame, job: Job) -> pl.Series:
    wanted = np.zeros(documents.height, np.uint32)
    for k, insert in enumerate(job.inserts):
        true = _truths(documents, f"inserts.{k}.when", insert.when).fill_null(value=False).to_numpy()
        wanted |= true.astype(np.uint32) << np.uint32(k)
    return pl.Series(INSERTS_WANTED.name, wanted)


def _evaluated(documents: pl.DataFrame, where: str, text: str) -> pl.Series:
    found = evaluate(documents, parse(text, where), where)
    if isinstance(found.dtype, pl.List | pl.Array | pl.Struct):
        what = "the expression gives no single value"
        raise JobError(
            what, where=where, next_step="Write an expression that gives a text, a number or a date."
        )
    return found


def _truths(documents: pl.DataFrame, where: str, text: str) -> pl.Series:
    found = evaluate(documents, parse(text, where), where)
    if found.dtype != pl.Boolean:
        what = "the expression is neither true nor false"
        raise JobError(what, where=where, next_step="Write a comparison, such as segment = 'BUILDING'.")
    return found
