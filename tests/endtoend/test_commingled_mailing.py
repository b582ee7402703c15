"""Three clients sorted together, from their inputs to print files, trays and invoices."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pypdfium2 as pdfium
import pytest

from printstream import papers, ticket
from printstream.base.errors import BalanceError
from tests.judges.commingled import Mailing, as_sorted, fair_shares, postage, rules_of
from tests.judges.maildat import FileSet
from tests.judges.nights import ROOT, Outcome, call, change_yaml, files_below, shared

MAILING = ROOT / "jobs" / "commingled"
CLIENTS = ("harbor-gas", "lakeside-clinic", "northfield-college")
RULES = rules_of("us_fcm_letters", date(2025, 8, 1))
BRANDS = {
    "harbor-gas": "Harbor Gas Works",
    "lakeside-clinic": "Lakeside Clinic",
    "northfield-college": "Northfield College",
}


@pytest.fixture(scope="module")
def data(common: Path) -> Path:
    def make(out: Path) -> None:
        script = ROOT / "fixtures" / "clients.py"
        subprocess.run([sys.executable, str(script), "--scale", "0.55", "--out", str(out)], check=True)

    return shared(common, "clients", make)


def go(command: str, out: Path, *words: object) -> Outcome:
    return call(command, *words, "--out", out, "--run-id", "1", "--quiet", "--json")


@pytest.fixture(scope="module")
def made(common: Path, data: Path) -> Mailing:
    def make(out: Path) -> None:
        done = go("run", out, MAILING, "--input", data)
        assert done.code == 0, done.err

    return Mailing(shared(common, "commingled", make) / "autumn" / "1", data)


# ---- nothing lost, nothing doubled


def test_every_document_is_in_one_envelope_of_the_mailing_or_rejected(made: Mailing, data: Path) -> None:
    expected = json.loads((data / "expected.json").read_text())
    for job in CLIENTS:
        mine = made.pieces.filter(pl.col("job") == job)
        rejects = pl.read_parquet(made.folder / "jobs" / job / "rejects.parquet")
        ids = [*mine["document_id"], *rejects["document_id"]]
        assert sorted(ids) == sorted(made.data[job]["customer"].cast(pl.String))
        assert mine.height == expected[job]["printed"]
        run = json.loads((made.folder / "jobs" / job / "run.json").read_text())
        counts = run["counts"]
        assert (counts["documents_in"], counts["printed"], counts["rejected"]) == (
            expected[job]["documents"], expected[job]["printed"], 1,
        )  # fmt: skip
        assert sorted(mine["piece_id"]) == list(range(1, mine.height + 1))
    assert made.pieces["mailing_sequence"].to_list() == list(range(made.pieces.height))
    assert made.pieces["postal_barcode"].str.slice(0, 20).n_unique() == made.pieces.height


def test_each_job_is_a_run_folder_that_verifies_alone(made: Mailing) -> None:
    for job in CLIENTS:
        done = call("verify", made.folder / "jobs" / job, "--quiet")
        assert done.code == 0, done.err
    assert call("verify", made.folder, "--quiet").code == 0
    assert call("verify", made.folder / "mailing.json", "--json").record["pieces"] == made.pieces.height


def test_each_job_is_drawn_with_its_own_template_on_its_own_stock(made: Mailing) -> None:
    sizes = {"harbor-gas": (1296, 864), "lakeside-clinic": (612, 792), "northfield-college": (1296, 864)}
    for job in CLIENTS:
        folder = made.folder / "jobs" / job
        first = made.manifests[job].sort("sequence").row(0, named=True)
        file = pdfium.PdfDocument(folder / "spool" / "0001.pdf")
        try:
            side = file[first["first_side"]]
            text = side.get_textpage().get_text_bounded()
            assert (round(side.get_width()), round(side.get_height())) == sizes[job]
        finally:
            file.close()
        assert {name for name, brand in BRANDS.items() if brand in text} == {job}
        row = (
            made.data[job]
            .filter(pl.col("customer").cast(pl.String) == first["document_id"])
            .row(0, named=True)
        )
        assert row["name"] in text
        assert row["street"] in text


# ---- trays


def test_trays_are_those_of_the_brute_force_twin_on_the_union(made: Mailing) -> None:
    documents = made.documents()
    pieces, trays = as_sorted(made, documents, RULES)
    told = made.pieces.select("job", "document_id", "presort_level", "tray_id", "postage_mills").rows()
    mine = [documents[p["document"]] for p in pieces]
    assert told == [
        (d["job"], d["id"], p["presort_level"], p["tray_id"], p["postage_mills"])
        for d, p in zip(mine, pieces, strict=True)
    ]
    names = [
        "tray_id",
        "presort_level",
        "tray_type",
        "first_sequence",
        "pieces",
        "thickness_um",
        "weight_mg",
        "full",
    ]
    assert made.trays.select(names).rows() == [tuple(t[n] for n in names) for t in trays]


def test_the_merge_list_fills_every_tray_from_runs_of_each_jobs_envelopes(made: Mailing) -> None:
    """What a person at the line does: takes envelopes in the order in which they come, and never looks back."""
    merge = pl.read_csv(made.folder / "merge.csv")
    taken = dict.fromkeys(CLIENTS, 0)
    mixed = 0
    for tray in made.trays["tray_id"]:
        rows = merge.filter(pl.col("tray_id") == tray)
        mixed += rows.height > 1
        inside = made.pieces.filter(pl.col("tray_id") == tray)
        for row in rows.iter_rows(named=True):
            assert row["first_piece"] == taken[row["job"]] + 1
            taken[row["job"]] = row["last_piece"]
            own = made.manifests[row["job"]].filter(
                pl.col("piece_id").is_between(row["first_piece"], row["last_piece"])
            )
            assert own["tray_id"].unique().to_list() == [tray]
            assert set(own["document_id"]) == set(inside.filter(pl.col("job") == row["job"])["document_id"])
            assert set(own["spool"]) <= set(range(row["spool_first"], row["spool_last"] + 1))
        assert rows["pieces"].sum() == inside.height
    assert taken == {job: made.manifests[job].height for job in CLIENTS}
    assert mixed >= 4


def test_tray_labels_say_whose_mail_lies_in_the_tray(made: Mailing) -> None:
    file = pdfium.PdfDocument(made.folder / "postal" / "tray-labels.pdf")
    try:
        text = " ".join(side.get_textpage().get_text_bounded() for side in file)
    finally:
        file.close()
    merge = pl.read_csv(made.folder / "merge.csv")
    named = 0
    for tray, pieces in made.trays.filter(pl.col("tray_type") != "none").select("tray_id", "pieces").rows():
        rows = merge.filter(pl.col("tray_id") == tray).sort("job")
        words = " · ".join(f"{job} {count:,}" for job, count in rows.select("job", "pieces").rows())
        assert f"Tray {tray} · " in text
        assert (
            f"{pieces:,} pieces {words}" in text
            or f"{pieces:,} pieces {rows.height} jobs, see merge list" in text
        )
        named += words in text
    assert named >= 5
    listed = pl.read_csv(made.folder / "postal" / "trays.csv", schema_overrides={"tray_barcode": pl.String})
    # Trays are the preparer's, not a client's.
    assert set(listed["tray_barcode"].str.slice(9, 6)) == {"100009"}
    assert listed["pieces"].to_list() == made.trays.filter(pl.col("tray_type") != "none")["pieces"].to_list()
    for job in CLIENTS:
        assert not (made.folder / "jobs" / job / "postal").exists()


# ---- money


def test_what_each_job_costs_alone_and_its_fair_share_are_the_twins(made: Mailing) -> None:
    documents = made.documents()
    alone = [postage([d for d in documents if d["job"] == job], RULES) for job in CLIENTS]
    shares = fair_shares(documents, CLIENTS, RULES)
    accounts = pl.read_csv(made.folder / "accounts.csv")
    assert accounts["alone_mills"].to_list() == alone
    assert accounts["share_mills"].to_list() == shares
    assert min(shares) > 0
    assert sum(shares) == sum(alone) - postage(documents, RULES)
    assert made.record["saved_mills"] == sum(shares)
    (row,) = made.record["classes"]
    assert (row["method"], row["losers"], row["in_core"]) == ("exact", [], True)


def test_invoices_add_up_from_the_pieces_to_what_the_post_is_paid(made: Mailing) -> None:
    assert (
        made.pieces["invoice_mills"].sum()
        == made.pieces["postage_mills"].sum()
        == made.record["postage_mills"]
    )
    assert (made.pieces["alone_mills"] - made.pieces["share_mills"] == made.pieces["invoice_mills"]).all()
    paid = pl.read_csv(made.folder / "postal" / "postage.csv")
    assert (paid["pieces"].sum(), paid["postage_mills"].sum()) == (
        made.pieces.height,
        made.record["postage_mills"],
    )
    for account in made.record["jobs"]:
        manifest = made.manifests[account["job"]]
        assert manifest["invoice_mills"].sum() == account["invoice_mills"]
        assert manifest["share_mills"].sum() == account["share_mills"]
        run = json.loads((made.folder / account["folder"] / "run.json").read_text())
        said = run["commingled"]
        assert (said["share_mills"], said["invoice_mills"]) == (
            account["share_mills"],
            account["invoice_mills"],
        )
        # Equal pieces of a client bear equal parts, to the mill.
        spans = manifest.group_by("alone_mills").agg(
            (pl.col("share_mills").max() - pl.col("share_mills").min()).alias("span")
        )
        assert spans["span"].max() <= 1


def test_the_mail_dat_names_each_owner_and_the_one_who_pays(made: Mailing) -> None:
    files = FileSet(made.folder / "postal" / "maildat")
    assert files.faults == []
    (account,) = files.rows["mpa"]
    assert account["MPA-1122"].strip() == "1000009"
    owner = {row["CPT-1004"]: (row["CPT-1101"].strip(), row["CPT-1149"].strip()) for row in files.rows["cpt"]}
    component = {row["MCR-1003"]: row["MCR-1004"] for row in files.rows["mcr"]}
    counted: dict[tuple[str, str], int] = {}
    for row in files.rows["cqt"]:
        who = owner[component[row["CQT-1003"]]]
        counted[who] = counted.get(who, 0) + int(row["CQT-1103"])
    numbers = dict(zip(CLIENTS, ("2000001", "2000002", "2000003"), strict=True))
    trayed = made.pieces.filter(pl.col("presort_level") != "single")
    assert counted == {(BRANDS[j], numbers[j]): trayed.filter(pl.col("job") == j).height for j in CLIENTS}
    tray_of = {int(q["CQT-1034"]): int(q["CQT-1006"]) for q in files.rows["cqt"]}
    listed = [(tray_of[cqt], barcode) for cqt, _, barcode in files.pieces()]
    assert listed == list(trayed.select("tray_id", "postal_barcode").iter_rows())


def test_a_plan_gives_the_same_figures_and_writes_nothing(made: Mailing, data: Path, tmp_path: Path) -> None:
    done = go("plan", tmp_path / "out", MAILING, "--input", data)
    assert done.code == 0, done.err
    told = done.record["mailing"]
    assert told["status"] == "planned"
    for name in ("pieces", "trays", "postage_mills", "saved_mills", "jobs", "classes"):
        assert told[name] == made.record[name]
    assert not (tmp_path / "out").exists()


# ---- the same bytes


@pytest.mark.long
def test_neither_the_order_of_jobs_nor_the_workers_change_a_byte(
    made: Mailing, data: Path, tmp_path: Path
) -> None:
    """Named one by one, in another order, each with its input."""
    order = [CLIENTS[2], CLIENTS[0], CLIENTS[1]]
    words: list[object] = [MAILING / job for job in order]
    for job in order:
        words += ["--input", data / job]
    done = go("run", tmp_path, *words, "--workers", "1")
    assert done.code == 0, done.err
    other = tmp_path / "+".join(CLIENTS) / "1"
    assert pl.read_parquet(other / "pieces.parquet").equals(made.pieces)
    for name in files_below(made.folder):
        if "/spool/" in name or name in ("merge.csv", "accounts.csv", "coalitions.csv", "trays.parquet"):
            assert (other / name).read_bytes() == (made.folder / name).read_bytes(), name
    warned = json.loads((other / "mailing.json").read_text())["warnings"]
    assert not any("Mail.dat" in sentence for sentence in warned)
    assert not (other / "postal" / "maildat").exists()


# ---- all or nothing


def copied(tmp_path: Path, changes: dict[str, dict[str, Any]]) -> Path:
    """The mailing with settings of jobs changed."""
    folder = tmp_path / "mailing"
    shutil.copytree(MAILING, folder)
    for job, own in changes.items():
        change_yaml(folder / job / "job.yaml", own)
    return folder


def test_a_job_that_fails_late_takes_the_whole_mailing_with_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = papers.check_money

    def fail(plan: Any, produced: Any) -> None:
        check(plan, produced)
        if plan.order.job.name == CLIENTS[2]:
            what = "documents state another total"
            raise BalanceError(what)

    monkeypatch.setattr(papers, "check_money", fail)
    done = go("run", tmp_path / "out", MAILING, "--input", data)
    assert done.code == 5
    assert files_below(tmp_path / "out") == []


@pytest.mark.long
def test_a_disk_that_fails_at_the_last_record_leaves_no_job_released(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = ticket.write_run_json

    def fail(run_dir: Path, *rest: Any) -> Path:
        if run_dir.name == CLIENTS[2]:
            raise OSError(28, "No space left on device")
        return write(run_dir, *rest)

    monkeypatch.setattr(ticket, "write_run_json", fail)
    done = go("run", tmp_path / "out", MAILING, "--input", data)
    assert done.code == 6
    assert files_below(tmp_path / "out") == []


def test_rejects_beyond_a_jobs_limit_end_the_mailing(data: Path, tmp_path: Path) -> None:
    folder = copied(tmp_path, {CLIENTS[1]: {"input.reject_limit": {"count": 0}}})
    done = go("run", tmp_path / "out", folder, "--input", data)
    assert done.code == 4
    assert files_below(tmp_path / "out") == []


def test_a_mailing_is_not_made_over_another(made: Mailing, data: Path) -> None:
    before = files_below(made.folder)
    done = go("run", made.folder.parents[1], MAILING, "--input", data)
    assert done.code == 2
    assert "there is a mailing '1' already" in done.err
    assert files_below(made.folder) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("merge.csv", "merge.csv has changed"),
        ("jobs/lakeside-clinic/run.json", "run.json has changed"),
        ("jobs/harbor-gas/manifest.parquet", "manifest.parquet has changed"),
        ("postal/trays.csv", "trays.csv has changed"),
    ],
)
def test_verify_sees_a_changed_file(made: Mailing, tmp_path: Path, name: str, words: str) -> None:
    shutil.copytree(made.folder, tmp_path / "1")
    content = bytearray((tmp_path / "1" / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "1" / name).write_bytes(bytes(content))
    done = call("verify", tmp_path / "1", "--quiet")
    assert done.code == 5
    assert words in done.err


def test_verify_sees_an_account_that_was_changed_with_its_seal(made: Mailing, tmp_path: Path) -> None:
    """A forger seals his work; the sums over the pieces give him away."""
    import hashlib

    shutil.copytree(made.folder, tmp_path / "1")
    forged = made.pieces.with_columns(pl.col("invoice_mills") + (pl.col("mailing_sequence") == 7))
    path = tmp_path / "1" / "pieces.parquet"
    forged.write_parquet(path)
    record = json.loads((tmp_path / "1" / "mailing.json").read_text())
    content = path.read_bytes()
    record["files"]["pieces.parquet"] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (tmp_path / "1" / "mailing.json").write_text(json.dumps(record))
    done = call("verify", tmp_path / "1", "--quiet")
    assert done.code == 5
    assert "account of job" in done.err


# ---- what cannot be one mailing


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"production_date": "2025-08-02"}, "are mailed on different days"),
        ({"mailing.origin": "NEWARK NJ 071"}, "are entered at different places"),
        ({"mailing.barcode": "none"}, "codes of different kinds"),
        ({"name": CLIENTS[0]}, "have the name 'harbor-gas'"),
        (
            {"mailing.mailer_id": "200001", "mailing.serials": {"folder": "register"}},
            "out of different registers",
        ),
        ({"mailing.barcode_id": "99"}, "barcode_id"),
    ],
)
def test_jobs_that_are_no_one_mailing_are_refused(
    data: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    folder = copied(tmp_path, {CLIENTS[1]: changes})
    done = go("run", tmp_path / "out", folder, "--input", data)
    assert done.code == 3
    assert words in done.err
    assert files_below(tmp_path / "out") == []


def test_schemes_of_one_name_must_be_one_scheme(data: Path, tmp_path: Path) -> None:
    folder = copied(tmp_path, {})
    shipped = ROOT / "printstream" / "presort"
    shutil.copytree(shipped / "schemes", folder / CLIENTS[2] / "schemes")
    own = folder / CLIENTS[2] / "schemes" / "us_fcm_letters.yaml"
    own.write_text(
        own.read_text().replace("{5d: 593, aadc: 641, maadc: 672}", "{5d: 590, aadc: 641, maadc: 672}")
    )
    done = go("plan", tmp_path / "out", folder, "--input", data)
    assert done.code == 3
    assert "'us_fcm_letters' of job northfield-college is not that of the jobs before it" in done.err


def test_a_mail_dat_needs_to_know_whose_mail_it_is(data: Path, tmp_path: Path) -> None:
    folder = copied(tmp_path, {})
    change_yaml(folder / "mailing.yaml", {"jobs.1.owner": None})
    done = go("plan", tmp_path / "out", folder, "--input", data)
    assert done.code == 3
    assert "not known whose mail job lakeside-clinic is" in done.err


@pytest.mark.long
def test_two_clients_of_one_mailer_get_numbers_of_their_own(data: Path, tmp_path: Path) -> None:
    same = {"mailing.mailer_id": "200001"}
    folder = copied(tmp_path, {CLIENTS[1]: same, CLIENTS[2]: same | {"mailing.first_serial": 5_000}})
    register = tmp_path / "register"
    for k, words in enumerate(([], ["--serials", register])):
        done = call(
            "run", folder, "--input", data, "--out", tmp_path / "out", "--run-id", k, "--quiet", *words
        )
        assert done.code == 0, done.err
        pieces = pl.read_parquet(tmp_path / "out" / "autumn" / str(k) / "pieces.parquet")
        serial = pieces["postal_barcode"].str.slice(11, 9).cast(pl.Int64)
        assert serial.n_unique() == pieces.height
        spans = (
            pieces.with_columns(serial.alias("serial"))
            .group_by("job")
            .agg(pl.col("serial").min().alias("first"), pl.col("serial").max().alias("last"), pl.len())
        )
        assert (spans["last"] - spans["first"] + 1 == spans["len"]).all()
        if not words:
            assert spans.filter(pl.col("job") == CLIENTS[2])["first"].item() == 5_000
    assert sorted(path.name for path in register.iterdir()) == ["imb-200001.jsonl", "tray-100009.jsonl"]


# ---- other mail


@pytest.mark.long
def test_documents_that_share_envelopes_keep_their_accounts(
    common: Path, night_input: Path, tmp_path: Path
) -> None:
    jobs = ROOT / "jobs"
    done = go("run", tmp_path, jobs / "statement", jobs / "household", "--input", night_input)
    assert done.code == 0, done.err
    folder = tmp_path / "household+statement" / "1"
    assert call("verify", folder, "--quiet").code == 0
    pieces = pl.read_parquet(folder / "pieces.parquet")
    for job in ("household", "statement"):
        manifest = pl.read_parquet(folder / "jobs" / job / "manifest.parquet")
        mine = pieces.filter(pl.col("job") == job)
        assert manifest["piece_id"].n_unique() == mine.height
        for name in ("invoice_mills", "postage_mills", "weight_mg", "sheets"):
            assert manifest[name].sum() == mine[name].sum(), name
    assert "No Mail.dat is made" in done.err
    # One mailer, no register: the second job's numbers follow the first's.
    assert pieces["postal_barcode"].str.slice(0, 20).n_unique() == pieces.height
    # Flats and boxes have no scheme: they stay with their job, at the price that they have alone.
    apart = pieces.filter(pl.col("stream") != "letter")
    assert apart.height > 0
    assert (apart["alone_mills"] == apart["postage_mills"]).all()
    assert apart["share_mills"].sum() == 0
    assert call("floor", folder / "jobs" / "household", "--sample", "40", "--quiet").code == 0


def test_mail_that_would_cost_more_together_stays_apart(tmp_path: Path) -> None:
    """300 letters to one Leitregion are a Dialogpost mailing; with 40 to others among them they are none (500 are needed)."""
    jobs = []
    for name, codes in (("berlin", ["10115"] * 300), ("others", ["80331"] * 20 + ["20095"] * 20)):
        shutil.copytree(ROOT / "jobs" / "de-dialogpost", tmp_path / name)
        change_yaml(tmp_path / name / "job.yaml", {"name": name})
        (tmp_path / name / "data").mkdir()
        people = {
            "customer": range(len(codes)), "title": "Frau", "name": "Ada Groß", "greeting": "Sehr geehrte Frau Groß,",
            "street": "Hauptstraße 1", "town": "Stadt", "plz": codes, "voucher": "ABCDEFGH",
        }  # fmt: skip
        pl.DataFrame(people).write_parquet(tmp_path / name / "data" / "documents.parquet")
        jobs.append(tmp_path / name)
    done = go("plan", tmp_path / "out", *jobs)
    assert done.code == 0, done.err
    told = done.record["mailing"]
    (row,) = told["classes"]
    assert row["method"] == "none"
    assert row["together_mills"] > row["apart_mills"] == told["postage_mills"]
    assert told["saved_mills"] == 0
    assert [job["share_mills"] for job in told["jobs"]] == [0, 0]
    assert "the mail of berlin, others would cost more; it stays apart" in done.err


def small_job(folder: Path, name: str, counts: dict[str, int]) -> Path:
    """The college's letter to so many people in each ZIP Code."""
    shutil.copytree(MAILING / "northfield-college", folder / name)
    change_yaml(folder / name / "job.yaml", {"name": name})
    (folder / name / "data").mkdir()
    zips = [zip5 for zip5, count in counts.items() for _ in range(count)]
    people = {
        "customer": range(len(zips)), "name": "Ada Sato", "street": "1 Elm Street", "city": "X", "state": "NY", "zip5": zips,
        "zip4": "0001", "delivery_point": "01", "class_of": 1999, "ask_cents": 2500,
    }  # fmt: skip
    pl.DataFrame(people).write_parquet(folder / name / "data" / "documents.parquet")
    return folder / name


def test_only_those_are_sorted_together_for_whom_it_is_best(tmp_path: Path) -> None:
    """B's one letter to 10001 would go with A's to 5-digit, and leave its 149 others too few for AADC; A and C help each other."""
    jobs = [
        small_job(tmp_path, "a", {"10001": 150, "60601": 400, "94105": 100}),
        small_job(tmp_path, "b", {"10001": 1, "10451": 149, "60601": 400}),
        small_job(tmp_path, "c", {"60601": 500, "94105": 60}),
    ]
    done = go("plan", tmp_path / "out", *jobs)
    assert done.code == 0, done.err
    told = done.record["mailing"]
    together, apart = told["classes"]
    assert (together["jobs"], apart["jobs"], apart["method"]) == (["a", "c"], ["b"], "none")
    # 160 letters to 94105 are 5-digit: 0.593 instead of 0.672.
    assert together["saved_mills"] == 160 * (672 - 593)
    assert [job["share_mills"] for job in told["jobs"]] == [80 * 79, 0, 80 * 79]
    # All together would save 150 x 0.031 less.
    assert apart["apart_mills"] - apart["together_mills"] == 160 * 79 - (149 * 31 - 48)
    assert "the mail of b would cost more; it stays apart" in done.err


@pytest.mark.parametrize("rule", ["drawn", "proportional"])
def test_other_ways_to_share_add_up_too(made: Mailing, data: Path, tmp_path: Path, rule: str) -> None:
    folder = copied(tmp_path, {})
    sharing = {"exact_up_to": 2, "permutations": 500} if rule == "drawn" else {"rule": "proportional"}
    change_yaml(folder / "mailing.yaml", {"sharing": sharing})
    done = go("plan", tmp_path / "out", folder, "--input", data)
    assert done.code == 0, done.err
    told = done.record["mailing"]
    assert told["classes"][0]["method"] == rule
    assert sum(job["share_mills"] for job in told["jobs"]) == made.record["saved_mills"]
    assert (
        sum(job["invoice_mills"] for job in told["jobs"])
        == told["postage_mills"]
        == made.record["postage_mills"]
    )
    alone, saved = told["alone_postage_mills"], told["saved_mills"]
    for job, exact in zip(told["jobs"], made.record["jobs"], strict=True):
        if rule == "proportional":
            assert abs(job["share_mills"] - saved * job["alone_mills"] / alone) < 1
        else:
            assert 0 < job["standard_error_mills"] < 800
            assert abs(job["share_mills"] - exact["share_mills"]) < 4.5 * job["standard_error_mills"]
