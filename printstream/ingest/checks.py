"""Which documents cannot be printed, and why: the checks, in the order in which a reason is given.

One record is one reject: the first check that it fails names the reason, in this order: text that is no UTF-8
or holds control characters (columns in reading order), key, name, street, ZIP, ZIP+4, delivery point
or another post's postal code, amount, values wanted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from printstream.base.columns import DOCUMENT_ID, REASON, REJECT_COLUMN, ROW, SOURCE, VALUE
from printstream.base.frozen import frozen
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
_UTMOST_YEAR = 9999


@frozen
class Check:
    """One reason to reject a document: the column, the words (the same for all, or by row), the rows, the value shown."""

    column: str
    reason: str | pl.Expr
    fails: pl.Expr
    value: pl.Expr


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
    checks, failed = _last_checks.of(job, forms, wanted)
    judged = frame.with_columns(failed.alias(_FAILED))
    helpers = [
        name
        for name in (_FAILED, FAULTY_TEXT, DUPLICATE, STRANGER, PLACE, CODE_FAULT)
        if name in judged.columns
    ]
    if judged[_FAILED].null_count() == judged.height:
        sound = judged.drop(helpers)
        return sound, sound.clear(), no_rejects()
    bad = judged.filter(pl.col(_FAILED).is_not_null())
    occurring = set(bad[_FAILED].unique())
    shown = [
        bad.filter(pl.col(_FAILED) == k).select(
            PLACE, SOURCE.name, ROW.name, DOCUMENT_ID.name,
            pl.lit(check.column).alias(REJECT_COLUMN.name),
            _reason(check).alias(REASON.name),
            check.value.cast(pl.String).alias(VALUE.name),
        )
        for k, check in enumerate(checks)
        if k in occurring
    ]  # fmt: skip
    first = text_faults.unique(PLACE, keep="first", maintain_order=True)
    texts = (
        bad.filter(FAULTY_TEXT).select(PLACE, SOURCE.name, ROW.name, DOCUMENT_ID.name).join(first, on=PLACE)
    )
    rows = [f.with_columns(pl.col(SOURCE.name).cast(pl.String)) for f in (*shown, texts) if len(f)]
    rejects = as_rejects(pl.concat(rows).sort(PLACE)) if rows else no_rejects()
    return judged.filter(pl.col(_FAILED).is_null()).drop(helpers), bad.drop(helpers), rejects


class _LastChecks:
    """The checks made last: a service makes the same ones for each document, and making them takes longer than checking."""

    def __init__(self) -> None:
        self._made: tuple[Job, Mapping[str, Form], list[str], list[Check], pl.Expr] | None = None

    def of(self, job: Job, forms: Mapping[str, Form], wanted: Collection[str]) -> tuple[list[Check], pl.Expr]:
        """Give the checks of a job, and the expression for the number of the first that a document fails."""
        made, names = self._made, list(wanted)
        if made is not None and made[0] is job and made[1] == forms and made[2] == names:
            return made[3], made[4]
        checks = list(_checks(job, forms, wanted))
        failed = pl.coalesce(
            [pl.when(FAULTY_TEXT).then(pl.lit(len(checks), pl.Int32))]
            + [pl.when(check.fails).then(pl.lit(k, pl.Int32)) for k, check in enumerate(checks)]
        )
        self._made = job, forms, names, checks, failed
        return checks, failed


_last_checks = _LastChecks()


def _reason(check: Check) -> pl.Expr:
    return pl.lit(check.reason) if isinstance(check.reason, str) else check.reason


def _checks(job: Job, forms: Mapping[str, Form], wanted: Collection[str]) -> Iterator[Check]:
    kind = job.input.documents.type
    if kind is not None:
        yield Check(kind, "no type of the job has this value", pl.col(STRANGER), pl.col(kind))
    key = pl.col(job.input.documents.key)
    missing = key.is_null() | (key.cast(pl.String) == "")
    yield Check(key.meta.output_name(), "the key is missing", missing, key)
    unreadable = key.cast(pl.String) == str(UNREADABLE)
    yield Check(key.meta.output_name(), "the key is beyond 63 bits", unreadable, pl.lit(None, pl.String))
    yield Check(key.meta.output_name(), "the key is there more than once", pl.col(DUPLICATE), key)
    yield from _address_checks(job)
    money = job.input.documents.money
    if money is not None:
        amount = pl.col(money)
        limit = max_cents(job)
        yield Check(money, "the amount is missing", amount.is_null(), amount)
        yield Check(
            money, "the amount is absurd", (amount > limit) | (amount < -limit), _unless_unreadable(amount)
        )
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
        yield Check(name, words, text.fill_null("").str.strip_chars() == "", text)
    if address.postal_code is not None:
        fault = pl.col(CODE_FAULT)
        yield Check(address.postal_code, fault, fault.is_not_null(), pl.col(address.postal_code))
    if address.zip5 is not None:
        yield from _zip_checks(address, address.zip5)


def _zip_checks(address: AddressSettings, column: str) -> Iterator[Check]:
    zip5 = pl.col(column)
    yield Check(column, "the ZIP is not five digits", ~_digits(zip5, 5), zip5)
    yield Check(column, "the ZIP is not in the reference list", ~is_known(zip5), zip5)
    for part, size, words in (
        (address.plus4, 4, "the ZIP+4 add-on is not four digits"),
        (address.delivery_point, 2, "the delivery point is not two digits"),
    ):
        if part is not None:
            text = pl.col(part)
            yield Check(part, words, ~_digits(text, size) & (text.fill_null("") != ""), text)


def _value_checks(name: str, form: Form) -> Iterator[Check]:
    if form is Form.TEXT:
        return
    value = pl.col(name)
    nothing = pl.lit(None, pl.String)
    yield Check(name, "the value is missing", value.is_null(), nothing)
    if form is Form.DATE:
        yield Check(name, "the date is absurd", ~value.dt.year().is_between(1, _UTMOST_YEAR), nothing)
    elif form is Form.LIST:
        whole = (value.list.len() == CHART_VALUES) & (value.list.count_matches(None) == 0)
        yield Check(name, f"the list does not hold {CHART_VALUES} whole numbers", ~whole, nothing)
    elif form in (Form.WHOLE, Form.DECIMAL):
        yield Check(name, "the value is absurd", value == UNREADABLE, nothing)


def _digits(text: pl.Expr, count: int) -> pl.Expr:
    return text.fill_null("").str.contains(f"^[0-9]{{{count}}}$")


def _unless_unreadable(amount: pl.Expr) -> pl.Expr:
    return pl.when(amount != UNREADABLE).then(amount)
