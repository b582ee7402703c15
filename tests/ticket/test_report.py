"""The papers of a run: figures add up, seals hold, the report says what the record says."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base import columns as c
from printstream.base.charts import Series, bar, histogram
from printstream.base.errors import BalanceError, UsageError
from printstream.base.files import Seal, seal_of
from printstream.ticket import (
    ContainerRow,
    LevelRow,
    Machine,
    RejectRow,
    RunRecord,
    SpoolRow,
    StageRow,
    TrayRow,
    TypeRow,
    broken_seals,
    check_balance,
    read_run_json,
    result_of,
    tray_rows,
    write_report,
    write_run_json,
)
from printstream.ticket.report import MAX_TRAYS_LISTED, report_html

LEVELS = (
    LevelRow("5d", 52_310, 52_310 * 593),
    LevelRow("aadc", 16_204, 16_204 * 641),
    LevelRow("maadc", 5_990, 5_990 * 672),
    LevelRow("single", 446, 446 * 1_630),
)
PIECES = sum(row.pieces for row in LEVELS)


def _trays() -> tuple[TrayRow, ...]:
    """Trays for all pieces: mostly full, the last of each group less so."""
    random = np.random.default_rng(1)
    cities = [
        "NEW YORK NY 100",
        "AMHERST MA 01002",
        "CHICAGO IL 606",
        "LOS ANGELES CA 900",
        "MXD NEW YORK NY 100",
    ]
    rows: list[TrayRow] = []
    left = PIECES
    while left:
        fill = float(random.beta(8, 1.2)) if random.random() < 0.75 else float(random.uniform(0.1, 0.9))
        kind, length = ("2ft", 546_000) if fill > 0.5 else ("1ft", 260_000)
        pieces = min(left, max(1, int(fill * 480)))
        city = cities[int(random.integers(len(cities)))]
        rows.append(TrayRow(len(rows) + 1, kind, "5d", city, "letter", pieces, int(fill * length)))
        left -= pieces
    return tuple(rows)


def _spools(count: int = 9) -> tuple[SpoolRow, ...]:
    cuts = [PIECES * i // count for i in range(count + 1)]
    return tuple(
        SpoolRow(f"spool/{i + 1:04d}.pdf", "letter" if i < count - 1 else "flat", b - a, 5 * (b - a), 3 * (b - a), 3 * (b - a), 9_100 * 5 * (b - a), a)
        for i, (a, b) in enumerate(itertools.pairwise(cuts))
    )  # fmt: skip


def sample_record() -> RunRecord:
    """A night's run that balances."""
    spools = _spools()
    return RunRecord(
        job="statement",
        title="Monthly statement",
        run_id="20260131T221500Z-4f2a9c",
        started=datetime(2026, 1, 31, 22, 15, tzinfo=UTC),
        counts={
            "documents_in": 75_100,
            "printed": PIECES,
            "digital": 0,
            "suppressed": 31,
            "rejected": 75_100 - 31 - PIECES,
            "pieces": PIECES,
            "pages": sum(s.pages for s in spools),
            "sheets": sum(s.sheets for s in spools),
            "sides": sum(s.sides for s in spools),
            "spools": len(spools),
        },
        money_in_cents=1_134_567_890,
        money_out_cents={
            "printed": 1_133_000_000,
            "digital": 0,
            "suppressed": 500_000,
            "rejected": 1_067_890,
        },
        stages=tuple(
            StageRow(n, name, seconds)
            for n, name, seconds in [
                (1, "ingest", 1.92),
                (2, "rules", 0.08),
                (3, "layout", 0.61),
                (4, "piece", 0.04),
                (5, "presort", 0.33),
                (6, "impose", 0.12),
                (7, "marks", 0.29),
                (8, "draw", 14.7),
                (9, "spool", 2.44),
                (10, "ticket", 0.71),
            ]
        ),
        total_seconds=21.9,
        peak_memory_bytes=812_345_678,
        levels=LEVELS,
        single_piece_postage_mills=PIECES * 740,
        trays=_trays(),
        tray_length_um={"2ft": 546_000, "1ft": 260_000},
        spools=spools,
        rejects=(
            RejectRow("zip5", "the postal code does not exist", 61),
            RejectRow("amount", "the amount is not a number", 44),
            RejectRow("account_id", "the key is there twice", 14),
        ),
        warnings=("1,204 pieces lack the delivery point that automation prices need.",),
        versions={"printstream": "0.1.0", "python": "3.11.7", "numba": "0.68.1", "polars": "2.1.0"},
        machine=Machine("AMD EPYC 7763 64-Core Processor", 2, 2),
    )


RECORD = sample_record()


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "statement" / RECORD.run_id
    (folder / "spool").mkdir(parents=True)
    for spool in RECORD.spools:
        (folder / spool.file).write_bytes(spool.file.encode() * 999)
    (folder / "manifest.parquet").write_bytes(b"PAR1")
    return folder


# ---- run.json


def test_run_json_holds_figures_and_seals(run_dir: Path) -> None:
    write_report(run_dir, RECORD)
    path = write_run_json(run_dir, RECORD)
    document = read_run_json(run_dir)
    assert document["status"] == "released"
    assert document["counts"] == RECORD.counts
    assert document["pages_per_minute"] == round(60 * RECORD.counts["pages"] / 21.9)
    assert document["stages"][7] == {"number": 8, "name": "draw", "seconds": 14.7, "pages_per_second": round(RECORD.counts["pages"] / 14.7)}  # fmt: skip
    assert set(document["files"]) == {s.file for s in RECORD.spools} | {"manifest.parquet", "report.html"}
    for name, entry in document["files"].items():
        content = (run_dir / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert [p.name for p in run_dir.iterdir() if "partial" in p.name] == []
    assert path == run_dir / "run.json"


def test_seals_taken_before_are_trusted_but_for_the_length(run_dir: Path) -> None:
    name = RECORD.spools[0].file
    seal = Seal("0" * 64, (run_dir / name).stat().st_size)
    write_run_json(run_dir, RECORD, {name: seal})
    assert read_run_json(run_dir)["files"][name]["sha256"] == "0" * 64
    with pytest.raises(BalanceError, match="not what was written"):
        write_run_json(run_dir, RECORD, {name: Seal("0" * 64, seal.bytes + 1)})
    with pytest.raises(BalanceError, match="not what was written"):
        write_run_json(run_dir, RECORD, {"spool/9999.pdf": seal})


def test_a_folder_that_is_not_whole_is_not_released(run_dir: Path) -> None:
    partial = run_dir / "spool" / "0003.pdf.partial"
    partial.write_bytes(b"")
    with pytest.raises(BalanceError, match="unfinished"):
        write_run_json(run_dir, RECORD)
    partial.unlink()
    (run_dir / RECORD.spools[2].file).unlink()
    with pytest.raises(BalanceError, match=r"spool/0003\.pdf: the print file is missing"):
        write_run_json(run_dir, RECORD)
    assert not (run_dir / "run.json").exists()


def _with_counts(**changed: int) -> RunRecord:
    return replace(RECORD, counts=dict(RECORD.counts) | changed)


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (_with_counts(printed=PIECES - 1), "documents"),
        (_with_counts(documents_in=75_101), "documents"),
        (_with_counts(pieces=PIECES + 1), "pieces in print files"),
        (_with_counts(pages=1), "pages in print files"),
        (_with_counts(sides=1), "sides in print files"),
        (_with_counts(spools=10), "print files"),
        (replace(RECORD, money_in_cents=RECORD.money_in_cents + 1), "cents"),
        (replace(RECORD, levels=LEVELS[1:]), "pieces in levels"),
        (replace(RECORD, trays=RECORD.trays[1:]), "pieces in trays"),
        (replace(RECORD, counts={"documents_in": 1}), "did not count printed"),
    ],
)
def test_what_does_not_balance_is_not_released(run_dir: Path, record: RunRecord, what: str) -> None:
    check_balance(RECORD)
    with pytest.raises(BalanceError, match=what):
        write_run_json(run_dir, record)
    assert not (run_dir / "run.json").exists()


def _on_pallets() -> RunRecord:
    """The night with its trays on three pallets, of two levels."""
    share = len(RECORD.trays) // 3
    rows = [
        ContainerRow(n + 1, "pallet", level, city, "letter", trays, 1_000 * trays, 4, 743_000, 400_123_456)
        for n, (level, city, trays) in enumerate(
            [
                ("aadc", "SCF CHICAGO IL 606", share),
                ("mixed", "MXD", share),
                ("mixed", "MXD", len(RECORD.trays) - 2 * share),
            ]
        )
    ]
    counts = {**RECORD.counts, "containers": 3}
    return replace(RECORD, counts=counts, containers=tuple(rows), carried_trays=len(RECORD.trays))


def test_pallets_are_in_the_report_and_in_run_json_and_balance(run_dir: Path) -> None:
    record = _on_pallets()
    assert "Pallets and containers" not in report_html(RECORD)
    page = report_html(record)
    assert "Pallets and containers" in page
    assert "SCF CHICAGO IL 606" in page
    assert "400.1" in page
    write_run_json(run_dir, record)
    document = read_run_json(run_dir)
    assert document["counts"]["containers"] == 3
    said = {row["level"]: (row["containers"], row["gross_mg"]) for row in document["containers"]}
    assert said == {"aadc": (1, 400_123_456), "mixed": (2, 800_246_912)}
    assert sum(row["trays"] for row in document["containers"]) == len(RECORD.trays)
    with pytest.raises(BalanceError, match="trays in containers do not balance"):
        check_balance(replace(record, carried_trays=record.carried_trays - 1))


def _of_types() -> RunRecord:
    """The night as one of two types: all letters are printed, the statements take the rest."""
    zero = dict.fromkeys(("printed", "digital", "suppressed", "rejected"), 0)
    letters = TypeRow("letter", 100, {**zero, "printed": 100}, 100, 100, 0, zero)
    rest = {name: RECORD.counts[name] - letters.documents[name] for name in zero}
    counts, money = RECORD.counts, RECORD.money_in_cents
    statements = TypeRow(
        *(
            "statement",
            counts["documents_in"] - 100,
            rest,
            counts["pages"] - 100,
            counts["sheets"] - 100,
            money,
        ),
        dict(RECORD.money_out_cents),
    )
    return replace(RECORD, types=(statements, letters))


def _moved(documents: int, outcome: str) -> RunRecord:
    """The letters with some documents more of an outcome, as many more read."""
    record = _of_types()
    statements, letters = record.types
    more = {**letters.documents, outcome: letters.documents[outcome] + documents}
    own = replace(letters, documents=more, documents_in=letters.documents_in + documents)
    return replace(record, types=(statements, own))


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (_moved(1, "rejected"), "documents of all types"),
        (replace(_of_types(), types=_of_types().types[:1]), "documents of all types"),
        (
            replace(_of_types(), types=(replace(_of_types().types[0], pages=1), _of_types().types[1])),
            "pages of all types",
        ),
        (
            replace(_of_types(), types=(replace(_of_types().types[0], sheets=1), _of_types().types[1])),
            "sheets of all types",
        ),
        (
            replace(
                _of_types(), types=(_of_types().types[0], replace(_of_types().types[1], documents_in=99))
            ),
            "documents of type letter",
        ),
        (
            replace(
                _of_types(), types=(_of_types().types[0], replace(_of_types().types[1], money_in_cents=1))
            ),
            "cents of type letter",
        ),
    ],
)
def test_types_that_do_not_balance_are_not_released(run_dir: Path, record: RunRecord, what: str) -> None:
    check_balance(_of_types())
    with pytest.raises(BalanceError, match=what):
        write_run_json(run_dir, record)


def test_an_outcome_moved_from_one_type_to_another_is_seen() -> None:
    record = _of_types()
    statements, letters = record.types
    own = replace(letters, documents={**letters.documents, "printed": 99, "rejected": 1})
    with pytest.raises(BalanceError, match="printed documents of all types"):
        check_balance(replace(record, types=(statements, own)))


def test_broken_seals_are_found(run_dir: Path) -> None:
    write_run_json(run_dir, RECORD)
    assert broken_seals(run_dir) == ()
    first, second = (run_dir / s.file for s in RECORD.spools[:2])
    flipped = bytearray(first.read_bytes())
    flipped[100] ^= 1
    first.write_bytes(flipped)
    second.unlink()
    (run_dir / "spool" / "extra.pdf").write_bytes(b"x")
    assert broken_seals(run_dir) == (
        "spool/0002.pdf is missing",
        "spool/0001.pdf has changed",
        "spool/extra.pdf was not there when the run was released",
    )


def test_a_folder_without_a_good_run_json_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not released"):
        broken_seals(tmp_path)
    path = tmp_path / "run.json"
    for text, error in (("{", BalanceError), ("[]", UsageError), ("{}", UsageError)):
        path.write_text(text)
        with pytest.raises(error):
            broken_seals(tmp_path)
    path.write_text(json.dumps({"format": "printstream-run/1"}))
    with pytest.raises(BalanceError, match="list of files"):
        broken_seals(tmp_path)


def test_a_seal_is_the_files_digest(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"abc" * 1_000_000)
    assert seal_of(path) == Seal(hashlib.sha256(path.read_bytes()).hexdigest(), 3_000_000)


def test_the_result_names_files_that_are_there(run_dir: Path) -> None:
    result = result_of(RECORD, run_dir)
    assert result.saving_mills == RECORD.single_piece_postage_mills - RECORD.postage_mills
    assert list(result.seconds) == [stage.name for stage in RECORD.stages]
    assert result.spools[0] == run_dir / "spool/0001.pdf"
    assert set(result.files) == {"manifest"}


def test_tray_rows_come_from_the_presorts_table() -> None:
    table = pl.DataFrame(
        {
            c.STREAM.name: ["letter"],
            c.TRAY_ID.name: [7],
            c.TRAY_TYPE.name: ["2ft"],
            c.PRESORT_LEVEL.name: ["5d"],
            c.DESTINATION.name: ["AMHERST MA 01002"],
            c.PIECES.name: [312],
            c.THICKNESS_UM.name: [301_000],
            "cin": ["242"],
        }
    )
    assert tray_rows(table) == (TrayRow(7, "2ft", "5d", "AMHERST MA 01002", "letter", 312, 301_000),)


# ---- report.html


class _Reader(HTMLParser):
    """Reads tables as people do, and refuses tags that do not pair."""

    VOID = frozenset({"meta", "rect", "line", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self.open[-3:]):
            self.rows[-1][-1] += data


def _read(record: RunRecord) -> _Reader:
    reader = _Reader()
    reader.feed(report_html(record))
    reader.close()
    assert reader.open == []
    return reader


def test_the_report_says_what_the_record_says() -> None:
    reader = _read(RECORD)
    rows = [[cell for cell in row if cell] for row in reader.rows]
    assert ["Printed", "74,950", "$11,330,000.00"] in rows
    assert ["Read", "75,100", "$11,345,678.90"] in rows
    assert ["5-digit", "52,310", "69.8 %", "$0.593", "$31,019.83"] in rows
    assert ["zip5", "the postal code does not exist", "61"] in rows
    assert ["spool/0001.pdf", "letter", "1", "8,327", "41,635", "24,981", "24,981", "378.9"] in rows
    assert ["8", "Draw", "14.70", "67.1 %", f"{RECORD.counts['pages'] / 14.7:,.0f}"] in rows
    assert "1,204 pieces lack" in reader.text
    assert f"{60 * RECORD.counts['pages'] / 21.9:,.0f}" in reader.text


def test_the_report_needs_nothing_else() -> None:
    reader = _read(RECORD)
    assert not {"script", "img", "link", "iframe", "object", "base"} & reader.tags
    expected = {s.file for s in RECORD.spools} | {"run.json", "manifest.parquet", "rejects.parquet"}
    assert set(reader.links) == expected
    assert not re.search(r"url\(|@import|https?:", report_html(RECORD))


def test_text_from_the_data_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    tray = replace(RECORD.trays[0], destination=evil)
    reject = RejectRow(evil, evil, 1)
    record = replace(RECORD, title=evil, trays=(tray,), rejects=(reject,), warnings=(evil,))
    assert "<script" not in report_html(record)
    assert _read(record).text.count(evil) == 6


def test_an_empty_night_has_a_report_too() -> None:
    counts = dict.fromkeys(RECORD.counts, 0)
    record = RunRecord("j", "Nothing", "r", datetime(2026, 1, 1, tzinfo=UTC), counts, 0, {}, (), 0.0, 0)
    check_balance(record)
    text = _read(record).text
    assert "This mailing has no trays." in text
    assert "There was nothing to print." in text


def test_many_trays_are_cut_and_counted() -> None:
    trays = tuple(replace(RECORD.trays[0], tray_id=i, pieces=1) for i in range(1, MAX_TRAYS_LISTED + 100))
    reader = _read(replace(RECORD, trays=trays))
    assert f"The first {MAX_TRAYS_LISTED} of {len(trays)} trays" in reader.text
    assert (
        sum(row[1] == RECORD.trays[0].destination for row in reader.rows if len(row) > 1) == MAX_TRAYS_LISTED
    )


@given(parts=st.lists(st.integers(0, 10**6), min_size=1, max_size=2))
def test_a_bars_parts_are_as_wide_as_their_numbers(parts: list[int]) -> None:
    whole = max(1, sum(parts))
    rects = re.findall(r'x="(\d+)" y="0" width="(\d+)"', bar(parts, whole))
    assert len(rects) == sum(part > 0 for part in parts)
    for (_, width), part in zip(rects, [p for p in parts if p], strict=True):
        assert abs(int(width) - 1000 * part / whole) <= 3


@given(counts=st.lists(st.integers(0, 5000), min_size=10, max_size=20))
def test_a_histograms_columns_are_as_tall_as_their_numbers(counts: list[int]) -> None:
    text = histogram([Series("a", tuple(counts))], 0, 5, "%", "x")
    heights = [float(h) for h in re.findall(r'<rect[^>]* height="([\d.]+)"', text)]
    shown = [count for count in counts if count]
    assert len(heights) == len(shown)
    if shown:
        scale = max(heights) / max(shown)
        assert all(abs(h - n * scale) < 0.2 for h, n in zip(heights, shown, strict=True))
        assert max(heights) <= 144.05


def test_the_report_says_what_the_greedy_preparation_would_need() -> None:
    greedy = replace(RECORD, greedy_postage_mills=RECORD.postage_mills + 12_340, greedy_trays=4_321)
    assert "in 4,321 trays" not in report_html(RECORD)
    page = report_html(greedy)
    assert f"{(RECORD.postage_mills + 12_340) / 1000:,.2f}" in page
    assert "in 4,321 trays" in page
