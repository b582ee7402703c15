"""A night whose addresses are judged: who is printed, who is diverted, who leaves, and what the papers say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.judges.nights import Outcome, call, change_yaml, job_with, write_input

WINDOW = {
    "envelope_width": "9.5in", "envelope_height": "4.125in", "left": "0.875in", "bottom": "0.5in", "width": "4.5in",
    "height": "1.125in", "panel_height": "264pt",
}  # fmt: skip
POLICY = {
    "incomplete": "reject", "foreign": "divert", "malformed_code": "divert", "unknown_code": "suppress",
    "city_state_mismatch": "digital", "undeliverable": "suppress", "duplicate": "print",
}  # fmt: skip
CHECKS: dict[str, Any] = {"country": "nation_code", "window": WINDOW, "policy": POLICY}
SPOILED = {
    0: {"street": " "}, 1: {"zip5": "99999"}, 2: {"state": "ZZ"}, 3: {"nation_code": "Canada", "zip5": "K1A 0B1"},
    4: {"zip5": "SW1A 1AA"}, 5: {"name": "W" * 60},
}  # fmt: skip


@pytest.fixture(scope="module")
def data(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty documents, six of them spoiled; the last is the one before it again, under a key of its own."""
    folder = tmp_path_factory.mktemp("addresses") / "in"
    documents = pl.read_parquet(few / "documents" / "*.parquet").with_columns(pl.lit("").alias("nation_code"))
    lines = pl.read_parquet(few / "lines" / "*.parquet")
    place = pl.int_range(pl.len())
    for row, changes in SPOILED.items():
        documents = documents.with_columns(
            pl.when(place == row).then(pl.lit(text)).otherwise(pl.col(name)).alias(name)
            for name, text in changes.items()
        )
    who = [*(f"{name}" for name in ("name", "street", "city", "state", "zip5"))]
    documents = documents.with_columns(
        pl.when(place == 39).then(pl.col(name).shift(1)).otherwise(pl.col(name)).alias(name) for name in who
    )
    write_input(folder, documents, lines)
    return folder


def _job(folder: Path, **checks: Any) -> Path:
    changes = {
        "address.checks": CHECKS | checks,
        "diverted": {"name": "by-hand", "envelope_weight_mg": 9_000, "folds": 1},
        "input.reject_limit.share": "1",
    }
    return job_with(folder, changes)


def _call(command: str, job: Path, data: Path, out: Path, *more: object) -> Outcome:
    done = call(command, job, "--input", data, "--out", out, "--json", *more)
    assert done.code == 0, done.err
    return done


@pytest.fixture(scope="module")
def ran(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("addresses-run")
    done = _call("run", _job(folder / "job"), data, folder / "out", "--run-id", "1")
    return folder / "out" / "statement" / "1", done.record


EXPECTED = [
    ("deliverable", "print", 33), ("incomplete", "reject", 1), ("malformed_code", "divert", 1),
    ("foreign", "divert", 1), ("unknown_code", "suppress", 1), ("city_state_mismatch", "digital", 1),
    ("too_long", "reject", 1), ("duplicate", "print", 1),
]  # fmt: skip


def _rows(record: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(row["status"], row["action"], row["documents"]) for row in record["preflight"]]


def test_every_document_and_every_cent_has_an_outcome(ran: tuple[Path, dict[str, Any]]) -> None:
    _, record = ran
    counts = record["counts"]
    outcomes = {
        name: counts[name] for name in ("documents_in", "printed", "digital", "suppressed", "rejected")
    }
    assert outcomes == {"documents_in": 40, "printed": 36, "digital": 1, "suppressed": 1, "rejected": 2}
    assert sum(record["money_out_cents"].values()) == record["money_in_cents"]
    assert counts["rejected_lines"] == 0
    assert _rows(record) == EXPECTED


def test_check_and_plan_show_the_same_before_printing(data: Path, tmp_path: Path) -> None:
    job = _job(tmp_path / "job")
    for command in ("check", "plan"):
        done = _call(command, job, data, tmp_path / "out")
        assert _rows(done.record) == EXPECTED
        assert not (tmp_path / "out").exists()
    shown = call("check", job, "--input", data)
    names = pl.read_parquet(data / "documents" / "*.parquet")["name"].to_list()
    assert "  unknown_code" in shown.out
    assert not [name for name in names if name in shown.out]


def test_diverted_pieces_are_in_a_spool_of_their_own(ran: tuple[Path, dict[str, Any]], data: Path) -> None:
    run_dir, _ = ran
    manifest = pl.read_parquet(run_dir / "manifest.parquet")
    keys = pl.read_parquet(data / "documents" / "*.parquet")["customer_key"].cast(pl.String).to_list()
    apart = manifest.filter(pl.col("stream") == "by-hand")
    assert sorted(apart["document_id"]) == sorted([keys[3], keys[4]])
    assert apart["spool"].n_unique() == 1
    assert not set(apart["spool"]) & set(manifest.filter(pl.col("stream") != "by-hand")["spool"])
    assert set(apart["presort_level"]) == {"single"}
    assert set(apart["postal_code"]) == {""}
    assert {len(code) for code in apart["postal_barcode"]} == {20}  # no routing code abroad
    sheets = apart["sheets"].to_numpy()
    assert apart["thickness_um"].to_list() == (sheets * 110 * 2 + 200).tolist()


def test_the_papers_name_keys_and_reasons(ran: tuple[Path, dict[str, Any]], data: Path) -> None:
    run_dir, _ = ran
    keys = pl.read_parquet(data / "documents" / "*.parquet")["customer_key"].cast(pl.String).to_list()
    flight = pl.read_parquet(run_dir / "preflight.parquet")
    assert flight.columns == ["document_id", "address_status", "address_action", "address_codes"]
    assert dict(zip(flight["document_id"], flight["address_codes"], strict=True)) == {
        keys[0]: "A02", keys[1]: "A40", keys[2]: "A50", keys[3]: "A20", keys[4]: "A11", keys[5]: "A60 A70",
        keys[39]: "A80",
    }  # fmt: skip
    rejects = pl.read_parquet(run_dir / "rejects.parquet")
    assert dict(zip(rejects["document_id"], rejects["reason"], strict=True)) == {
        keys[0]: "A02 the street is empty", keys[5]: "A60 a line is wider than the address block",
    }  # fmt: skip
    assert call("verify", run_dir, "--json").code == 0


def test_a_list_goes_out_and_comes_back(data: Path, tmp_path: Path) -> None:
    job, listed = _job(tmp_path / "job"), tmp_path / "list.csv"
    done = call("addresses", "export", job, "--input", data, "--out", listed, "--json")
    assert done.code == 0, done.err
    assert done.record["rows"] == 40
    back = pl.read_csv(listed, infer_schema=False)
    place = pl.int_range(pl.len())
    dpv = pl.when(place == 10).then(pl.lit("N")).otherwise(pl.lit("Y")).alias("dpv")
    plus4 = pl.when(place == 11).then(pl.lit("9876")).otherwise(pl.col("zip4")).alias("zip4")
    back.with_columns(dpv, plus4).reverse().write_csv(data / "back.csv")
    with_list = _job(tmp_path / "job2", returned={"file": "back.csv", "status": "dpv"})
    done = _call("run", with_list, data, tmp_path / "out", "--run-id", "1")
    assert ("undeliverable", "suppress", 1) in _rows(done.record)
    manifest = pl.read_parquet(tmp_path / "out/statement/1/manifest.parquet")
    code = manifest.filter(pl.col("document_id") == back["customer_key"][11])["postal_barcode"][0]
    assert code[25:29] == "9876"
    back.head(39).with_columns(dpv).write_csv(data / "back.csv")
    short = call("plan", with_list, "--input", data, "--json")
    assert (short.code, short.record["what"]) == (4, "1 of 40 documents are not in the returned address list")


def test_the_template_can_print_the_composed_lines(data: Path, tmp_path: Path) -> None:
    import pypdfium2

    job = _job(tmp_path / "job", compose="upper", window=None)
    template = job / "template.yaml"
    old = 'lines: ["{name}", "{street}", "{city} {state} {zip_line}"]'
    text = template.read_text()
    assert old in text
    template.write_text(
        text.replace(old, "lines: [" + ", ".join(f'"{{address_{k}}}"' for k in range(1, 6)) + "]")
    )
    _call("run", job, data, tmp_path / "out", "--run-id", "1")
    run_dir = tmp_path / "out/statement/1"
    apart = pl.read_parquet(run_dir / "manifest.parquet").filter(pl.col("stream") == "by-hand")
    with pypdfium2.PdfDocument(run_dir / f"spool/{apart['spool'][0]:04d}.pdf") as file:
        shown = "".join(page.get_textpage().get_text_bounded() for page in file)
    assert "K1A 0B1" in shown
    assert "CANADA" in shown


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"diverted": None}, "no stream `diverted`"),
        ({"diverted.scheme": "us_fcm_letters"}, "neither max_sheets nor a scheme"),
        ({"address.city": None}, "an address has city"),
        ({"address.checks.home": "gb"}, "home is us where the address has zip5"),
        ({"address.checks.policy.foreign": "print"}, "print"),
        ({"address.checks.window.left": "6in"}, "not inside the envelope"),
        ({"address.checks.places": "none.csv"}, "cannot be read"),
        ({"address.checks.window.panel_height": "6in"}, "does not go into the envelope"),
        ({"address.checks.window.clear_bars_y": "0.033in"}, "0.0325 in above the post's bars"),
    ],
)
def test_a_job_that_cannot_be_meant_is_refused(
    tmp_path: Path, data: Path, changes: dict[str, Any], what: str
) -> None:
    job = _job(tmp_path / "job")
    change_yaml(job / "job.yaml", changes)
    done = call("check", job, "--input", data, "--json")
    assert done.code == 3
    assert what in done.err


def test_a_cluster_refuses_a_returned_list(data: Path, tmp_path: Path) -> None:
    done = call(
        "run",
        _job(tmp_path / "job", returned={"file": "returned.csv"}),
        "--input",
        data,
        "--out",
        tmp_path / "out",
        "--engine",
        "dask",
        "--scheduler",
        "tcp://127.0.0.1:9",
        "--json",
    )
    assert done.code == 3
    assert "the cluster does not take addresses from a returned list" in done.err


def test_a_proof_is_judged_too(data: Path, tmp_path: Path) -> None:
    keys = pl.read_parquet(data / "documents" / "*.parquet")["customer_key"].to_list()
    job = _job(tmp_path / "job")
    codes = {}
    for row in (0, 1, 3, 6):
        done = call(
            "proof", job, "--input", data, "--document", keys[row], "--out", tmp_path / "p.pdf", "--json"
        )
        codes[row] = (done.code, done.record.get("what", ""))
    reason = "the document cannot be printed: A02 the street is empty"
    assert codes == {0: (4, reason), 1: (0, ""), 3: (0, ""), 6: (0, "")}


def test_city_state_and_zip_come_out_of_the_last_line(data: Path, tmp_path: Path) -> None:
    documents = pl.read_parquet(data / "documents" / "*.parquet")
    whole = documents.with_columns(pl.format("{}, {} {}", "city", "state", "zip5").alias("last_line"))
    write_input(tmp_path / "in", whole.drop("city", "state"), pl.read_parquet(data / "lines" / "*.parquet"))
    job = _job(tmp_path / "job")
    change_yaml(
        job / "job.yaml",
        {
            **dict.fromkeys(f"address.{n}" for n in ("city", "state", "zip5", "plus4", "delivery_point")),
            "address.lines": ["name", "street", "last_line"],
            "address.checks.window": None,
        },
    )
    template = job / "template.yaml"
    template.write_text(template.read_text().replace("{city} {state} {zip_line}", "{last_line}"))
    done = _call("run", job, tmp_path / "in", tmp_path / "out", "--run-id", "1")
    # A line with a British code gives neither city, state nor ZIP.
    read = [row for row in EXPECTED if row[0] != "malformed_code"]
    assert _rows(done.record) == [(s, a, n + (s == "incomplete")) for s, a, n in read]
    codes = dict(
        pl.read_parquet(tmp_path / "out/statement/1/manifest.parquet")
        .select("document_id", "postal_code")
        .iter_rows()
    )
    given = dict(documents.select(pl.col("customer_key").cast(pl.String), "zip5").iter_rows())
    sound = {key: code for key, code in codes.items() if code}
    assert len(sound) == 34
    assert sound == {key: given[key] for key in sound}
