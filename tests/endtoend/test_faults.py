"""Everything that can be wrong with a job, its input or its place: one sentence, the documented code, nothing left.

Each case changes one thing in a sound job over 40 documents.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import polars as pl
import pytest

from tests.judges.nights import (
    Outcome,
    call,
    call_apart,
    change_yaml,
    files_below,
    job_with,
    write_input,
)

SECRET_COLUMNS = ("name", "street", "phone")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return job_with(tmp_path / "job", {})


@pytest.fixture
def data(few: Path, tmp_path: Path) -> Path:
    """A copy of the input, to be spoiled."""
    return shutil.copytree(few, tmp_path / "data")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(scope="module")
def secrets(few: Path) -> frozenset[str]:
    """Personal data, none of which may be told."""
    documents = pl.read_parquet(few / "documents" / "*.parquet")
    return frozenset(text for column in SECRET_COLUMNS for text in documents[column] if text.strip())


@pytest.fixture
def fails(out: Path, secrets: frozenset[str]) -> Callable[..., str]:
    """Run a command that must fail as documented; gives its sentence."""

    def check(code: int, *parts: str, run: Callable[[], Outcome]) -> str:
        done = run()
        assert done.code == code, done.err
        sentence = _one_sentence(done)
        for part in parts:
            assert part in sentence
        told = done.err + done.out
        assert not [secret for secret in secrets if secret in told]
        assert files_below(out) == []
        return sentence

    return check


def _one_sentence(done: Outcome) -> str:
    """The fault on standard error, and the same as JSON: what, where, next step, none of them empty."""
    assert "Traceback" not in done.err + done.out
    warnings, _, sentence = done.err.rpartition("printstream: ")
    assert all(line.startswith("warning: ") for line in warnings.splitlines()), warnings
    record = done.record
    assert (record["status"], record["exit_code"]) == ("failed", done.code)
    for name in ("what", "where"):
        assert record[name], f"no {name}: {sentence}"
    for name in ("what", "where", "next_step"):
        assert record[name].rstrip(".") in sentence
    # A fault of a YAML file tells what it must be; all others name a step.
    assert record["next_step"] or re.search(
        r"must be|did you mean|form of|not valid YAML|write|save it|needs", record["what"]
    )
    assert sentence.count("\n") == 1 or "faults" in sentence
    return sentence


def _run(job: Path, data: Path, out: Path, *more: object, command: str = "run") -> Callable[[], Outcome]:
    return lambda: call(command, job, "--input", data, "--out", out, "--run-id", "1", "--json", *more)


# ---- 3: the job, its template, its art


def test_an_unknown_key_of_the_job(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    text = (job / "job.yaml").read_text().replace("reject_limit:", "reject_limits:")
    line = next(k for k, row in enumerate(text.splitlines(), 1) if "reject_limits" in row)
    (job / "job.yaml").write_text(text)
    for command in ("run", "plan", "check"):
        fails(
            3,
            f"job.yaml:{line}:",
            "reject_limits",
            "'reject_limit'",
            run=_run(job, data, out, command=command),
        )


@pytest.mark.parametrize(
    ("setting", "value", "part"),
    [
        ("spool.sheets", "many", "spool.sheets"),
        ("spool.sheets", 0, "spool.sheets"),
        ("production_date", "tomorrow", "production_date"),
        ("stock.grammage_gsm", [90], "grammage_gsm"),
        ("mailing.mailer_id", "12", "mailer_id"),
        ("input.documents.files", ["../elsewhere"], "files"),
        ("template", "/etc/passwd", "template"),
    ],
)
def test_a_setting_of_the_wrong_type_or_value(
    job: Path, data: Path, out: Path, fails: Callable[..., str], setting: str, value: object, part: str
) -> None:
    change_yaml(job / "job.yaml", {setting: value})
    sentence = fails(3, "job.yaml:", part, run=_run(job, data, out))
    assert re.search(r"job\.yaml:[1-9][0-9]*:", sentence)


def test_a_scheme_that_nobody_knows(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    change_yaml(job / "job.yaml", {"imposition.scheme": "three_up"})
    fails(3, "imposition.scheme", "'three_up'", "two_up_cut_and_stack", run=_run(job, data, out))


def test_a_job_that_is_no_yaml(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    (job / "job.yaml").write_text("format: [printstream-job/1\nname: x\n")
    fails(3, "job.yaml:", run=_run(job, data, out))
    (job / "job.yaml").write_bytes(b"\xff\xfe\x00\x80 not a text")
    fails(3, "job.yaml", run=_run(job, data, out))


def test_a_missing_template(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    change_yaml(job / "job.yaml", {"template": "letter.yaml"})
    fails(3, "letter.yaml", run=_run(job, data, out))


@pytest.mark.parametrize(
    ("place", "text", "nearest"),
    [
        ("first.blocks.1.text", "Account of {nmae}", "name"),
        ("table.line.cells.1.text", "{part_nam}", "part_name"),
        ("closing.flow.1.text", "Total of {ordres:int} orders", "orders"),
    ],
)
def test_a_field_that_does_not_exist(
    job: Path, data: Path, out: Path, fails: Callable[..., str], place: str, text: str, nearest: str
) -> None:
    change_yaml(job / "template.yaml", {place: text})
    field = re.search(r"\{(\w+)", text)
    assert field is not None
    for command in ("run", "check"):
        fails(3, "template", repr(field[1]), repr(nearest), run=_run(job, data, out, command=command))


def test_a_format_that_does_not_suit(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    change_yaml(job / "template.yaml", {"table.line.cells.2.text": "{quantity:medium}"})
    fails(3, "quantity", "medium", run=_run(job, data, out))


def test_a_style_that_does_not_exist(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    change_yaml(job / "template.yaml", {"table.line.style": "lines"})
    fails(3, "'lines'", "'line'", run=_run(job, data, out))


def test_a_glyph_that_the_face_lacks(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    change_yaml(job / "template.yaml", {"first.blocks.1.text": "Statement \u5c71"})
    for command in ("run", "check"):
        fails(3, "U+5C71", run=_run(job, data, out, command=command))


def test_a_block_in_the_inserters_clear_zone(
    job: Path, data: Path, out: Path, fails: Callable[..., str]
) -> None:
    change_yaml(job / "template.yaml", {"first.blocks.4.at": ["6in", "4.2in"]})
    fails(3, "template.first.blocks.4", "clear zone", run=_run(job, data, out))


def test_pages_that_do_not_fit_the_press_sheet(
    job: Path, data: Path, out: Path, fails: Callable[..., str]
) -> None:
    change_yaml(job / "job.yaml", {"imposition.sheet_width": "16in"})
    for command in ("run", "check"):
        fails(3, "imposition", run=_run(job, data, out, command=command))


def _encrypt(path: Path) -> None:
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="o", user="u"))


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda art: art.unlink(), "cannot be read"),
        (_encrypt, "encrypted"),
        (lambda art: art.write_text("Dear printer, the art follows"), "no readable PDF"),
        (lambda art: art.write_bytes(b""), "no readable PDF"),
    ],
    ids=["missing", "encrypted", "a letter", "empty"],
)
def test_art_that_cannot_be_used(
    job: Path, data: Path, out: Path, fails: Callable[..., str], spoil: Callable[[Path], None], part: str
) -> None:
    spoil(job / "art" / "letterhead.pdf")
    for command in ("run", "check"):
        fails(3, "letterhead.pdf", part, run=_run(job, data, out, command=command))


@pytest.mark.parametrize(
    ("expression", "part"),
    [("customer_ky + 1", "customer_ky"), ("SELECT (", "due"), ("(SELECT 1)", "due")],
)
def test_a_rule_that_cannot_be_read(
    job: Path, data: Path, out: Path, fails: Callable[..., str], expression: str, part: str
) -> None:
    change_yaml(job / "job.yaml", {"rules.derive.due_date": expression})
    fails(3, part, run=_run(job, data, out))


# ---- 4: the input


def _documents(data: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = data / "documents" / "0000.parquet"
    change(pl.read_parquet(path)).write_parquet(path)


def _lines(data: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = data / "lines" / "0000.parquet"
    change(pl.read_parquet(path)).write_parquet(path)


@pytest.mark.parametrize(
    ("spoil", "column"),
    [
        (lambda data: _documents(data, lambda f: f.drop("zip5")), "zip5"),
        (lambda data: _documents(data, lambda f: f.drop("street")), "street"),
        (lambda data: _documents(data, lambda f: f.drop("total_cents")), "total_cents"),
        (lambda data: _documents(data, lambda f: f.drop("customer_key")), "customer_key"),
        (lambda data: _lines(data, lambda f: f.drop("net_cents")), "net_cents"),
        (lambda data: _lines(data, lambda f: f.drop("order_key")), "order_key"),
    ],
    ids=["zip5", "street", "money", "key", "line money", "group"],
)
def test_a_missing_column(
    job: Path, data: Path, out: Path, fails: Callable[..., str], spoil: Callable[[Path], None], column: str
) -> None:
    spoil(data)
    for command in ("run", "check"):
        fails(4, repr(column), run=_run(job, data, out, command=command))


@pytest.mark.parametrize(
    ("spoil", "column"),
    [
        (lambda data: _documents(data, lambda f: f.with_columns(zip5=1)), "zip5"),
        (lambda data: _documents(data, lambda f: f.with_columns(total_cents=pl.lit("12.00"))), "total_cents"),
        (lambda data: _documents(data, lambda f: f.with_columns(total_cents=1.5)), "total_cents"),
        (lambda data: _lines(data, lambda f: f.with_columns(net_cents=0.5)), "net_cents"),
        (lambda data: _lines(data, lambda f: f.with_columns(ship_date=pl.lit("1998-01-01"))), "ship_date"),
    ],
    ids=["zip5", "money as text", "money as float", "line money", "date as text"],
)
def test_a_column_of_the_wrong_type(
    job: Path, data: Path, out: Path, fails: Callable[..., str], spoil: Callable[[Path], None], column: str
) -> None:
    spoil(data)
    code = 3 if column == "ship_date" else 4  # a text has no date format: the template is at odds with it
    fails(code, repr(column), run=_run(job, data, out))


def test_a_file_that_is_no_parquet(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    (data / "documents" / "0000.parquet").write_text("customer_key,name\n1,Somebody\n")
    for command in ("run", "check"):
        fails(4, "documents/0000.parquet", run=_run(job, data, out, command=command))


@pytest.mark.parametrize("table", ["documents", "lines"])
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.999])
def test_a_truncated_file(
    job: Path, data: Path, out: Path, fails: Callable[..., str], table: str, share: float
) -> None:
    path = data / table / "0000.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    fails(4, f"{table}/0000.parquet", run=_run(job, data, out))


def test_a_file_with_damaged_pages(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    path = data / "lines" / "0000.parquet"
    whole = bytearray(path.read_bytes())
    whole[40 : len(whole) // 2] = bytes(len(whole) // 2 - 40)
    path.write_bytes(whole)
    fails(4, "lines/0000.parquet", run=_run(job, data, out))


def test_an_empty_folder(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    (data / "documents" / "0000.parquet").unlink()
    fails(4, "'documents'", run=_run(job, data, out))
    (data / "documents").rmdir()
    fails(4, "'documents'", run=_run(job, data, out))


def test_a_table_without_rows(job: Path, data: Path, out: Path) -> None:
    """Nothing to print is no fault: the run is released, with a balance of zeros and no print file."""
    _documents(data, lambda f: f.clear())
    _lines(data, lambda f: f.clear())
    done = _run(job, data, out)()
    assert done.code == 0, done.err
    assert set(done.record["counts"].values()) == {0}
    assert done.record["spools"] == []
    assert call("verify", out / "statement" / "1", "--quiet").code == 0


def test_too_many_rejects(job: Path, data: Path, out: Path, fails: Callable[..., str]) -> None:
    _documents(
        data,
        lambda f: f.with_columns(name=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("")).otherwise("name")),
    )
    sentence = fails(4, "3 of 40", "reject_limit", run=_run(job, data, out))
    assert "name is empty" in sentence
    change_yaml(job / "job.yaml", {"input.reject_limit": {"share": "0.1"}})
    assert _run(job, data, out)().code == 0


def test_too_many_lines_without_a_document(
    job: Path, data: Path, out: Path, fails: Callable[..., str]
) -> None:
    change_yaml(job / "job.yaml", {"input.reject_limit": {"share": "0.1", "count": 2}})
    lone = (
        pl.read_parquet(data / "lines" / "0000.parquet")
        .head(3)
        .with_columns(customer_key=pl.lit(10**9, pl.Int64))
    )
    _lines(data, lambda f: pl.concat([f, lone]))
    fails(4, "reject_limit", run=_run(job, data, out))


def test_a_symlink_out_of_the_input(
    job: Path, data: Path, out: Path, tmp_path: Path, fails: Callable[..., str]
) -> None:
    outside = shutil.move(data / "lines" / "0000.parquet", tmp_path / "elsewhere.parquet")
    (data / "lines" / "0000.parquet").symlink_to(outside)
    fails(4, "outside of the input folder", run=_run(job, data, out))


# ---- 2 and 6: the run's place


def test_a_run_id_that_is_there(job: Path, data: Path, out: Path) -> None:
    assert _run(job, data, out)().code == 0
    before = files_below(out)
    again = _run(job, data, out)()
    assert again.code == 2
    assert "'1'" in _one_sentence(again)
    assert files_below(out) == before
    assert call("verify", out / "statement" / "1", "--quiet").code == 0


def test_an_out_folder_below_a_file(job: Path, data: Path, tmp_path: Path, fails: Callable[..., str]) -> None:
    blocked = tmp_path / "note.txt"
    blocked.write_text("a file")
    fails(6, "note.txt", "--out", run=_run(job, data, blocked / "out"))


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nobody may write, root neither."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    done = subprocess.run(["chattr", "+i", str(folder)], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("this file system knows no immutable folders")
    yield folder
    subprocess.run(["chattr", "-i", str(folder)], capture_output=True, check=True)


def test_an_out_folder_that_cannot_be_written(
    job: Path, data: Path, sealed: Path, fails: Callable[..., str]
) -> None:
    fails(6, "sealed", run=_run(job, data, sealed / "out"))
    fails(6, "sealed", run=_run(job, data, sealed))


def _small_files_only() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_file_that_grows_beyond_its_limit(
    job: Path, data: Path, out: Path, fails: Callable[..., str]
) -> None:
    words = ("run", job, "--input", data, "--out", out, "--run-id", "1", "--json")
    fails(6, "0001.pdf", "space", run=lambda: call_apart(*words, preexec_fn=_small_files_only))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 100 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this system lets nobody mount")
    yield folder
    subprocess.run(["umount", str(folder)], capture_output=True, check=True)


def test_a_full_disk(job: Path, data: Path, small_disk: Path, fails: Callable[..., str]) -> None:
    fails(6, "0001.pdf", "space", run=_run(job, data, small_disk))
    assert files_below(small_disk) == []


@pytest.mark.parametrize("paper", ["manifest.parquet", "report.html", "run.json"])
def test_a_disk_that_fills_up_while_the_papers_are_written(
    job: Path,
    data: Path,
    out: Path,
    fails: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    paper: str,
) -> None:
    """The print files have their final names by then; without run.json they are not released, so they go too."""
    real = os.fsync

    def full(descriptor: int) -> None:
        if paper in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(28, "No space left on device", paper)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    fails(6, "No space left on device", run=_run(job, data, out))


def test_json_is_one_document(job: Path, data: Path, out: Path) -> None:
    for command in ("plan", "check", "run"):
        done = _run(job, data, out, command=command)()
        assert done.code == 0, done.err
        record = done.record
        assert (record["command"], record["status"], record["exit_code"]) == (command, "done", 0)
        assert not [line for line in done.err.splitlines() if not line.startswith("warning: ")]
    verified = call("verify", out / "statement" / "1", "--json")
    assert verified.record["counts"] == record["counts"]
    assert verified.record["money_out_cents"] == record["money_out_cents"]


def test_an_input_that_holds_nobody_else(job: Path, data: Path, out: Path, few: Path) -> None:
    """write_input and the copy are what the sound case needs: it runs."""
    documents, lines = (pl.read_parquet(few / name / "*.parquet") for name in ("documents", "lines"))
    write_input(data, documents, lines)
    done = _run(job, data, out)()
    assert done.code == 0, done.err
    assert done.record["counts"]["printed"] == documents.height
