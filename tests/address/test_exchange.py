"""Lists for address services: out, and back by key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from printstream.address import address_list, replace_addresses
from printstream.address.judge import UNDELIVERABLE
from printstream.base.errors import InputError, JobError
from tests.address.addresskit import address, frame_of, job_of

NONE = pl.Series([], dtype=pl.Int64)


def _documents() -> pl.DataFrame:
    frame = frame_of([address(name=f"N {k}", street=f"{k} Oak") for k in range(3)])
    own = {
        "city": "city",
        "state": "state",
        "postal_code": "zip",
        "plus4": "plus4",
        "delivery_point": "point",
    }
    return frame.with_columns(pl.col(old).alias(new) for new, old in own.items())


def _back(
    folder: Path, listed: pl.DataFrame, *, file: str = "back.csv", limited: bool = False, **more: Any
) -> pl.DataFrame:
    path = folder / file
    listed.write_parquet(path) if file.endswith("parquet") else listed.write_csv(path)
    job = job_of(returned={"file": file, "status": "dpv", **more})
    return replace_addresses(_documents(), job, folder, NONE, limited=limited)


def _listed(**columns: list[Any]) -> pl.DataFrame:
    return pl.DataFrame({"key": ["2", "0", "1"], "dpv": ["N", "Y", "D"], **columns})


def test_the_list_has_key_and_address_and_nothing_else() -> None:
    listed = address_list(_documents(), job_of())
    assert listed.columns == [
        "key",
        "name",
        "street",
        "extra",
        "city",
        "state",
        "zip",
        "plus4",
        "point",
        "country",
    ]
    assert listed["key"].to_list() == ["0", "1", "2"]


@pytest.mark.parametrize("file", ["back.csv", "back.parquet"])
def test_a_returned_list_replaces_by_key_whatever_its_order(tmp_path: Path, file: str) -> None:
    listed = _listed(
        street=["2 OAK ST", "", "1 OAK ST"], plus4=["", "1234", "5678"], zip=["00601", "00602", "00603"]
    )
    done = _back(tmp_path, listed, file=file)
    assert done["key"].to_list() == [0, 1, 2]
    assert done["street"].to_list() == ["0 Oak", "1 OAK ST", "2 OAK ST"]  # what is empty does not replace
    assert done["zip"].to_list() == done["postal_code"].to_list() == ["00602", "00603", "00601"]
    assert done["plus4"].to_list() == ["1234", "5678", ""]
    assert done["city"].to_list() == ["HOLTSVILLE"] * 3
    assert done[UNDELIVERABLE].to_list() == [False, False, True]


def test_a_round_trip_changes_nothing(tmp_path: Path) -> None:
    listed = address_list(_documents(), job_of()).with_columns(pl.lit("Y").alias("dpv"))
    done = _back(tmp_path, listed).drop(UNDELIVERABLE)
    assert done.select(_documents().columns).equals(_documents())


@pytest.mark.parametrize(
    ("listed", "what", "where"),
    [
        (_listed().head(2), "1 of 3 documents are not in the returned address list", "back.csv; first: d.parquet, row 1"),
        (pl.concat([_listed(), _listed().head(1)]), "2 rows of the returned address list have a key that is there more", "back.csv, row 1"),
        (pl.concat([_listed(), pl.DataFrame({"key": ["9"], "dpv": ["Y"]})]), "1 rows of the returned address list have a key that no", "back.csv, row 4"),
        (pl.concat([_listed(), pl.DataFrame({"key": [None], "dpv": ["Y"]}, schema={"key": pl.String, "dpv": pl.String})]), "have no key", "back.csv, row 4"),
        (_listed().rename({"key": "id"}), "has no column 'key'", "back.csv"),
        (_listed().rename({"dpv": "d"}), "has no column 'dpv'", "back.csv"),
        (_listed(street=["a\x07", "b", "c"]), "1 rows of the returned address list hold control characters", "back.csv, row 1"),
    ],
)  # fmt: skip
def test_a_list_that_does_not_fit_is_a_named_error(
    tmp_path: Path, listed: pl.DataFrame, what: str, where: str
) -> None:
    with pytest.raises(InputError) as fault:
        _back(tmp_path, listed)
    assert what in fault.value.what
    assert fault.value.where == where
    assert fault.value.next_step


def test_a_list_of_more_than_the_first_documents_is_none_of_an_error(tmp_path: Path) -> None:
    listed = pl.concat([_listed(), pl.DataFrame({"key": ["9"], "dpv": ["Y"]})])
    assert _back(tmp_path, listed, limited=True).height == 3


def test_a_list_that_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "back.csv").write_bytes(b"key,dpv\n\xff\xfe,\n")
    job = job_of(returned={"file": "back.csv", "status": "dpv"})
    with pytest.raises(InputError, match="cannot be read"):
        replace_addresses(_documents(), job, tmp_path, NONE, limited=False)
    with pytest.raises(InputError, match="cannot be read"):
        replace_addresses(_documents(), job, tmp_path / "nowhere", NONE, limited=False)
    pl.DataFrame({"key": ["0", "1", "2"]}).write_csv(tmp_path / "back.csv")
    with pytest.raises(JobError, match="neither an address column nor a status"):
        replace_addresses(_documents(), job_of(returned={"file": "back.csv"}), tmp_path, NONE, limited=False)
