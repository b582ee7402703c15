"""Addresses out to a service such as CASS, and back: joined by key, never by place in the list.

In: documents, a returned list. Out: the list to send; documents with replaced addresses. Never: reaches the network.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from printstream.address.judge import UNDELIVERABLE
from printstream.addressing import ReturnedList
from printstream.base import columns as c
from printstream.base.errors import InputError, JobError
from printstream.job import Job

_KEY, _ROW = "key of the list", "row of the list"


def address_list(documents: pl.DataFrame, job: Job) -> pl.DataFrame:
    """The list to send: key and address columns, under the input's names."""
    address, checks = job.address, job.address.checks
    country = checks.country if checks is not None else None
    names = dict.fromkeys(
        name for name in (*address.lines, address.street, *_place_columns(job), country) if name is not None
    )
    key = job.input.documents.key
    return documents.select(
        pl.col(c.DOCUMENT_ID.name).alias(key),
        *(pl.col(n).cast(pl.String).fill_null("") for n in names if n != key),
    )


def replace_addresses(
    documents: pl.DataFrame, job: Job, input_dir: Path, rejected: pl.Series, *, limited: bool
) -> pl.DataFrame:
    """Put the returned list's addresses in place of the documents' own.

    A value that is not empty replaces; add-on and delivery point are the list's, empty or not, because they go with
    its street. Columns that the list lacks stay.

    Args:
        documents: the accepted documents.
        job: the job; it names a returned list.
        input_dir: folder that the list is relative to.
        rejected: keys of rejected documents, which the list may hold too.
        limited: whether only the first documents were read, so that the list may hold more.

    Returns:
        the documents in their order, and UNDELIVERABLE where the list has a status.

    Raises:
        InputError: when the list is missing, damaged or lacks a column; or a key is missing, doubled or unknown.
    """
    checks = job.address.checks
    assert checks is not None
    settings = checks.returned
    assert settings is not None
    listed = _read(input_dir / settings.file, settings, job)
    _check_keys(listed, documents, rejected, settings.file, limited=limited)
    joined = documents.select(c.DOCUMENT_ID.name).join(
        listed, left_on=c.DOCUMENT_ID.name, right_on=_KEY, how="left", maintain_order="left"
    )
    return documents.with_columns(_replacements(joined, documents, settings, job))


def _place_columns(job: Job) -> tuple[str | None, ...]:
    address = job.address
    return address.city, address.state, _code_column(job), address.plus4, address.delivery_point


def _code_column(job: Job) -> str | None:
    return job.address.zip5 or job.address.postal_code


def _replacements(
    joined: pl.DataFrame, documents: pl.DataFrame, settings: ReturnedList, job: Job
) -> list[pl.Series]:
    """Every replaced column under the input's name, and again under the plan's own where it has one."""
    address = job.address
    own = {
        address.city: c.CITY.name,
        address.state: c.STATE.name,
        _code_column(job): c.POSTAL_CODE.name,
        address.plus4: c.PLUS4.name,
        address.delivery_point: c.DELIVERY_POINT.name,
    }
    whole = {address.plus4, address.delivery_point}
    made = {}
    for name in (*address.lines, address.street, *_place_columns(job)):
        if name is None or name not in joined.columns:
            continue
        theirs = joined[name].fill_null("").str.strip_chars()
        ours = documents[name].cast(pl.String)
        if name not in whole:
            theirs = pl.select(pl.when(theirs != "").then(theirs).otherwise(ours)).to_series()
        made[name] = theirs.alias(name)
        if name in own:
            made[own[name]] = theirs.fill_null("").alias(own[name])
    if settings.status is not None:
        word = joined[settings.status].fill_null("").str.strip_chars()
        made[UNDELIVERABLE] = (~word.is_in(list(settings.deliverable))).alias(UNDELIVERABLE)
    return list(made.values())


def _read(path: Path, settings: ReturnedList, job: Job) -> pl.DataFrame:
    where, key = settings.file, job.input.documents.key
    try:
        if path.suffix.lower() == ".parquet":
            frame = pl.read_parquet(path)
        else:
            frame = pl.read_csv(path, infer_schema=False, encoding="utf8")
    except (OSError, pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        what = "the returned address list cannot be read"
        raise InputError(what, where=where, next_step="Deliver it as UTF-8 CSV or Parquet") from error
    needed = [key, *([settings.status] if settings.status is not None else [])]
    for name in needed:
        if name not in frame.columns:
            what = f"the returned address list has no column {name!r}"
            raise InputError(what, where=where, next_step=f"Name it as the list that was sent: {name}")
    if (
        not set(frame.columns) & {job.address.street, *job.address.lines, *_place_columns(job)}
        and not needed[1:]
    ):
        what = "the returned address list has neither an address column nor a status"
        raise JobError(what, where=where, next_step="Name its columns as those of the list that was sent")
    frame = frame.with_columns(pl.all().cast(pl.String)).rename({key: _KEY}).with_row_index(_ROW, 1)
    texts = [name for name in frame.columns if name != _ROW]
    dirty = (
        frame.select(pl.any_horizontal(pl.col(texts).str.contains(r"\p{Cc}")))
        .to_series()
        .fill_null(value=False)
    )
    if dirty.any():
        what = f"{int(dirty.sum()):,} rows of the returned address list hold control characters"
        first = int(frame[_ROW].filter(dirty)[0])
        raise InputError(what, where=f"{where}, row {first}", next_step="Have the list made again")
    return frame


def _check_keys(
    listed: pl.DataFrame, documents: pl.DataFrame, rejected: pl.Series, file: str, *, limited: bool
) -> None:
    """Every document must be in the list once, and nobody else."""
    keys = documents[c.DOCUMENT_ID.name]
    empty = listed[_KEY].fill_null("") == ""
    doubled = listed[_KEY].is_duplicated() & ~empty
    known = listed[_KEY].is_in(pl.concat([keys, rejected.cast(pl.String)]).implode())
    strange = pl.Series([False]).new_from_index(0, listed.height) if limited else ~known & ~empty
    for rows, what, next_step in (
        (empty, "have no key", "Have the service keep the key column"),
        (doubled, "have a key that is there more than once", "Have each document once in the list"),
        (strange, "have a key that no document has", "Name the list that belongs to this input"),
    ):
        if rows.any():
            first = int(listed[_ROW].filter(rows)[0])
            sentence = f"{int(rows.sum()):,} rows of the returned address list {what}"
            raise InputError(sentence, where=f"{file}, row {first}", next_step=next_step)
    missing = ~keys.is_in(listed[_KEY].implode())
    if missing.any():
        sentence = f"{int(missing.sum()):,} of {len(keys):,} documents are not in the returned address list"
        first_row = int(documents.filter(missing)[c.ROW.name][0])
        source = documents.filter(missing)[c.SOURCE.name][0]
        next_step = "Send the list again (printstream addresses export), or take address.checks.returned away"
        raise InputError(sentence, where=f"{file}; first: {source}, row {first_row}", next_step=next_step)
