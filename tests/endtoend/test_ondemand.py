"""A document on demand is the document that a run of it alone makes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pikepdf
import polars as pl
import pyarrow as pa
import pypdfium2 as pdfium
import pytest

from printstream.base.errors import InputError, JobError
from printstream.base.log import QuietReporter
from printstream.base.options import Options
from printstream.ondemand import Composer, compose_from
from printstream.pipeline import run
from tests.judges.nights import JOB, call, call_apart, few_documents, job_with, write_input

# Strings hold no parentheses (base.codepage); an inline image may hold any byte.
_SHOWN = re.compile(rb"\(([^()]*)\)|BI.{1,80}? ID .*?\nEI\n", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{4})>")
ONE_UP = {
    "imposition.scheme": "one_up",
    "imposition.sheet_width": "8.5in",
    "imposition.sheet_height": "11in",
    "imposition.crop_marks": False,
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, night_input: Path) -> Path:
    folder = tmp_path_factory.mktemp("few")
    few_documents(night_input, folder, 12)
    documents, lines = _frames(folder)
    # A name beyond ASCII, one beyond Latin-1, and the three characters that no PDF string may hold as they are.
    names = ["Zoë Ünal-Ørsted", "Łukasz Żółć", r"A (B) \ C", *documents["name"].to_list()[3:]]
    write_input(folder, documents.with_columns(pl.Series("name", names)), lines)
    return folder


def _frames(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return tuple(pl.read_parquet(folder / name / "*.parquet") for name in ("documents", "lines"))  # type: ignore[return-value]


def _tables(folder: Path, row: int) -> tuple[pa.Table, pa.Table]:
    documents, lines = _frames(folder)
    one = documents.slice(row, 1)
    return one.to_arrow(), lines.join(one, on="customer_key", how="semi", maintain_order="left").to_arrow()


def _unicode(pdf: pikepdf.Pdf) -> Mapping[int, bytes]:
    fonts = pdf.pages[0].resources.Font
    pairs = _PAIR.findall(next(iter(fonts.as_dict().values())).ToUnicode.read_bytes())
    return {int(code, 16): chr(int(point, 16)).encode() for code, point in pairs}


def _contents(file: Path | bytes) -> list[bytes]:
    """Content of every page, its texts in UTF-8 instead of the file's own codes."""
    with pikepdf.open(io.BytesIO(file) if isinstance(file, bytes) else file) as pdf:
        known = _unicode(pdf)

        def readable(match: re.Match[bytes]) -> bytes:
            text = match[1]
            return match[0] if text is None else b"(" + b"".join(known[code] for code in text) + b")"

        return [_SHOWN.sub(readable, page.Contents.read_bytes()) for page in pdf.pages]


def _run_alone(job: Path, source: Path, row: int, folder: Path) -> list[bytes]:
    """The print file of a run of one document."""
    documents, lines = _frames(source)
    one = documents.slice(row, 1)
    write_input(folder / "in", one, lines.join(one, on="customer_key", how="semi", maintain_order="left"))
    done = run(Options(job, folder / "in", folder / "out", 1), QuietReporter())
    (spool,) = done.spools
    return _contents(spool)


@pytest.mark.parametrize("row", [0, 1, 2, 3, 7])
def test_its_sides_are_those_of_a_run(row: int, source: Path, tmp_path: Path) -> None:
    composer = Composer(JOB, imposed=True)
    composed = composer.compose(*_tables(source, row))
    contents = _contents(composed.pdf)
    assert contents == _run_alone(JOB, source, row, tmp_path)
    assert len(contents) == composed.sides


def test_its_pages_are_those_of_a_run_one_up(source: Path, tmp_path: Path) -> None:
    job = job_with(tmp_path / "job", ONE_UP)
    composer = Composer(JOB)
    blank_backs = 0
    for row in (0, 4, 5, 6):
        composed = composer.compose(*_tables(source, row))
        contents, expected = _contents(composed.pdf), _run_alone(job, source, row, tmp_path / str(row))
        assert contents == expected[: composed.pages]
        assert expected[composed.pages :] in ([], [b""])
        assert all(contents)
        blank_backs += len(expected) > composed.pages
    assert 0 < blank_backs < 4


def test_it_does_not_depend_on_those_before(source: Path) -> None:
    alone = Composer(JOB).compose(*_tables(source, 3)).pdf
    composer = Composer(JOB)
    for row in (1, 0, 3):
        last = composer.compose(*_tables(source, row)).pdf
    assert last == alone
    assert composer.compose(*_tables(source, 3)).pdf == alone


def test_a_reader_finds_every_name(source: Path) -> None:
    composer = Composer(JOB)
    for row in range(4):
        name = _frames(source)[0]["name"][row]
        document = pdfium.PdfDocument(composer.compose(*_tables(source, row)).pdf)
        assert name in document[0].get_textpage().get_text_bounded()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"zip5": "0000"}, "not five digits"),
        ({"name": "\U0001f600"}, "no glyph"),
        ({"name": " "}, "name is empty"),
        ({"total_cents": 1}, "differs from the sum"),
    ],
)
def test_what_a_run_would_reject_is_refused(change: dict[str, object], reason: str, source: Path) -> None:
    document, lines = _tables(source, 3)
    frame = pl.from_arrow(document)
    assert isinstance(frame, pl.DataFrame)
    kinds = frame.schema
    frame = frame.with_columns(pl.lit(value).cast(kinds[name]).alias(name) for name, value in change.items())
    composer = Composer(JOB)
    with pytest.raises(InputError, match=reason):
        composer.compose(frame.to_arrow(), lines)
    # And the composer is as good as before.
    assert composer.compose(document, lines).pdf


def test_columns_are_checked(source: Path) -> None:
    document, lines = _tables(source, 3)
    composer = Composer(JOB)
    with pytest.raises(InputError, match="no column 'zip5'"):
        composer.compose(document.drop_columns(["zip5"]), lines)
    with pytest.raises(InputError, match="none were given"):
        composer.compose(document)
    with pytest.raises(InputError, match="one document at a time"):
        composer.compose(
            pl.concat([pl.from_arrow(_tables(source, r)[0]) for r in (3, 4)]).to_arrow(), lines.slice(0, 0)
        )  # type: ignore[type-var,union-attr]


def test_one_out_of_a_folder(source: Path) -> None:
    key = _frames(source)[0]["customer_key"][3]
    composer = Composer(JOB)
    assert compose_from(composer, source, str(key)).pdf == composer.compose(*_tables(source, 3)).pdf
    for nobody in ("987654321", "x", "1e999", str(1 << 80)):
        with pytest.raises(InputError, match="no document has this key"):
            compose_from(composer, source, nobody)


# ---- the command


def test_the_command_writes_the_file(source: Path, tmp_path: Path) -> None:
    key = _frames(source)[0]["customer_key"][3]
    out = tmp_path / "new" / "one.pdf"
    done = call_apart("proof", JOB, "--document", key, "--input", source, "--out", out, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.record["pages"] == len(_contents(out))
    assert out.read_bytes() == Composer(JOB).compose(*_tables(source, 3)).pdf
    again = call("proof", JOB, "--document", key, "--input", source, "--out", out, "--imposed")
    assert again.code == 0
    assert str(out) in again.out
    assert len(_contents(out)) % 2 == 0


def test_the_command_tells_what_is_wrong(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "one.pdf"
    unknown = call("proof", JOB, "--document", "987654321", "--input", source, "--out", out)
    assert unknown.code == 4
    assert "no document has this key" in unknown.err
    assert not out.exists()
    assert call("proof", JOB, "--input", source, "--out", out).code == 2
    assert call("proof", JOB, "--document", "1", "--input", source, "--out", tmp_path / "one.txt").code == 2
    (tmp_path / "folder.pdf").mkdir()
    folder = call("proof", JOB, "--document", "1", "--input", source, "--out", tmp_path / "folder.pdf")
    assert (folder.code, "this is a folder" in folder.err) == (2, True)


def test_a_wrong_job_is_told_when_the_composer_is_made(tmp_path: Path) -> None:
    job = job_with(tmp_path / "job", {"template": "none.yaml"})
    with pytest.raises(JobError, match="no such file"):
        Composer(job)
