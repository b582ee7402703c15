"""Serial numbers over several runs of the command, and documents whose postal payload is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.judges.nights import Outcome, call
from tests.judges.postjobs import ROWS, write_data, write_job

IMB = {"barcode": "imb", "mailer_id": "902345678", "first_serial": 100}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_job(tmp_path / "job", IMB | {"serials": {"folder": "register"}})
    write_data(tmp_path / "data", {})
    return tmp_path


def go(place: Path, run_id: str, *more: object, command: str = "run") -> Outcome:
    words = (command, place / "job", "--input", place / "data", "--out", place / "out", "--run-id", run_id)
    return call(*words, "--quiet", "--json", *more)


def serials(place: Path, run_id: str) -> list[int]:
    table = pl.read_parquet(place / "out" / "posts" / run_id / "manifest.parquet")
    return sorted(int(text[14:20]) for text in table["postal_barcode"])


def test_every_run_has_numbers_of_its_own(place: Path) -> None:
    for k in range(3):
        assert go(place, f"r{k}").code == 0
        assert serials(place, f"r{k}") == list(range(100 + ROWS * k, 100 + ROWS * (k + 1)))
    assert (place / "job" / "register" / "imb-902345678.jsonl").read_text().count("\n") == 3


def test_a_run_made_again_is_the_same_byte_for_byte(place: Path) -> None:
    assert go(place, "r1").code == 0
    assert go(place, "r2").code == 0
    spool = place / "out" / "posts" / "r1" / "spool" / "0001.pdf"
    before = spool.read_bytes()
    shutil.rmtree(place / "out" / "posts" / "r1")
    assert go(place, "r1").code == 0
    assert spool.read_bytes() == before
    assert serials(place, "r1") == list(range(100, 100 + ROWS))


def test_planning_takes_no_numbers(place: Path) -> None:
    assert go(place, "r1", command="plan").code == 0
    assert not (place / "job" / "register").exists()


def test_the_option_names_another_register(place: Path) -> None:
    assert go(place, "r1").code == 0
    assert go(place, "r2", "--serials", place / "elsewhere").code == 0
    assert serials(place, "r2") == serials(place, "r1")
    assert [path.name for path in (place / "elsewhere").iterdir()] == ["imb-902345678.jsonl"]


def test_too_few_numbers_end_the_run_and_leave_nothing(place: Path) -> None:
    write_job(place / "full" / "job", IMB | {"first_serial": 999_990, "serials": {"folder": "register"}})
    shutil.copytree(place / "data", place / "full" / "data")
    assert go(place / "full", "r1").code == 0
    done = go(place / "full", "r2")
    assert done.code == 3
    assert "7 serial numbers in a row are needed from 999,990 to 999,999" in done.err
    assert "another mailer id" in done.err
    assert not (place / "full" / "out" / "posts" / "r2").exists()


def test_a_damaged_register_ends_the_run(place: Path) -> None:
    assert go(place, "r1").code == 0
    path = place / "job" / "register" / "imb-902345678.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"first":100', b'"first":900'))
    done = go(place, "r2")
    assert done.code == 6
    assert "line 1" in done.err
    assert not (place / "out" / "posts" / "r2").exists()


def test_documents_without_a_lawful_payload_are_rejected(tmp_path: Path) -> None:
    """They leave before numbers are given: the others have consecutive ones."""
    write_job(
        tmp_path / "job", {"barcode": "mailmark_c", "mailmark": {"postcode": "pc", "supply_chain": "22"}}
    )
    write_data(
        tmp_path / "data", {"pc": ["EC1A1BB", "nonsense", "W1A 0AX", None, "M1 1AE", "B33 8TH", "CR2 6XH"]}
    )
    assert go(tmp_path, "r1").code == 0
    folder = tmp_path / "out" / "posts" / "r1"
    table = pl.read_parquet(folder / "manifest.parquet")
    assert sorted(text[5:13] for text in table["postal_barcode"]) == [f"{k:08d}" for k in range(1, 6)]
    rejects = pl.read_parquet(folder / "rejects.parquet").sort("document_id")
    assert rejects["document_id"].to_list() == ["1", "3"]
    assert rejects["column"].unique().to_list() == ["pc"]
    assert all("UK postcode" in reason for reason in rejects["reason"])


def test_a_column_that_is_not_there_is_found_by_check(tmp_path: Path) -> None:
    write_job(tmp_path / "job", {"barcode": "rm4scc", "rm4scc": {"postcode": "post_code"}})
    write_data(tmp_path / "data", {"pc": ["EC1A1BB"] * ROWS})
    words = ("check", tmp_path / "job", "--input", tmp_path / "data", "--quiet", "--json")
    done = call(*words)
    assert done.code in (3, 4)
    assert "post_code" in done.err


@pytest.mark.parametrize(
    ("mailing", "blocks", "words"),
    [
        ({"barcode": "mailmark_2d", "mailmark_2d": {"postcode": "pc", "supply_chain": "1234567"}}, [], "no place for it"),
        ({"barcode": "imb"}, [{"kind": "postal", "at": ["1in", "1in"]}] * 2, "one postal block"),
        ({"barcode": "imb"}, [{"kind": "postal", "at": ["6in", "1in"]}], "leaves the page"),
        (
            {"barcode": "imb"},
            [{"kind": "postal", "at": ["1in", "2in"]}, {"kind": "text", "at": ["1in", "2.1in"], "text": "x", "style": "body", "width": "1in"}],
            "clear zone of the post's code",
        ),
    ],
)  # fmt: skip
def test_templates_without_a_right_place_for_the_code(
    tmp_path: Path, mailing: dict[str, object], blocks: list[dict[str, object]], words: str
) -> None:
    from ruamel.yaml import YAML

    write_job(tmp_path / "job", mailing)
    write_data(tmp_path / "data", {"pc": ["EC1A1BB"] * ROWS})
    yaml, path = YAML(typ="safe"), tmp_path / "job" / "template.yaml"
    template = yaml.load(path.read_text())
    kept = [block for block in template["first"]["blocks"] if block["kind"] != "postal"]
    template["first"]["blocks"] = kept + blocks
    with path.open("w") as file:
        yaml.dump(template, file)
    done = call("check", tmp_path / "job", "--input", tmp_path / "data", "--quiet", "--json")
    assert done.code == 3
    assert words in done.err
