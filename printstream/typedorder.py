"""The work order of a job with several document types: a template each, and what each table must have.

In: the job, its folder, the input's footers. Out: orders, sources, in the order of the types. Never: reads data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from printstream import ingest, layout, marks, rules
from printstream.arrange import spool_columns
from printstream.base import columns as c
from printstream.base.errors import JobError
from printstream.inputs import DocumentType
from printstream.job import AddressSettings, Job
from printstream.order import Source, WorkOrder, check_source, order_of

_PLACES = (c.POSTAL_CODE, c.PLUS4, c.DELIVERY_POINT, c.CITY, c.STATE)
_NO_ADDRESS = AddressSettings.model_construct(**dict.fromkeys(AddressSettings.model_fields) | {"lines": ()})
"""Address settings of a table that has none."""


def order_of_types(job: Job, job_dir: Path) -> WorkOrder:
    """Load and check the templates of all types.

    Raises:
        JobError: with the type and the place.
    """
    leading = _leading(job)
    orders = tuple(_order(settings, job, job_dir, leads=settings in leading) for settings in job.types)
    first = orders[0]
    fonts = {name: data for order in orders for name, data in order.fonts.items()}
    return WorkOrder(job, job_dir, first.template, first.marks, first.wanted, first.codes, orders, fonts)


def _leading(job: Job) -> list[DocumentType]:
    """The types that may lie on top: those up to the first that no match lacks."""
    required = [k for k, settings in enumerate(job.types) if settings.missing != "allow"]
    return [*job.types[: min(required, default=len(job.types)) + 1]]


def _order(settings: DocumentType, job: Job, job_dir: Path, *, leads: bool) -> WorkOrder:
    """The order of a type; its faults name it."""
    with _faults_of(settings):
        order = order_of(_alone(job, settings), job_dir, leads=leads)
    if leads and order.address_place is None:
        what = f"documents of type {settings.name} may lie on top, and its template has no address block"
        next_step = "Add a block of kind address to its first page, or let a type before it be required"
        raise JobError(what, where=settings.template, next_step=next_step)
    return order


@contextmanager
def _faults_of(settings: DocumentType) -> Iterator[None]:
    """Let the faults of a job name the type as well."""
    try:
        yield
    except JobError as error:
        where = f"type {settings.name}, {error.where}"
        raise JobError(error.what, where=where, next_step=error.next_step) from error


def _alone(job: Job, settings: DocumentType) -> Job:
    """A type as a job of its own."""
    own = settings.documents is not None
    tables = {
        "documents": settings.documents or job.input.documents,
        "details": settings.details if own else job.input.details,
    }
    return job.model_copy(
        update={
            "input": job.input.model_copy(update=tables),
            "template": settings.template,
            "rules": settings.rules or job.rules,
            "spool": job.spool.model_copy(update={"each": ()}),
            "household": None,
            "inserts": (),
            "types": (),
        }
    )


def address_columns(job: Job) -> set[str]:
    """Columns of the input that hold addresses, and what ingest makes of them."""
    own = job.address
    places = (own.street, own.city, own.state, own.zip5, own.plus4, own.delivery_point, own.postal_code)
    return {*own.lines, *(name for name in places if name is not None), *(column.name for column in _PLACES)}


def shared_columns(job: Job) -> set[str]:
    """Columns that rooms after layout read of whatever type has them."""
    named = rules.enclosing_columns(job) | set(spool_columns(job)) | marks.postal_columns(job)
    return named - {column.name for column in _PLACES}


def check_sources(order: WorkOrder, input_dir: ingest.Input) -> list[Source]:
    """Check that the input has what the types name, from the files' footers only; in their order.

    Raises:
        JobError: when a template or a rule names a field that does not exist.
        InputError: when a column is missing or of the wrong type.
    """
    job, found = order.job, dict[str, Source]()
    # Who gives an address comes before those who take it.
    pairs = sorted(zip(job.types, order.types, strict=True), key=lambda pair: pair[0].address_of is not None)
    for settings, own in pairs:
        brought = None
        if settings.address_of is not None:
            given = found[settings.address_of].documents
            columns = ingest.available_columns(own.job, input_dir)[0]
            brought = {n: given[n] for n in brought_columns(job, given, columns)}
        for_ingest = replace(own, job=reading(own.job, settings))
        match = settings.match or own.job.input.documents.key
        ingest.check_input(for_ingest.job, input_dir, {match}, ())
        with _faults_of(settings):
            found[settings.name] = check_source(for_ingest, input_dir, brought, {match, *shared_columns(job)})
    _check_shared(order, found)
    return [found[settings.name] for settings in job.types]


def _check_shared(order: WorkOrder, found: Mapping[str, Source]) -> None:
    """Check the columns that tell pieces apart: all types that may lie on top have them; inserts look at any document.

    Raises:
        JobError: naming the setting and the column.
    """
    job = order.job
    derived = {own.name: set(of.job.rules.derive) for own, of in zip(job.types, order.types, strict=True)}
    known = {name: {*source.documents, *derived[name]} for name, source in found.items()}
    rules.check_enclosing(job.model_copy(update={"household": None}), set().union(*known.values()))
    for settings in _leading(job):
        own = known[settings.name]
        with _faults_of(settings):
            rules.check_enclosing(job.model_copy(update={"inserts": ()}), own)
            for name in spool_columns(job):
                if name not in own:
                    what = f"documents of this type may lie on top, and have no column {name!r}"
                    next_step = layout.nearest(name, sorted(own))
                    raise JobError(what, where="spool.each", next_step=next_step)


def reading(job: Job, settings: DocumentType) -> Job:
    """A type's job for ingest: without address columns where its table has none."""
    return job if settings.address_of is None else job.model_copy(update={"address": _NO_ADDRESS})


def brought_columns(job: Job, given: Collection[str], own: Collection[str]) -> list[str]:
    """Columns that a type takes from the one that gives it its address."""
    return sorted((address_columns(job) | (shared_columns(job) - set(own))) & set(given))
