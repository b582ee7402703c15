"""What is wrong with each address: findings in a fixed order, a status and an action a document.

In: documents, places, findings about the window. Out: ``Judged``. Never: takes a document away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream.address import view as v
from printstream.address.compose import compose_lines
from printstream.address.duplicates import duplicates
from printstream.address.fit import window_faults
from printstream.address.places import SEPARATOR, Places
from printstream.address.posts import (
    ABROAD,
    CANADIAN_LETTERS,
    HOMES,
    MILITARY_CITIES,
    MILITARY_PREFIXES,
    MILITARY_STATES,
)
from printstream.address.texts import (
    by_distinct,
    city_form,
    code_form,
    digits_only,
)
from printstream.addressing import ACTIONS, AddressPolicy
from printstream.base.addressplace import AddressPlace
from printstream.base.frozen import frozen
from printstream.job import Job

DELIVERABLE = "deliverable"
UNDELIVERABLE = "address list says no"
"""Column of documents that a returned list makes: whether it says that the address cannot be delivered."""


@frozen
class Finding:
    """Something about an address: the status that it gives, its code, the column, the words, the rows."""

    status: str
    code: str
    column: str
    reason: str
    rows: NDArray[np.bool_]


@frozen
class Judged:
    """What was found.

    Attributes:
        view: the addresses in the form in which they were judged.
        findings: in the order of their codes; rows are documents.
        foreign: bool[n].
        deciding: int8[n], number of the finding that decides; -1 where there is none.
        actions: int8[n], numbers in ACTIONS.
    """

    view: pl.DataFrame
    findings: tuple[Finding, ...]
    foreign: NDArray[np.bool_]
    deciding: NDArray[np.int8]
    actions: NDArray[np.int8]

    def statuses(self) -> pl.Series:
        """The status of every document."""
        names = (DELIVERABLE, *dict.fromkeys(f.status for f in self.findings))
        of_finding = [names.index(f.status) for f in self.findings]
        table = np.array([*of_finding, 0], np.uint8)  # -1 is the last
        return pl.Series(names, dtype=pl.Enum(names)).gather(table[self.deciding])

    def codes(self, rows: NDArray[np.int64]) -> pl.Series:
        """Codes of all findings of some documents, blanks between."""
        shown = [
            pl.when(pl.Series(f.rows[rows])).then(pl.lit(f.code)).alias(str(k))
            for k, f in enumerate(self.findings)
        ]
        if not shown:
            return pl.Series([""] * rows.size, dtype=pl.String)
        return pl.select(pl.concat_str(shown, separator=" ", ignore_nulls=True)).to_series()


def judge_addresses(
    documents: pl.DataFrame,
    job: Job,
    places: Places,
    place: AddressPlace | None,
    again: NDArray[np.bool_] | None = None,
) -> tuple[pl.DataFrame, Judged]:
    """Judge all addresses.

    Args:
        documents: the documents; UNDELIVERABLE is looked at where a list made it.
        job: the job; its address checks are on.
        places: the post's places.
        place: where the template prints the address; None where it does not.
        again: bool[n]: whether an earlier document has the same recipient and address, where more documents than
            these decide that.

    Returns:
        the documents with the composed lines, where the job wants them; what was found.

    Raises:
        JobError: when the window's fit is asked for and a line of the address cannot be measured.
    """
    checks = job.address.checks
    assert checks is not None
    view = v.view_of(documents, job)
    foreign = v.is_foreign(view, checks.home)
    documents = compose_lines(documents, view, foreign, job)
    fit = {} if place is None else window_faults(documents, place, checks.window, job.stock.width)
    again = duplicates(documents, job, view) if again is None else again
    findings = tuple(_findings(documents, view, foreign, job, places, fit, again))
    deciding, actions = _decide(findings, checks.policy, documents.height)
    return documents, Judged(view, findings, foreign.to_numpy(), deciding, actions)


def _decide(
    findings: tuple[Finding, ...], policy: AddressPolicy, documents: int
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """The severest action of a document's findings counts, and of those that demand it the first."""
    deciding, actions = np.full(documents, -1, np.int8), np.zeros(documents, np.int8)
    chosen = [ACTIONS.index(getattr(policy, finding.status)) for finding in findings]
    for k in sorted(range(len(findings)), key=lambda k: (chosen[k], -k)):
        deciding[findings[k].rows] = k
        actions[findings[k].rows] = chosen[k]
    return deciding, actions


def _findings(
    documents: pl.DataFrame,
    view: pl.DataFrame,
    foreign: pl.Series,
    job: Job,
    places: Places,
    fit: Mapping[str, NDArray[np.bool_]],
    again: NDArray[np.bool_],
) -> Iterator[Finding]:
    """All findings that any document has, in the order of their codes."""
    checks = job.address.checks
    assert checks is not None
    columns = _columns(job)
    no_code = view[v.CODE] == ""
    good_code = ~foreign & ~no_code & v.has_form(view[v.CODE], checks.home)
    found = [
        *_incomplete(view, ~foreign, job, columns),
        *_malformed(view, ~foreign, ~foreign & ~no_code & ~good_code, job, columns),
        Finding(
            "foreign", "A20", checks.country or columns.city, "the address is abroad", foreign.to_numpy()
        ),
    ]
    if UNDELIVERABLE in documents.columns:
        words = "the address service finds no such delivery point"
        found.append(
            Finding("undeliverable", "A30", columns.code, words, documents[UNDELIVERABLE].to_numpy())
        )
    if places.codes is not None:
        if checks.home != "us":
            view = view.with_columns(by_distinct(view[v.CODE], code_form).alias(v.CODE))
        known = view[v.CODE].is_in(places.codes.implode())
        words = "the postal code is in no list"
        found.append(Finding("unknown_code", "A40", columns.code, words, (good_code & ~known).to_numpy()))
        good_code &= known
    found += _disagreements(view, good_code, checks.home, places, columns)
    for status, number, words in (
        ("too_long", "A60", "a line is wider than the address block"),
        ("outside_window", "A70", "the address does not stay inside the window"),
    ):
        if status in fit:
            found.append(Finding(status, number, "template.first", words, fit[status]))
    words = "an earlier document has the same recipient and address"
    found.append(Finding("duplicate", "A80", columns.name, words, again))
    if checks.home == "us":
        military = ~foreign & view[v.STATE].is_in(MILITARY_STATES)
        found.append(Finding("military", "A90", columns.state, "military mail", military.to_numpy()))
    return (finding for finding in found if finding.rows.any())


@frozen
class _Columns:
    """The input's columns that findings name; whole lines stand for parts that have no column of their own."""

    name: str
    street: str
    city: str
    state: str
    code: str
    plus4: str
    point: str


def _columns(job: Job) -> _Columns:
    address, line = job.address, job.address.lines[-1]
    code = address.zip5 or address.postal_code
    places = (address.city, address.state, code, address.plus4, address.delivery_point)
    return _Columns(address.lines[0], address.street, *(name or line for name in places))


def _incomplete(view: pl.DataFrame, at_home: pl.Series, job: Job, columns: _Columns) -> Iterator[Finding]:
    """What is empty and must not be; abroad only name and street must not."""
    checks = job.address.checks
    assert checks is not None
    has_state = job.address.state is not None or job.address.city is None
    everywhere = pl.Series([True]).new_from_index(0, len(view))
    for part, number, column, words, where in (
        (v.NAME, "A01", columns.name, "the recipient's name is empty", everywhere),
        (v.STREET, "A02", columns.street, "the street is empty", everywhere),
        (v.CITY, "A03", columns.city, "the city is empty", at_home),
        (v.STATE, "A04", columns.state, "the state is empty", at_home),
    ):
        if part != v.STATE or (HOMES[checks.home].has_states and has_state):
            yield Finding("incomplete", number, column, words, (where & (view[part] == "")).to_numpy())


def _malformed(
    view: pl.DataFrame, at_home: pl.Series, bad_code: pl.Series, job: Job, columns: _Columns
) -> Iterator[Finding]:
    """Codes that are none, of another form (those that tell their country first), and what goes with a ZIP."""
    checks = job.address.checks
    assert checks is not None
    status, home = "malformed_code", HOMES[checks.home]
    if home.code:
        missing = at_home & (view[v.CODE] == "")
        yield Finding(status, "A10", columns.code, "the postal code is empty", missing.to_numpy())
    if bad_code.any():
        rest = bad_code
        for country, pattern in ABROAD.items():
            theirs = rest & view[v.CODE].str.contains(pattern)
            reason = f"the postal code has the form of {country}"
            yield Finding(status, "A11", columns.code, reason, theirs.to_numpy())
            rest = rest & ~theirs
        yield Finding(status, "A12", columns.code, f"the postal code is not {home.shown}", rest.to_numpy())
    if checks.home == "us":
        for part, column, size, number, words in (
            (v.PLUS4, columns.plus4, 4, "A13", "the ZIP+4 add-on is not four digits"),
            (v.POINT, columns.point, 2, "A14", "the delivery point is not two digits"),
        ):
            wrong = at_home & (view[part] != "") & ~digits_only(view[part], size)
            yield Finding(status, number, column, words, wrong.to_numpy())


def _disagreements(
    view: pl.DataFrame, good_code: pl.Series, home: str, places: Places, columns: _Columns
) -> Iterator[Finding]:
    """State against code, military parts against each other, city against code; what is empty is not compared."""
    status, has_state = "city_state_mismatch", good_code & (view[v.STATE] != "")
    wrong = pl.Series(np.zeros(len(view), np.bool_))
    if places.states is not None:
        wrong = has_state & ~_pair(view[v.CODE], view[v.STATE]).is_in(places.states.implode())
    elif home == "ca":
        lawful = [letter + name for letter, names in CANADIAN_LETTERS.items() for name in names.split()]
        wrong = has_state & ~(view[v.CODE].str.slice(0, 1) + view[v.STATE]).is_in(lawful)
    if wrong.any():
        yield Finding(status, "A50", columns.state, "the state is not the postal code's", wrong.to_numpy())
    if home == "us":
        broken = good_code & _broken_military(view)
        if broken.any():
            words = "city, state and ZIP of military mail do not agree"
            yield Finding(status, "A51", columns.state, words, broken.to_numpy())
    if places.cities is not None:
        cities = by_distinct(view[v.CITY], city_form)
        other = good_code & (view[v.CITY] != "") & ~_pair(view[v.CODE], cities).is_in(places.cities.implode())
        if other.any():
            yield Finding(status, "A52", columns.city, "the city is not the postal code's", other.to_numpy())


def _broken_military(view: pl.DataFrame) -> pl.Series:
    """Whether an address has some but not all of an APO, FPO or DPO city, its state, and a ZIP of that state."""
    in_region = pl.any_horizontal(
        (pl.col(v.STATE) == state) & pl.col(v.CODE).str.slice(0, 3).is_in(prefixes)
        for state, prefixes in MILITARY_PREFIXES.items()
    )
    prefixes = [prefix for listed in MILITARY_PREFIXES.values() for prefix in listed]
    military_city = pl.col(v.CITY).str.contains(rf"^(?:{'|'.join(MILITARY_CITIES)})(?: |$)")
    some = (
        military_city
        | pl.col(v.STATE).is_in(MILITARY_STATES)
        | pl.col(v.CODE).str.slice(0, 3).is_in(prefixes)
    )
    # Most mail has nothing that even begins like it.
    begins = [pl.col(v.CITY).str.starts_with(city) for city in MILITARY_CITIES]
    begins += [pl.col(v.CODE).str.starts_with(head) for head in sorted({p[:2] for p in prefixes})]
    begins += [pl.col(v.STATE) == state for state in MILITARY_STATES]
    rows = view.select(pl.any_horizontal(begins)).to_series().arg_true()
    broken = np.zeros(len(view), np.bool_)
    broken[rows.to_numpy()] = view[rows].select(some & ~(military_city & in_region)).to_series().to_numpy()
    return pl.Series(broken)


def _pair(left: pl.Series, right: pl.Series) -> pl.Series:
    frame = pl.DataFrame([left.alias("left"), right.alias("right")])
    return frame.select(pl.concat_str("left", "right", separator=SEPARATOR)).to_series()
