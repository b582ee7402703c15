"""A job of three document types, read off the finished sheets: who gets which documents, in which order."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fixtures.policies import write
from printstream.base.errors import BalanceError
from printstream.enclosures import check_types
from tests.judges.marks import postal_digits, read_codes
from tests.judges.nights import Outcome, call, change_yaml, files_below, shared
from tests.judges.press import Night, Sheet
from tests.judges.statement import ROOT
from tests.reference.imb import decode_imb
from tests.reference.matching import Kind, Sheaf, matched_by_hand

JOB = ROOT / "jobs" / "policy"
KINDS = [Kind("statement", required=True), Kind("letter", required=False), Kind("terms", True, "statement")]
PLACE = ("street", "city", "state", "zip5", "zip4", "delivery_point")
TITLES = {"statement": "Your renewal", "letter": "With kind regards,", "terms": "The terms of your policy"}


def job_with(folder: Path, changes: dict[str, Any]) -> Path:
    shutil.copytree(JOB, folder)
    change_yaml(folder / "job.yaml", {"input.reject_limit.share": "1", **changes})
    return folder


@pytest.fixture(scope="module")
def policies(common: Path) -> Path:
    return shared(common, "policies", lambda out: write(out, 40))


@pytest.fixture(scope="module")
def made(common: Path, policies: Path) -> Path:
    def make(out: Path) -> None:
        job = job_with(out / "job", {})
        done = call("run", job, "--input", policies, "--out", out, "--run-id", "1", "--quiet", "--json")
        assert done.code == 0, done.err

    return shared(common, "policy-run", make) / "policy" / "1"


@pytest.fixture(scope="module")
def paper(made: Path) -> Iterator[Night]:
    opened = Night(made)
    yield opened
    opened.files.close()


@pytest.fixture(scope="module")
def rows(policies: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The input's rows by type and key."""
    tables = (
        ("statement", "statements", "policy_no"),
        ("letter", "letters", "letter_no"),
        ("terms", "terms", "policy_no"),
    )
    return {
        (kind, str(row[key])): row
        for kind, file, key in tables
        for row in pl.read_parquet(policies / f"{file}.parquet").iter_rows(named=True)
    }


@pytest.fixture(scope="module")
def by_hand(
    rows: dict[tuple[str, str], dict[str, Any]],
) -> tuple[list[list[tuple[str, str]]], dict[str, int]]:
    """Envelopes, and documents of each type that leave, the ones with a wrong ZIP Code first."""
    sheaves = []
    wrong = {"statement": 0, "letter": 0, "terms": 0}
    for (kind, key), row in rows.items():
        if kind != "terms" and len(row["zip5"]) != 5:
            wrong[kind] += 1
            continue
        who = None if kind == "terms" else "|".join(row[name] for name in ("name", *PLACE))
        sheaves.append(Sheaf(kind, str(row.get("policy", row.get("policy_no"))), who, key))
    envelopes, left = matched_by_hand(KINDS, sheaves, one_addressee=True)
    return [[(d.kind, str(d.name)) for d in own] for own in envelopes], {
        k: left[k] + n for k, n in wrong.items()
    }


def test_each_envelope_holds_the_documents_of_one_policy_in_the_stated_order(
    paper: Night, by_hand: tuple[list[list[tuple[str, str]]], dict[str, int]]
) -> None:
    found: dict[int, list[tuple[str, str]]] = {}
    last = (-1, -1)
    for row in paper.manifest.iter_rows(named=True):
        own = found.setdefault(row["piece_id"], [])
        own.append((row["type"], row["document_id"]))
        assert row["enclosure"] == len(own)
        # They follow one another on the sheets of one stack.
        assert (row["piece_id"], row["first_sheet"]) > last
        last = row["piece_id"], row["first_sheet"]
    assert sorted(found.values()) == sorted(by_hand[0])
    assert {len(own) for own in found.values()} == {2, 3}


def test_what_leaves_is_listed_with_its_type_and_balances(
    made: Path, policies: Path, by_hand: tuple[list[list[tuple[str, str]]], dict[str, int]]
) -> None:
    record = json.loads((made / "run.json").read_text())
    expected = json.loads((policies / "expected.json").read_text())["types"]
    rejects = pl.read_parquet(made / "rejects.parquet")
    assert [row["name"] for row in record["types"]] == ["statement", "letter", "terms"]
    for row in record["types"]:
        counts = {"documents_in": row["documents_in"], **row["documents"]}
        assert {name: counts[name] for name in expected[row["name"]]} == expected[row["name"]]
        assert (
            counts["rejected"]
            == by_hand[1][row["name"]]
            == rejects.filter(pl.col("type") == row["name"]).height
        )
        assert row["money_in_cents"] == sum(row["money_out_cents"].values())
    reasons = set(rejects["reason"])
    assert {
        "its match has no statement to print",
        "its match has no terms to print",
        "the match is there more than once in this type",
        "the documents of its match have different addressees",
        "the ZIP is not five digits",
    } == reasons
    assert record["counts"]["documents_in"] == sum(row["documents_in"] for row in record["types"])
    assert record["household"]["envelopes_saved"] == record["counts"]["printed"] - record["counts"]["pieces"]
    assert record["household"]["postage_saved_mills"] > 0
    assert call("verify", made).code == 0


@pytest.fixture(scope="module")
def printed(paper: Night) -> list[tuple[dict[str, Any], list[list[str]]]]:
    """Each document's row of the manifest, and the texts of its pages, blank backs left out."""
    found = []
    for row in paper.manifest.iter_rows(named=True):
        pages = [[run.text for run in page] for page in paper.document_pages(row)]
        found.append((row, [page for page in pages if page]))
    return found


def test_every_page_says_whose_and_which_document_it_is(
    printed: list[tuple[dict[str, Any], list[list[str]]]], rows: dict[tuple[str, str], dict[str, Any]]
) -> None:
    for row, pages in printed:
        own = rows[row["type"], row["document_id"]]
        policy = str(own.get("policy", own.get("policy_no")))
        statement = rows["statement", policy]
        assert len(pages) == row["pages"]
        for number, page in enumerate(pages, 1):
            assert any(policy in text for text in page), (row, page)
            counted = f"{number} of {row['pages']}"
            assert row["type"] == "letter" or any(counted in text for text in page)
        first = pages[0]
        assert [kind for kind, title in TITLES.items() if title in first] == [row["type"]]
        if row["type"] == "terms":
            assert f"{own['product_name']} of {statement['name']}" in first
        else:
            address = [
                own["name"],
                own["street"],
                f"{own['city']} {own['state']} {own['zip5']}-{own['zip4']}",
            ]
            assert all(line in first for line in address)
            assert [line.upper() for line in address[:2]] == [statement["name"].upper(), statement["street"]]
        codes = [text for text in first if len(text) == 65 and not set(text) - set("TDAF")]
        leads = row["enclosure"] == 1
        assert [decode_imb(text) for text in codes] == ([postal_digits(row)] if leads else [])


def test_the_lines_of_each_document_are_its_own(
    printed: list[tuple[dict[str, Any], list[list[str]]]], policies: Path
) -> None:
    covers = pl.read_parquet(policies / "covers.parquet")
    clauses = pl.read_parquet(policies / "clauses.parquet")
    for row, pages in printed:
        if row["type"] == "letter":
            continue
        texts = [text for page in pages for text in page]
        of_statement = row["type"] == "statement"
        lines = (covers if of_statement else clauses).filter(pl.col("policy_no") == int(row["document_id"]))
        wanted = lines.sort("line_no")["cover" if of_statement else "text"].to_list()
        wanted = [text for text in wanted if text]
        assert [text for text in texts if text in set(wanted)] == wanted
        if of_statement:
            assert f"${lines['premium_cents'].sum() / 100:,.2f}" in texts


def test_marks_count_the_sheets_of_the_piece_over_all_types(paper: Night) -> None:
    seen = 0
    for row in paper.manifest.head(7).iter_rows(named=True):
        for k in range(row["sheets"]):
            sheet = Sheet(row["spool"], row["first_side"] + 2 * k, row["slot"])
            front = paper.cut(paper.side_image(sheet.spool, sheet.front), sheet.slot, sheet.front)
            text = f"QM2611{row['piece_id']:08d}{row['first_sheet'] + k:03d}{row['piece_sheets']:03d}"
            assert [code[: len(text)] for code in read_codes(front, "DataMatrix")] == [text]
            seen += 1
    assert seen >= 7


def test_verify_compares_the_types_with_the_manifest(made: Path) -> None:
    manifest, record = pl.read_parquet(made / "manifest.parquet"), json.loads((made / "run.json").read_text())
    check_types(manifest, record)
    swapped = manifest.with_columns(pl.col("type").replace({"letter": "terms", "terms": "letter"}))
    with pytest.raises(BalanceError, match="of type letter"):
        check_types(swapped, record)


def test_one_worker_makes_the_same_bytes(made: Path, policies: Path, tmp_path: Path) -> None:
    job = made.parents[1] / "job"
    more = ("--quiet", "--workers", 1, "--run-id", "1")
    assert call("run", job, "--input", policies, "--out", tmp_path, *more).code == 0
    seals = [json.loads((f / "run.json").read_text())["files"] for f in (made, tmp_path / "policy" / "1")]
    for name in seals[0]:
        if name != "report.html":
            assert seals[0][name] == seals[1][name], name


# ---- settings


def plan(job: Path, data: Path, *more: object) -> Outcome:
    return call("plan", job, "--input", data, "--json", *more)


def test_different_addressees_may_be_allowed_and_are_listed(policies: Path, tmp_path: Path) -> None:
    job = job_with(tmp_path / "job", {"matching.different_addressees": "allow"})
    done = call("run", job, "--input", policies, "--out", tmp_path, "--run-id", "1", "--quiet", "--json")
    assert done.code == 0, done.err
    run = tmp_path / "policy" / "1"
    listed = pl.read_parquet(run / "addressees.parquet")
    letters = pl.read_parquet(policies / "letters.parquet").filter(pl.col("street") == "1 SOMEWHERE ELSE")
    mixed = listed.filter(pl.col("type") == "letter")["document_id"].cast(pl.Int64)
    assert sorted(mixed) == sorted(letters["letter_no"])
    assert listed.height == 3 * letters.height
    assert not pl.read_parquet(run / "rejects.parquet")["reason"].str.contains("addressees").any()


def test_a_missing_type_stops_the_run_where_the_job_says_so(policies: Path, tmp_path: Path) -> None:
    done = plan(job_with(tmp_path / "job", {"types.2.missing": "stop"}), policies)
    assert done.code == 4
    assert "2 matches have no terms to print" in done.err


def test_a_type_may_be_missing_where_the_job_allows_it(policies: Path, tmp_path: Path) -> None:
    done = plan(job_with(tmp_path / "job", {"types.2.missing": "allow"}), policies)
    assert done.code == 0, done.err
    types = done.record["types"]
    # The two without terms are printed; those without a statement have no address to go to.
    assert types["statement"]["rejected"] == 4
    assert types["terms"]["rejected"] == 5


def test_households_keep_matches_together(policies: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(policies, data)
    frames = {name: pl.read_parquet(data / f"{name}.parquet") for name in ("statements", "letters")}
    # All live with the first one; upper case is the same addressee.
    lead = frames["statements"].row(0, named=True)
    for name, frame in frames.items():
        sound = pl.col("zip5").str.len_bytes() == 5
        moved = frame.with_columns(
            pl.when(sound).then(pl.lit(lead[column])).otherwise(pl.col(column)).alias(column)
            for column in ("name", *PLACE)
        )
        moved.write_parquet(data / f"{name}.parquet")
    job = job_with(tmp_path / "job", {"household": {"max_documents": 5, "keep_stream": False}})
    done = call("run", job, "--input", data, "--out", tmp_path, "--run-id", "1", "--quiet", "--json")
    assert done.code == 0, done.err
    manifest = pl.read_parquet(tmp_path / "policy" / "1" / "manifest.parquet")
    letters = dict(frames["letters"].select(pl.col("letter_no").cast(pl.String), "policy").iter_rows())
    pieces: dict[int, list[str]] = {}
    for row in manifest.iter_rows(named=True):
        policy = letters[row["document_id"]] if row["type"] == "letter" else row["document_id"]
        pieces.setdefault(row["piece_id"], []).append(policy)
    owners = [policy for own in pieces.values() for policy in dict.fromkeys(own)]
    assert len(owners) == len(set(owners))  # no match in two envelopes
    assert max(len(set(own)) for own in pieces.values()) == 2
    assert max(map(len, pieces.values())) == 5
    for own in pieces.values():
        assert own == sorted(own, key=list(dict.fromkeys(own)).index)  # and none between another's documents


def test_a_limit_takes_the_first_matches_whole(policies: Path, tmp_path: Path) -> None:
    done = plan(job_with(tmp_path / "job", {}), policies, "--limit", 10)
    assert done.code == 0, done.err
    types = done.record["types"]
    assert types["statement"]["documents_in"] == types["terms"]["documents_in"] == 10
    assert types["letter"]["documents_in"] <= 11


# ---- one table with a type column


def _one_table(policies: Path, folder: Path) -> Path:
    """Statements and letters of the same policies in one table; columns that are not a type's are null."""
    folder.mkdir()
    statements = pl.read_parquet(policies / "statements.parquet").filter(pl.col("zip5").str.len_bytes() == 5)
    letters = pl.read_parquet(policies / "letters.parquet").unique(
        "policy", keep="first", maintain_order=True
    )
    letters = letters.with_columns(pl.col("policy").cast(pl.Int64).alias("match"), kind=pl.lit("L"))
    letters = letters.with_columns(
        pl.col("letter_no").alias("policy_no"), premium_cents=pl.lit(0, pl.Int64)
    ).drop("policy")
    statements = statements.with_columns(pl.col("policy_no").alias("match"), kind=pl.lit("statement"))
    strangers = statements.head(2).with_columns(
        pl.col("policy_no") + 5_000_000, kind=pl.Series(["brochure", None], dtype=pl.String)
    )
    pl.concat([statements, letters, strangers], how="diagonal").sort("zip5", "policy_no").write_parquet(
        folder / "documents.parquet"
    )
    shutil.copy(policies / "covers.parquet", folder)
    return folder


ONE_TABLE = {
    "input.documents.files": ["documents.parquet"],
    "input.documents.type": "kind",
    "types": [
        {"name": "statement", "template": "statement.yaml", "match": "match"},
        {
            "name": "letter",
            "template": "letter.yaml",
            "value": "L",
            "match": "match",
            "missing": "allow",
            "rules": {"derive": {"zip_line": "zip5 || '-' || zip4", "policy": "match"}},
        },
    ],
}


def test_types_may_share_a_table(policies: Path, tmp_path: Path) -> None:
    data = _one_table(policies, tmp_path / "data")
    job = job_with(tmp_path / "job", ONE_TABLE)
    done = call("run", job, "--input", data, "--out", tmp_path, "--run-id", "1", "--quiet", "--json")
    assert done.code == 0, done.err
    run = tmp_path / "policy" / "1"
    table = pl.read_parquet(data / "documents.parquet")
    rejects = pl.read_parquet(run / "rejects.parquet")
    strangers = rejects.filter(pl.col("reason") == "no type of the job has this value")
    assert sorted(strangers["value"].to_list(), key=str) == [None, "brochure"]
    assert done.record["counts"]["documents_in"] == table.height
    # Lines of nobody (their statements were left out) are rejects once, not once a type.
    lone = rejects.filter(pl.col("reason") == "no document has this key")
    assert lone.select("source", "row").is_duplicated().sum() == 0
    assert lone.height == done.record["counts"]["rejected_lines"] > 0
    manifest = pl.read_parquet(run / "manifest.parquet").with_columns(pl.col("document_id").cast(pl.Int64))
    joined = manifest.join(table, left_on="document_id", right_on="policy_no")
    kinds = (
        joined.sort("piece_id", "enclosure").group_by("piece_id", maintain_order=True).agg("kind", "match")
    )
    assert {tuple(own) for own in kinds["kind"].to_list()} == {("statement",), ("statement", "L")}
    assert all(len(set(own)) == 1 for own in kinds["match"].to_list())
    key = manifest.filter(pl.col("type") == "letter")["document_id"][0]
    proof = ("proof", job, "--input", data, "--document", key, "--out", tmp_path / "one.pdf", "--type")
    assert [call(*proof, kind).code for kind in ("letter", "statement")] == [0, 4]
    few = plan(job, data, "--limit", 20)
    assert few.code == 0, few.err
    types = few.record["types"]
    assert types["statement"]["documents_in"] == 20
    assert types["letter"]["documents_in"] <= 20
    assert types["letter"]["rejected"] == types["statement"]["rejected"] <= 2  # to somebody else


# ---- one document on demand


@pytest.mark.parametrize("kind", ["statement", "letter", "terms"])
def test_a_document_of_a_type_on_demand(
    kind: str, made: Path, paper: Night, policies: Path, tmp_path: Path
) -> None:
    import pypdfium2 as pdfium

    row = next(r for r in paper.manifest.iter_rows(named=True) if r["type"] == kind)
    out = tmp_path / "one.pdf"
    words = (
        "proof",
        made.parents[1] / "job",
        "--input",
        policies,
        "--document",
        row["document_id"],
        "--out",
        out,
    )
    done = call(*words, "--type", kind, "--json")
    assert done.code == 0, done.err
    with pdfium.PdfDocument(out) as pdf:
        assert len(pdf) == row["pages"]
        text = pdf[0].get_textpage().get_text_range()
    assert TITLES[kind] in text
    shown = {run.text for run in paper.document_pages(row)[0] if not set(run.text) <= set("TDAF")}
    assert all(part in text for part in shown)


def test_a_document_on_demand_needs_its_type(policies: Path, tmp_path: Path) -> None:
    words = ("proof", JOB, "--input", policies, "--out", tmp_path / "one.pdf", "--document", "4070001")
    done = call(*words)
    assert done.code == 2
    assert "statement, letter, terms" in done.err
    assert call(*words, "--type", "brochure").code == 2
    assert call(*words, "--type", "letter").code == 4


# ---- faults


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"template": "statement.yaml"}, 3, "no template of its own"),
        ({"types.1.name": "statement"}, 3, "different names"),
        ({"types.2.address_of": "letters"}, 3, "names no type with addresses"),
        ({"types.0.missing": "allow", "types.1.missing": "allow"}, 3, "has no address block"),
        ({"types.1.template": "none.yaml"}, 3, "none.yaml"),
        ({"types.1.match": "policy_number"}, 4, "there is no column 'policy_number'"),
        ({"types.1.documents": None}, 3, "input.documents.type"),
        ({"input.documents.type": "kind"}, 4, "there is no column 'kind'"),
        ({"types.2.address_of": None}, 4, "there is no column 'name'"),
        ({"types.2.rules": None}, 3, "type terms, template: the template names the field 'edition'"),
        ({"spool.each": ["agent"]}, 3, "type statement, spool.each: documents of this type may lie on top"),
        (
            {"household": {"same": ["agent"]}},
            3,
            "type statement, household.same.0: there is no column 'agent'",
        ),
        ({"inserts": [{"name": "x", "when": "nobody", "weight_mg": 1, "thickness_um": 1}]}, 3, "'nobody'"),
    ],
)
def test_what_does_not_fit_is_refused(
    changes: dict[str, Any], code: int, words: str, policies: Path, tmp_path: Path
) -> None:
    done = call("run", job_with(tmp_path / "job", changes), "--input", policies, "--out", tmp_path / "out")
    assert (done.code, words in done.err) == (code, True), done.err
    assert files_below(tmp_path / "out") == []


def test_pages_of_another_size_are_refused(policies: Path, tmp_path: Path) -> None:
    job = job_with(tmp_path / "job", {})
    change_yaml(job / "terms.yaml", {"width": "8in"})
    done = call("check", job, "--input", policies)
    assert done.code == 3
    assert "type terms, terms.yaml" in done.err


def test_the_cluster_refuses_types(policies: Path, tmp_path: Path) -> None:
    words = ("--out", tmp_path / "out", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9", "--json")
    done = call("run", JOB, "--input", policies, *words)
    assert (done.code, done.record["where"]) == (3, "job.types")


def test_what_reads_one_documents_table_refuses_types(policies: Path, tmp_path: Path) -> None:
    listed = call("addresses", "export", JOB, "--input", policies, "--out", tmp_path / "list.csv")
    assert (listed.code, "several types" in listed.err) == (2, True)
    benched = call("bench", JOB, "--input", policies, "--out", tmp_path / "out", "--quiet")
    assert (benched.code, "several types" in benched.err) == (2, True)


def test_no_reject_or_message_names_anybody(made: Path, policies: Path) -> None:
    names = set(pl.read_parquet(policies / "statements.parquet")["name"])
    report = (made / "report.html").read_text()
    assert not any(name in report for name in names)
    assert "Types of documents" in report
