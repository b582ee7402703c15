"""Documents of several types brought together, against the twin that does it by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base import columns as c
from printstream.base.errors import InputError
from printstream.job import Job
from printstream.piece import make_pieces
from printstream.rules import bad_keys, enclose, match_types, unmatched
from tests.piece.test_envelopes import BASE
from tests.reference.matching import Kind, Sheaf, matched_by_hand

NAMES = ("bill", "note", "terms")
PLACE = (c.POSTAL_CODE, c.PLUS4, c.DELIVERY_POINT, c.CITY, c.STATE)
WHO = {"Ann Lee": "ANN  LEE", "Bo Ray": "bo ray"}
"""Two people, and how another system writes them."""


def job_of(missing: tuple[str, str, str], different: str) -> Job:
    documents = {"files": ["d"], "key": "k"}
    types: list[dict[str, Any]] = [
        {"name": name, "template": "t.yaml", "missing": how, "documents": documents}
        for name, how in zip(NAMES, missing, strict=True)
    ]
    del types[0]["documents"]
    return Job.model_validate(
        {
            **BASE,
            "types": types,
            "matching": {"different_addressees": different},
            "imposition": {"scheme": "one_up"},
        }
    )


def frame_of(sheaves: list[Sheaf], pages: list[int]) -> pl.DataFrame:
    """The documents as ingest leaves them, type after type."""
    empty = {column.name: pl.Series([""] * len(sheaves), dtype=pl.String) for column in PLACE}
    return pl.DataFrame(
        {
            c.DOCUMENT_TYPE.name: pl.Series([d.kind for d in sheaves], dtype=pl.Enum(NAMES)),
            c.MATCH_KEY.name: pl.Series([d.match for d in sheaves], dtype=pl.String),
            "name": pl.Series([d.addressee for d in sheaves], dtype=pl.String),
            "street": pl.Series([""] * len(sheaves), dtype=pl.String),
            "own": pl.Series([d.name for d in sheaves], dtype=pl.Int64),
            c.PAGES.name: pl.Series(pages, dtype=pl.UInt32),
            **empty,
        }
    )


@st.composite
def nights(draw: st.DrawFn) -> tuple[list[Sheaf], list[int]]:
    matches = st.sampled_from([None, "", " ", "1", "2", "3", "4", "5"])
    people = st.sampled_from([*WHO, *WHO.values()])
    counts = [draw(st.integers(0, 7)) for _ in NAMES]
    kinds = [name for name, count in zip(NAMES, counts, strict=True) for _ in range(count)]
    sheaves = [Sheaf(kind, draw(matches), draw(people), k) for k, kind in enumerate(kinds)]
    return sheaves, [draw(st.integers(1, 5)) for _ in kinds]


@given(
    nights(),
    st.tuples(*[st.sampled_from(["reject", "allow"])] * 3),
    st.sampled_from(["reject", "allow"]),
)
def test_envelopes_are_filled_as_by_hand(
    night: tuple[list[Sheaf], list[int]], missing: tuple[str, str, str], different: str
) -> None:
    sheaves, pages = night
    job = job_of(missing, different)
    kinds = [Kind(name, required=how == "reject") for name, how in zip(NAMES, missing, strict=True)]
    wanted, _ = matched_by_hand(kinds, sheaves, one_addressee=different == "reject")
    documents = frame_of(sheaves, pages)
    # As the types' tables are judged one by one.
    sound = [
        own.with_row_index()
        .filter(~pl.col("index").is_in(bad_keys(own[c.MATCH_KEY.name]).rows))
        .drop("index")
        for name in NAMES
        for own in [documents.filter(pl.col(c.DOCUMENT_TYPE.name) == name)]
    ]
    documents = match_types(pl.concat(sound), job)
    gone = unmatched(documents, job)
    assert len(gone.reasons) == gone.rows.size
    kept = documents.with_row_index().filter(~pl.col("index").is_in(gone.rows)).drop("index")
    kept = enclose(kept, job).with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(c.DOCUMENT.name))
    made = make_pieces(kept, job)
    assert made.enclosures is not None
    own = kept["own"].to_list()
    first = made.enclosures.first
    found = [
        [own[d] for d in made.enclosures.documents[first[k] : first[k + 1]]]
        for k in range(kept.height)
        if first[k + 1] > first[k]
    ]
    assert found == [[d.name for d in envelope] for envelope in wanted]
    sheets = dict(zip(kept["own"], made.documents[c.SHEETS.name], strict=True))
    assert made.frame[c.SHEETS.name].to_list() == [sum(sheets[k] for k in envelope) for envelope in found]
    people = [{" ".join(str(d.addressee).upper().split()) for d in envelope} for envelope in wanted]
    assert made.mixed.size == sum(len(own) > 1 for own in people)
    assert different == "allow" or made.mixed.size == 0


def test_a_type_whose_absence_stops_the_run_counts_only_what_would_be_printed() -> None:
    sheaves = [
        Sheaf("bill", "1", "A", 0),
        Sheaf("bill", "2", "A", 1),
        Sheaf("note", "1", "A", 2),
        Sheaf("note", "3", "A", 3),
    ]
    documents = frame_of(sheaves, [1] * 4)
    job = job_of(("reject", "stop", "allow"), "reject")
    with pytest.raises(InputError, match="1 matches have no note to print"):
        unmatched(match_types(documents, job), job)
