"""Which documents cannot be printed, and why: the checks, in the order in which a reason is given.

One record is one reject: the first check that it fails names the reason, in this order: text that is no UTF-8
or holds control characters (columns in reading order), key, name, street, ZIP, ZIP+4, delivery point
or another post's postal code, amount, values wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from functools import partial

import polars as pl

from printstream.base.columns import DOCUMENT_ID, REASON, REJECT_COLUMN, ROW, SOURCE, VALUE
from printstream.base.frames import without
from printstream.base.frozen import frozen
from printstream.ingest import glances
from printstream.ingest.amounts import max_cents
from printstream.ingest.postcodes import CODE_FAULT
from printstream.ingest.rejects import as_rejects, no_rejects
from printstream.ingest.schema import CHART_VALUES, Form
from printstream.ingest.zips import is_known
from printstream.job import AddressSettings, Job
from printstream.kernels.ingest import UNREADABLE

FAULTY_TEXT = "a text is faulty"
DUPLICATE = "its key is a duplicate"
STRANGER = "it is of no type"
PLACE = "row of the table"
"""Helper columns of the frame that is judged; their spaces keep them apart from input columns."""
_FAILED = "failed check"
_HELPERS = (FAULTY_TEXT, DUPLICATE, STRANGER, PLACE, CODE_FAULT, _FAILED)
_UTMOST_YEAR = 9999


@frozen
class Check:
    """One reason to reject a document.

    Attributes:
        column: the column that is wrong.
        reason: the words, the same for all or by row.
        fails: the rows.
        value: what is shown.
        looked_at: column that tells at a glance, by ``passes``, that no row fails; None: only ``fails`` tells.
        passes: see above.
    """

    column: str
    reason: str | pl.Expr
    fails: pl.Expr
    value: pl.Expr
    looked_at: str | None = None
    passes: Callable[[pl.Series], bool] = field(default=lambda _: False)

    def is_needed(self, frame: pl.DataFrame) -> bool:
        """Whether a row may fail."""
        return self.looked_at is None or not self.passes(frame[self.looked_at])


def judge(
    frame: pl.DataFrame,
    job: Job,
    forms: Mapping[str, Form],
    wanted: Collection[str],
    text_faults: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Part the sound documents from the others.

    Args:
        frame: all documents, with FAULTY_TEXT, DUPLICATE and PLACE.
        job: the work order.
        forms: what each column holds.
        wanted: columns that must have a value.
        text_faults: PLACE, column, reason and value of every faulty text, the first of a row first.

    Returns:
        the sound ones, the others, and the rejects of the others.
    """
    checks = _last_checks.of(job, forms, wanted)
    failed = checks.first_failed(frame)
    if failed.null_count() == len(failed):
        sound = without(frame, _HELPERS)
        return sound, sound.clear(), no_rejects()
    judged = frame.hstack([failed])
    bad = judged.filter(pl.col(_FAILED).is_not_null())
    occurring = set(bad[_FAILED].unique())
    shown = [
        bad.filter(pl.col(_FAILED) == k).select(
            PLACE, SOURCE.name, ROW.name, DOCUMENT_ID.name,
            pl.lit(check.column).alias(REJECT_COLUMN.name),
            _reason(check).alias(REASON.name),
            check.value.cast(pl.String).alias(VALUE.name),
        )
        for k, check in enumerate(checks.all)
        if k in occurring
    ]  # fmt: skip
    first = text_faults.unique(PLACE, keep="first", maintain_order=True)
    texts = (
        bad.filter(FAULTY_TEXT).select(PLACE, SOURCE.name, ROW.name, DOCUMENT_ID.name).join(first, on=PLACE)
    )
    rows = [f.with_columns(pl.col(SOURCE.name).cast(pl.String)) for f in (*shown, texts) if len(f)]
    rejects = as_rejects(pl.concat(rows).sort(PLACE)) if rows else no_rejects()
    sound = judged.filter(pl.col(_FAILED).is_null())
    return without(sound, _HELPERS), without(bad, _HELPERS), rejects


class _Checks:
    """All checks of a job's documents."""

    def __init__(self, job: Job, forms: Mapping[str, Form], wanted: Collection[str]) -> None:
        self.all = list(_checks(job, forms, wanted))
        self._made_for = job, dict(forms), list(wanted)
        self._failed: dict[tuple[int, ...], pl.Expr] = {}

    def are_those_of(self, job: Job, forms: Mapping[str, Form], wanted: Collection[str]) -> bool:
        """Whether they were made for this."""
        known, known_forms, names = self._made_for
        return known is job and known_forms == forms and names == list(wanted)

    def first_failed(self, frame: pl.DataFrame) -> pl.Series:
        """Give the number of the first check that each document fails, that of a faulty text before all others."""
        needed = tuple(k for k, check in enumerate(self.all) if check.is_needed(frame))
        if not needed and glances.is_nowhere(frame[FAULTY_TEXT]):
            return pl.Series(_FAILED, [None], pl.Int32).new_from_index(0, frame.height)
        if needed not in self._failed:
            numbers = [(pl.col(FAULTY_TEXT), len(self.all)), *((self.all[k].fails, k) for k in needed)]
            first = pl.coalesce([pl.when(fails).then(pl.lit(k, pl.Int32)) for fails, k in numbers])
            self._failed = {needed: first.alias(_FAILED)}
        return frame.select(self._failed[needed]).to_series()


class _LastChecks:
    """The checks made last: a service makes the same ones for each document, and making them takes longer than checking."""

    def __init__(self) -> None:
        self._made: _Checks | None = None

    def of(self, job: Job, forms: Mapping[str, Form], wanted: Collection[str]) -> _Checks:
        """Give the checks of a job."""
        made = self._made
        if made is None or not made.are_those_of(job, forms, wanted):
            self._made = made = _Checks(job, forms, wanted)
        return made


_last_checks = _LastChecks()


def _reason(check: Check) -> pl.Expr:
    return pl.lit(check.reason) if isinstance(check.reason, str) else check.reason


def _checks(job: Job, forms: Mapping[str, Form], wanted: Collection[str]) -> Iterator[Check]:
    kind = job.input.documents.type
    if kind is not None:
        yield Check(kind, "no type of the job has this value", pl.col(STRANGER), pl.col(kind))
    name, nothing = job.input.documents.key, pl.lit(None, pl.String)
    key = pl.col(name)
    missing = key.is_null() | (key.cast(pl.String) == "")
    yield Check(name, "the key is missing", missing, key, name, glances.are_whole_numbers)
    unreadable = key.cast(pl.String) == str(UNREADABLE)
    yield Check(name, "the key is beyond 63 bits", unreadable, nothing, name, glances.are_whole_numbers)
    yield Check(
        name, "the key is there more than once", pl.col(DUPLICATE), key, DUPLICATE, glances.is_nowhere
    )
    yield from _address_checks(job)
    money = job.input.documents.money
    if money is not None:
        amount = pl.col(money)
        limit = max_cents(job)
        yield Check(money, "the amount is missing", amount.is_null(), amount, money, glances.are_present)
        absurd = (amount > limit) | (amount < -limit)
        shown = _unless_unreadable(amount)
        within = partial(glances.are_between, least=-limit, most=limit)
        yield Check(money, "the amount is absurd", absurd, shown, money, within)
    for name in sorted(wanted):
        yield from _value_checks(name, forms[name])


def _address_checks(job: Job) -> Iterator[Check]:
    address = job.address
    if address.checks is not None or not address.lines:
        return  # The address room judges; or the address comes from a document of another type.
    for name, words in (
        (address.lines[0], "the recipient's name is empty"),
        (address.street, "the street is empty"),
    ):
        text = pl.col(name)
        yield Check(name, words, text.fill_null("").str.strip_chars() == "", text, name, glances.are_inked)
    if address.postal_code is not None:
        fault = pl.col(CODE_FAULT)
        yield Check(address.postal_code, fault, fault.is_not_null(), pl.col(address.postal_code))
    if address.zip5 is not None:
        yield from _zip_checks(address, address.zip5)


def _zip_checks(address: AddressSettings, column: str) -> Iterator[Check]:
    zip5 = pl.col(column)
    five = partial(glances.are_digits, count=5)
    yield Check(column, "the ZIP is not five digits", ~_digits(zip5, 5), zip5, column, five)
    words = "the ZIP is not in the reference list"
    yield Check(column, words, ~is_known(zip5), zip5, column, glances.are_known_zips)
    for part, size, words in (
        (address.plus4, 4, "the ZIP+4 add-on is not four digits"),
        (address.delivery_point, 2, "the delivery point is not two digits"),
    ):
        if part is not None:
            text = pl.col(part)
            wrong = ~_digits(text, size) & (text.fill_null("") != "")
            passes = partial(glances.are_digits_if_any, count=size)
            yield Check(part, words, wrong, text, part, passes)


def _value_checks(name: str, form: Form) -> Iterator[Check]:
    if form is Form.TEXT:
        return
    value = pl.col(name)
    nothing = pl.lit(None, pl.String)
    yield Check(name, "the value is missing", value.is_null(), nothing, name, glances.are_present)
    if form is Form.DATE:
        absurd = ~value.dt.year().is_between(1, _UTMOST_YEAR)
        yield Check(name, "the date is absurd", absurd, nothing, name, glances.are_dates)
    elif form is Form.LIST:
        whole = (value.list.len() == CHART_VALUES) & (value.list.count_matches(None) == 0)
        words = f"the list does not hold {CHART_VALUES} whole numbers"
        yield Check(name, words, ~whole, nothing, name, glances.are_charts)
    elif form in (Form.WHOLE, Form.DECIMAL):
        yield Check(name, "the value is absurd", value == UNREADABLE, nothing, name, glances.are_readable)


def _digits(text: pl.Expr, count: int) -> pl.Expr:
    return text.fill_null("").str.contains(f"^[0-9]{{{count}}}$")


def _unless_unreadable(amount: pl.Expr) -> pl.Expr:
    return pl.when(amount != UNREADABLE).then(amount)
