"""The post's bad input as a user meets it: files on disk, the command, its exit code, its sentence, what is left behind.

For every shipped scheme: minimums of zero, no piece, one piece, a code of another country; then lists, dates, trays,
labels, serial numbers and service types that cannot be right.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML

from tests.judges.nights import Outcome, call, change_yaml, files_below
from tests.presort.presortkit import HOME, SCHEMES, plain
from tests.presort.test_shipped_twin import CODES, ENVELOPES

SCHEME, LIST = "schemes/us_fcm_letters.yaml", "lists/l002_scf_standin.csv"
Edit = tuple[str, str, str]


def write_job(folder: Path, scheme: str, edits: Sequence[Edit] = (), **changes: Any) -> Path:
    """A letter of one page under a scheme; ``edits`` change texts in the job's own copies of shipped files."""
    form = plain("schemes", scheme)["postal_code"]
    american = {"state": "state", "zip5": "code", "plus4": "plus4", "delivery_point": "point"}
    job = {
        "format": "printstream-job/1", "name": "t", "title": "T", "production_date": "2026-03-01",
        "input": {"documents": {"files": ["documents.parquet"], "key": "key"}, "reject_limit": {"share": "0.5"}},
        "address": {"lines": ["name", "street"], "street": "street", "city": "city"}
        | (american if form == "us" else {"postal_code": "code", "form": form}),
        "streams": [{"name": "letter", "scheme": scheme, "envelope": ENVELOPES[form]}],
        "mailing": {"barcode": "imb" if form == "us" else "none"},
        "imposition": {"scheme": "one_up", "sheet_width": "8.5in", "sheet_height": "11in", "crop_marks": False},
    }  # fmt: skip
    block = {
        "kind": "address", "at": ["20mm", "90mm"], "first_line": "5mm", "leading": "12pt", "style": "body",
        "width": "150mm", "lines": ["{name}", "{street}", "{city} {postal_code}"],
    }  # fmt: skip
    template = {
        "format": "printstream-template/1",
        "styles": {"body": {"size": "10pt"}},
        "first": {"blocks": [block], "area": {"top": "150mm", "bottom": "250mm"}},
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in (("job.yaml", job), ("template.yaml", template)):
        with (folder / name).open("w") as file:
            YAML(typ="safe").dump(document, file)
    change_yaml(folder / "job.yaml", changes)
    for name, old, new in edits:
        own = folder / name
        own.parent.mkdir(exist_ok=True)
        text = (own if own.exists() else HOME / name).read_text("utf-8")
        assert old in text
        own.write_text(text.replace(old, new, 1), "utf-8")
    return folder


def write_mail(folder: Path, codes: Sequence[str | None], **columns: Sequence[Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    count = len(codes)
    frame = pl.DataFrame(
        {
            "key": list(range(count)),
            **{
                name: [text] * count
                for name, text in (
                    ("name", "Ann Lee"),
                    ("street", "1 Oak St"),
                    ("city", "Town"),
                    ("state", "NY"),
                    ("plus4", "0001"),
                    ("point", "01"),
                )
            },
            "code": codes,
            **columns,
        },
        schema_overrides={"key": pl.Int64, "code": pl.String, "name": pl.String},
    )
    text = [name for name in frame.columns if name != "key"]
    frame.with_columns(pl.col(text).cast(pl.String)).write_parquet(folder / "documents.parquet")
    return folder


def empty(folder: Path) -> Path:
    """An input folder without a file: whoever reads data fails by it."""
    (folder / "empty").mkdir(exist_ok=True)
    return folder / "empty"


@pytest.fixture
def typed(tmp_path: Path) -> Callable[..., Outcome]:
    """Give a command as it is typed, for a scheme, its edits and some codes; ``--out`` is ``tmp_path/out``."""

    def give(
        command: str,
        scheme: str = "us_fcm_letters",
        edits: Sequence[Edit] = (),
        codes: Sequence[str | None] = ("10001",) * 6,
        run_id: str = "1",
        columns: dict[str, Sequence[Any]] | None = None,
        **changes: Any,
    ) -> Outcome:
        job = write_job(tmp_path / "job", scheme, edits, **changes)
        data = write_mail(tmp_path / "data", codes, **(columns or {}))
        return call(command, job, "--input", data, "--out", tmp_path / "out", "--run-id", run_id, "--json")

    return give


def refused(done: Outcome, code: int, *parts: str) -> None:
    """One sentence with its place and the next step, the documented code, no stack, no person."""
    assert done.code == code, done.err
    record = done.record
    assert (record["status"], record["exit_code"]) == ("failed", code)
    assert record["where"]
    for part in parts:
        assert part in done.err
    assert "Traceback" not in done.err
    assert "Ann Lee" not in done.err + done.out


# ---- for each shipped scheme


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_minimum_of_zero_is_refused_before_anything_is_read(scheme: str, tmp_path: Path) -> None:
    name = f"schemes/{scheme}.yaml"
    text = (HOME / name).read_text()
    places = [m.group() for m in re.finditer(r"^ *minimum_pieces: [1-9][0-9]*\b", text, re.MULTILINE)]
    for place in dict.fromkeys(places):
        line = next(line for line in text.splitlines() if line.startswith(place))
        edits = [(name, f"\n{line}\n", f"\n{re.sub('[0-9]+', '0', place)}\n")]
        (tmp_path / "job" / name).unlink(missing_ok=True)
        # No input is there to be read: what is wrong with the scheme is said all the same.
        job = write_job(tmp_path / "job", scheme, edits)
        done = call("plan", job, "--input", empty(tmp_path), "--json", "--quiet")
        refused(done, 3, f"{scheme}.yaml:", "must be at least 1, not 0")
        assert "faults" not in done.err


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_piece_and_one_piece_are_lawful_and_no_piece_is_said(
    scheme: str, typed: Callable[..., Outcome], tmp_path: Path
) -> None:
    done = typed("run", scheme, codes=[])
    assert done.code == 0, done.err
    assert done.record["counts"]["pieces"] == 0
    assert "Nothing is printed: the input has no documents." in done.err
    assert not [name for name in files_below(tmp_path / "out") if name.endswith(".pdf")]
    code = CODES[plain("schemes", scheme)["postal_code"]][0]
    one = typed("plan", scheme, codes=[code])
    assert one.code == 0, one.err
    assert one.record["counts"]["pieces"] == 1
    assert "Nothing is printed" not in one.err


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_code_of_another_country_names_its_column_and_first_row(
    scheme: str, typed: Callable[..., Outcome], tmp_path: Path
) -> None:
    kind = plain("schemes", scheme)["postal_code"]
    strange = "1-2" if kind == "prefix" else CODES["gb" if kind != "gb" else "ca"][0]
    good = CODES[kind][0]
    mixed = typed("plan", scheme, codes=[good, strange, good])
    assert mixed.code == 0, mixed.err
    assert mixed.record["counts"]["rejected"] == 1
    done = typed("run", scheme, codes=[good, strange, strange, strange])
    refused(done, 4, "3 of 4 documents are rejected", "documents.parquet row 1, column code")
    assert strange not in done.err
    assert files_below(tmp_path / "out") == []


# ---- lists, dates, prices, trays, labels


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ((LIST, '"013-017",', '"013-018",'), "code 01800 stands in line"),
        ((LIST, '"013-017",', '"013-017, 015",'), "ranges overlap"),
        ((LIST, "Grace Date: 2024-09-30", "Grace Date: 2024-01-30"), "before its Effective Date"),
        ((LIST, "Effective Date: 2024-08-01", "Effective Date: 2024-09-01"), "but the scheme says 2024-08-01"),
        ((LIST, "SCF CENTRAL MA 015", "SCF " + "CENTRAL " * 60 + "MA 015"), "longer than 40 characters"),
        ((LIST, "SCF CENTRAL MA 015", "SCF \u202eCENTRAL MA 015"), "cannot be printed"),
        (
            (SCHEME, "effective: 2024-08-01", "effective: 2024-08-01\n    expires: 2024-07-31"),
            "the list expires on 2024-07-31, before it is effective",
        ),
        (
            (SCHEME, "  - effective: 2025-07-13", "  - effective: 2025-07-13\n    expires: 2025-07-12"),
            "the prices expire on 2025-07-12, before they are effective",
        ),
        ((SCHEME, "5d: 593, ", ""), "prices must name the levels"),
        ((SCHEME, "5d: 593", "5d: -593"), "'rates[0].prices.5d' must be at least 1, not -593."),
        ((SCHEME, "5d: 593", "5d: .nan"), "must be a whole number"),
        (
            (SCHEME, "    prices: {5d: 593, aadc: 641, maadc: 672}",
             "    prices: {5d: 593, aadc: 641, maadc: 672}\n"
             "  - {effective: 2025-07-13, source: x, confirmed: true, prices: {5d: 1, aadc: 1, maadc: 1}}"),
            "must rise from card to card",
        ),
        ((SCHEME, "inner_length: 21in", "inner_length: 999999999999999in"), "is longer than anything"),
        ((SCHEME, "inner_length: 21in", "inner_length: -21in"), "must be more than 0"),
        ((SCHEME, "inner_length: 21in", "inner_length: 0.2in"), "must be shorter than a full 2ft"),
        ((SCHEME, "inner_length: 21in", "inner_length: 21in, max_pieces: 0"), "must be at least 1, not 0"),
        ((SCHEME, '"MXD {origin}"', '"MXD {orign}"'), "in braces can stand destination, code, place, origin"),
        ((SCHEME, "content: FCM LTR 5D BC", "content: " + "FCM " * 20), "takes at most 40 characters"),
        ((SCHEME, 'basic:\n    ["040"', 'basic:\n    ["40"'), "service_types.basic[0]"),
        ((SCHEME, "residual: us_fcm_single", "residual: nobodys"), "no file 'nobodys.yaml'"),
    ],
)  # fmt: skip
def test_a_list_or_scheme_that_cannot_be_right_is_refused_before_anything_is_read(
    edit: Edit, said: str, tmp_path: Path
) -> None:
    job = write_job(tmp_path / "job", "us_fcm_letters", [edit])
    for command in ("plan", "check"):
        refused(call(command, job, "--input", empty(tmp_path), "--json", "--quiet"), 3, said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"streams.0.scheme": "gb_access_70", "streams.0.envelope": "DL"}, "sort by a UK postcode"),
        ({"streams.0.scheme": "us_fcm_single"}, "'format' must be 'printstream-scheme/1'"),
        ({"streams.0.envelope": "9x12"}, "no tray of scheme us_fcm_letters takes the envelope '9x12'"),
        ({"streams.0.envelope_weight_mg": -5}, "must be at least 0, not -5"),
        ({"mailing.origin": "NEW\nYORK"}, "a character that cannot be printed"),
        ({"mailing.origin": "NEW YORK " * 9}, "takes at most 40 characters"),
    ],
)
def test_streams_and_mailing_that_cannot_be_right_are_refused_before_anything_is_read(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    job = write_job(tmp_path / "job", "us_fcm_letters", **changes)
    refused(call("plan", job, "--input", empty(tmp_path), "--json", "--quiet"), 3, said)


def test_dates_beyond_those_of_list_and_prices_are_loud_and_the_run_goes_on(
    typed: Callable[..., Outcome],
) -> None:
    for day, said in (
        ("0001-01-01", ("prices are effective only from 2025-07-13", "is effective only from 2024-08-01")),
        ("2024-10-01", ("EXPIRED on 2024-09-30", "prices are effective only from")),
        ("9999-12-31", ("EXPIRED on 2024-09-30",)),
    ):
        done = typed("plan", production_date=day)
        assert done.code == 0, done.err
        for words in said:
            assert words in done.err


def test_a_label_that_is_too_long_keeps_its_postal_code(
    typed: Callable[..., Outcome], tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    done = typed(
        "run", codes=["10001"] * 600, columns={"city": ["Llanfairpwllgwyngyllgogerychwyrn" * 2] * 600}
    )
    assert done.code == 0, done.err
    labels = tmp_path / "out" / "t" / "1" / "postal" / "tray-labels.pdf"
    text = subprocess.run(
        [require_tool("pdftotext"), labels, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert re.match(r"LLANFAIRPWLL\w+ 10001\n", text), text[:80]


# ---- barcodes


def test_numbers_that_run_over_the_end_are_refused_without_a_register(
    typed: Callable[..., Outcome], tmp_path: Path
) -> None:
    last = typed("run", **{"mailing.first_serial": 999_999_994})
    assert last.code == 0, last.err
    codes = pl.read_parquet(tmp_path / "out" / "t" / "1" / "manifest.parquet")["postal_barcode"]
    assert sorted(code[11:20] for code in codes)[-1] == "999999999"
    for first in (999_999_995, 9_999_999_999):
        done = typed("run", run_id="2", **{"mailing.first_serial": first})
        refused(done, 3, "job.mailing.first_serial", "the code's last is 999,999,999")
        assert not files_below(tmp_path / "out" / "t" / "2")


def test_numbers_at_the_end_of_a_register_are_free_again_after_45_days(
    typed: Callable[..., Outcome], tmp_path: Path
) -> None:
    settings: dict[str, Any] = {
        "mailing.first_serial": 999_999_990,
        "mailing.serials": {"folder": "register"},
    }
    for number, (day, code) in enumerate(
        (("2026-03-01", 0), ("2026-03-02", 3), ("2026-04-14", 3), ("2026-04-15", 0))
    ):
        done = typed("run", run_id=str(number), production_date=day, **settings)
        assert done.code == code, done.err
        if code:
            refused(done, 3, "register imb-123456", "numbers up to 999,999,996 were used within 45 days")


@pytest.mark.parametrize(
    ("scheme", "service_type", "fits"),
    [
        ("us_fcm_letters", "300", True),
        ("us_fcm_letters", "270", True),
        ("us_fcm_letters", "271", False),
        ("us_fcm_letters", "999", False),
        ("us_mm_letters", "301", True),
        ("us_mm_letters", "300", False),
    ],
)
def test_a_service_type_of_another_class_is_said(
    scheme: str, service_type: str, *, fits: bool, typed: Callable[..., Outcome]
) -> None:
    done = typed("plan", scheme, **{"mailing.service_type": service_type})
    assert done.code == 0, done.err
    assert fits != (f"service_type {service_type} is none" in done.err)


# ---- people


def test_names_that_cannot_be_printed_are_rejects_with_their_reason(
    typed: Callable[..., Outcome], tmp_path: Path
) -> None:
    names = [
        "Zoë O'Neill",
        "Ann \U0001f600",
        "\u202eEvil",
        "\u0645\u062d\u0645\u062f",
        " ",
        "\u3000",
        "\u00a0",
    ]
    done = typed("run", codes=["10001"] * 7, columns={"name": names}, **{"input.reject_limit.share": "0.9"})
    assert done.code == 0, done.err
    rejects = pl.read_parquet(tmp_path / "out" / "t" / "1" / "rejects.parquet")
    assert rejects.sort("row").select("row", "column").rows() == [(k, "name") for k in range(1, 7)]
    reasons = dict(rejects.select("row", "reason").iter_rows())
    assert all("no glyph for U+" in reasons[k] for k in (1, 2, 3))
    assert all("empty" in reasons[k] for k in (4, 5, 6))


def test_add_ons_of_zeros_are_a_code_and_strange_ones_are_rejects(typed: Callable[..., Outcome]) -> None:
    done = typed("plan", columns={"plus4": ["0000"] * 6, "point": ["00"] * 6})
    assert done.record["counts"]["printed"] == 6
    bad = ["00A0", "12", "12345", "-001", "１２３４", "٠١٢٣"]
    done = typed("plan", columns={"plus4": bad}, **{"input.reject_limit.share": "1"})
    assert done.record["counts"]["rejected"] == 6


def test_a_household_of_500_documents_is_one_piece_with_a_warning_about_its_price(
    typed: Callable[..., Outcome],
) -> None:
    done = typed("plan", codes=["10001"] * 500, household={})
    assert done.code == 0, done.err
    assert done.record["counts"]["pieces"] == 1
    assert "that price is charged, which is too low" in done.err
    limited = typed("plan", codes=["10001"] * 500, household={"max_documents": 4})
    assert limited.record["counts"]["pieces"] == 125


def test_an_insert_without_stock_goes_nowhere_and_one_over_the_step_stays_out(
    typed: Callable[..., Outcome], tmp_path: Path
) -> None:
    inserts = [
        {"name": "gone", "weight_mg": 100, "thickness_um": 50, "stock": 0},
        {"name": "heavy", "weight_mg": 80_000, "thickness_um": 50},
        {"name": "light", "weight_mg": 100, "thickness_um": 50, "stock": 2},
    ]
    done = typed("run", inserts=inserts)
    assert done.code == 0, done.err
    manifest = pl.read_parquet(tmp_path / "out" / "t" / "1" / "manifest.parquet")
    weights = sorted(manifest["weight_mg"])
    assert weights[-1] == weights[0] + 100
    assert weights.count(weights[-1]) == 2
