"""Derives columns and decides channels, by SQL expressions that polars evaluates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from operator import is_

import polars as pl

from printstream.base.columns import (
    CITY,
    DELIVERY_POINT,
    DOCUMENT,
    DOCUMENT_ID,
    FIRST_SIDE,
    LINES,
    MONEY_CENTS,
    PAGES,
    PIECE_ID,
    PLUS4,
    POSTAGE_MILLS,
    POSTAL_BARCODE,
    POSTAL_CODE,
    PRESORT_LEVEL,
    ROW,
    SEQUENCE,
    SHEETS,
    SIDES,
    SOURCE,
    SPOOL,
    STATE,
    STREAM,
    THICKNESS_UM,
    TRAY_ID,
    WEIGHT_MG,
)
from printstream.base.errors import JobError
from printstream.base.frames import with_series
from printstream.job import Rules
from printstream.rules.guard import objection

CHANNEL = "channel"
"""Column that says where a document goes."""
PROVIDED = frozenset(
    column.name
    for column in (
        *(DOCUMENT, DOCUMENT_ID, SOURCE, ROW, MONEY_CENTS),
        *(POSTAL_CODE, PLUS4, DELIVERY_POINT, CITY, STATE),
    )
)
"""What ingest gives every document, whatever the input's columns are called."""
_LATER = frozenset({CHANNEL}) | frozenset(
    column.name
    for column in (
        *(LINES, PAGES, PIECE_ID, SHEETS, WEIGHT_MG, THICKNESS_UM, STREAM),
        *(SEQUENCE, PRESORT_LEVEL, TRAY_ID, POSTAGE_MILLS, SPOOL, FIRST_SIDE, SIDES, POSTAL_BARCODE),
    )
)
"""What later rooms add."""


class Channel(StrEnum):
    """Where a document goes."""

    PRINT = "print"
    DIGITAL = "digital"
    SUPPRESS = "suppress"


def columns_used(rules: Rules) -> set[str]:
    """Give the input columns that the rules read, so that ingest fetches them.

    Raises:
        JobError: when an expression is wrong or reads a column that is derived only after it.
    """
    used: set[str] = set()
    for _where, roots in _reads(rules):
        used |= roots
    return used


def check_columns(rules: Rules, known: Iterable[str]) -> None:
    """Check that every column that the rules read exists, before any data is read.

    Args:
        rules: the job's rules.
        known: columns of the documents' files.

    Raises:
        JobError: naming the expression, the column and the nearest known one.
    """
    columns = [*known, *rules.derive, *sorted(PROVIDED)]
    for where, roots in _reads(rules):
        check_names(sorted(roots), columns, where)


_Derivation = tuple[str, str, pl.Expr]
"""Setting, name and expression."""


def apply_rules(documents: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Derive the columns in their order, then decide every document's channel.

    Args:
        documents: the accepted documents.
        rules: the job's rules.

    Returns:
        documents with the derived columns and CHANNEL (an Enum of ``Channel``).

    Raises:
        JobError: when an expression is wrong, does not fit the columns, or gives no channel.
    """
    channels = pl.Enum([channel.value for channel in Channel])
    decided = pl.Series([Channel.PRINT.value], dtype=pl.String).new_from_index(0, len(documents))
    together: list[_Derivation] = []
    for where, name, expression in expressions(rules):
        if together and (name == CHANNEL or {made for _, made, _ in together} & _names(name, expression)):
            documents, together = _derive(documents, together), []
        if name == CHANNEL:
            decided = _channels(evaluate(documents, expression, where), where)
            continue
        if name in documents.columns or name in _LATER:
            taken = f"there is a column {name!r} already"
            what = taken if name in documents.columns else f"the plan has a column {name!r} of its own"
            raise JobError(what, where=where, next_step="Choose another name.")
        together.append((where, name, expression))
    return with_series(_derive(documents, together), decided.cast(channels).alias(CHANNEL))


def _names(name: str, expression: pl.Expr) -> set[str]:
    """What a derivation reads and makes."""
    return {name, *expression.meta.root_names()}


def _derive(documents: pl.DataFrame, derivations: Sequence[_Derivation]) -> pl.DataFrame:
    """Make columns of which none reads another, all at once; where that fails, one by one, to know which."""
    if not derivations:
        return documents
    for where, _, expression in derivations:
        check_names(expression.meta.root_names(), documents.columns, where)
    columns = [expression.alias(name) for _, name, expression in derivations]
    try:
        _last_fit.check(documents, derivations, columns)
        return documents.with_columns(columns)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        for where, name, expression in derivations:
            documents = documents.with_columns(evaluate(documents, expression, where).alias(name))
        return documents


class _LastFit:
    """The derivations that fitted last, and to which types: a service derives the same of each document."""

    def __init__(self) -> None:
        self._fitted: tuple[list[pl.Expr], dict[str, pl.DataType]] | None = None

    def check(
        self, documents: pl.DataFrame, derivations: Sequence[_Derivation], columns: Sequence[pl.Expr]
    ) -> None:
        """Derive the columns of no rows: types first, since what polars says there cannot quote anyone's data.

        Raises:
            PolarsError: when the types do not fit.
        """
        expressions = [expression for _, _, expression in derivations]
        types = {n: documents[n].dtype for e in expressions for n in e.meta.root_names()}
        if self._fitted is not None and self._fitted[1] == types:
            known = self._fitted[0]
            if len(known) == len(expressions) and all(map(is_, known, expressions)):
                return
        documents.clear().with_columns(columns)
        self._fitted = expressions, types


_last_fit = _LastFit()


def _reads(rules: Rules) -> Iterator[tuple[str, set[str]]]:
    """Setting, and the input columns that its expression reads."""
    derived: set[str] = set()
    for where, name, expression in expressions(rules):
        roots = set(expression.meta.root_names())
        early = sorted((roots & set(rules.derive)) - derived)
        if early:
            what = f"{early[0]!r} is derived only after it is read here"
            raise JobError(what, where=where, next_step="Change the order of the derivations, or a name.")
        yield where, roots - derived - PROVIDED
        derived.add(name)


def expressions(rules: Rules) -> Iterator[tuple[str, str, pl.Expr]]:
    """Setting, derived name (CHANNEL last) and expression, in the order of evaluation."""
    for name, text in rules.derive.items():
        yield f"rules.derive.{name}", name, parse(text, f"rules.derive.{name}")
    if rules.channel is not None:
        yield "rules.channel", CHANNEL, parse(rules.channel, "rules.channel")


@lru_cache(256)
def parse(text: str, where: str) -> pl.Expr:
    """Parse an expression.

    Raises:
        JobError: when it is none, or says what a rule must not say.
    """
    reason = objection(text)
    if reason is not None:
        raise JobError(reason, where=where, next_step="Write one SQL expression over the document's columns.")
    try:
        return pl.sql_expr(text)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, TypeError) as error:
        what = f"this is no SQL expression: {str(error).splitlines()[0]}"
        raise JobError(what, where=where, next_step="See docs/ingest.md for what a rule may say.") from error


def evaluate(documents: pl.DataFrame, expression: pl.Expr, where: str) -> pl.Series:
    """Evaluate an expression: a value a document.

    Raises:
        JobError: when it does not fit the columns or fails on the data.
    """
    check_names(expression.meta.root_names(), documents.columns, where)
    try:
        # Types first, on no rows: what polars says there cannot quote anyone's data.
        documents.clear().select(expression)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        what = f"the expression does not fit the columns: {str(error).splitlines()[0]}"
        raise JobError(what, where=where, next_step="Cast the columns to fitting types.") from error
    try:
        result = documents.lazy().with_columns(expression.alias(_RESULT)).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _data_fault(error, where) from None
    return result[_RESULT]


_RESULT = "result of the rule"


def _data_fault(error: BaseException, where: str) -> JobError:
    """Make the error of an expression that fails on some values; polars' own words would quote them."""
    return JobError(
        f"the expression fails on the data ({type(error).__name__})",
        where=where,
        next_step="Make it hold for every document, such as by TRY_CAST, NULLIF or CASE.",
    )


def check_names(names: Sequence[str], known: Sequence[str], where: str) -> None:
    """Check that columns exist.

    Raises:
        JobError: naming the nearest known one.
    """
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            what = f"there is no column {name!r}"
            guess = f"Did you mean {near[0]!r}?" if near else "Name a column of the documents."
            raise JobError(what, where=where, next_step=guess)


def _channels(decided: pl.Series, where: str) -> pl.Series:
    good = decided.dtype == pl.String
    wrong = len(decided) if not good else int((~decided.is_in(list(Channel)).fill_null(False)).sum())
    if wrong or not good:
        empty = decided.null_count()
        what = f"{wrong} of {len(decided)} documents get no channel ({empty} of them NULL)"
        raise JobError(
            what, where=where, next_step="Give 'print', 'digital' or 'suppress' for every document."
        )
    return decided
