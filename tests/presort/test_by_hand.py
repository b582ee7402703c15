"""docs/presort.md worked out by hand, and the post that it builds from scratch: the numbers are read off the page."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from printstream.presort import presort
from tests.presort.presortkit import SCHEMES, job_of
from tests.presort.test_mailing import job, letters

PAGE = (Path(__file__).parents[2] / "docs" / "presort.md").read_text(encoding="utf-8")


def table(*header: str) -> list[list[str]]:
    """The rows of the page's table with this header."""
    lines = PAGE.splitlines()
    first = lines.index("| " + " | ".join(header) + " |") + 2
    rows = []
    while lines[first].startswith("|"):
        rows.append([cell.strip() for cell in lines[first].strip("|").split("|")])
        first += 1
    return rows


def mills(text: str) -> int:
    whole, _, thousandths = text.partition(".")
    assert len(thousandths) == 3
    return int(whole) * 1000 + int(thousandths)


def test_the_mailing_worked_out_by_hand_is_what_the_product_does() -> None:
    counts = {zip5: int(count) for zip5, count in table("ZIP Code", "letters")}
    assert sum(counts.values()) == 1_000
    done = presort(letters(counts, city="New York", state="NY"), job())
    by_hand = [
        (int(t), level, kind, place, int(first), int(count), mills(mm), full == "yes")
        for t, level, kind, place, first, count, mm, full in table(
            "tray", "level", "type", "destination", "first sequence", "pieces", "mm of mail", "full"
        )
    ]
    columns = ["tray_id", "presort_level", "tray_type", "destination"]
    columns += ["first_sequence", "pieces", "thickness_um", "full"]
    assert done.trays.select(columns).rows() == by_hand
    levels = [
        (level, int(count), int(rolled), mills(postage), int(trays))
        for level, count, rolled, _, postage, trays in table(
            "level", "pieces", "of these rolled", "price", "postage", "trays"
        )
    ]
    shown = ["presort_level", "pieces", "rolled", "postage_mills", "trays"]
    assert done.qualification.levels.select(shown).rows() == levels
    prices = {
        row[0]: mills(row[3])
        for row in table("level", "pieces", "of these rolled", "price", "postage", "trays")[:3]
    }
    assert dict(done.qualification.rates.select("presort_level", "rate_mills").iter_rows()) == prices


def test_what_the_page_says_the_mailing_saves_is_true() -> None:
    counts = {zip5: int(count) for zip5, count in table("ZIP Code", "letters")}
    done = presort(letters(counts), job())
    rows = {
        name: (mills(postage), trays) for name, postage, trays in table("preparation", "postage", "trays")
    }
    assert rows == {
        "as made": (int(done.pieces["postage_mills"].sum()), str(done.trays.height)),
        "greedy": (done.greedy_mills, str(done.greedy_trays)),
        "unsorted, single-piece price": (done.single_piece_mills, "–"),
    }


def test_the_post_from_scratch_works_as_written(tmp_path: Path) -> None:
    files = re.findall(r"`((?:forms|schemes)/atlantis\w*\.yaml)`[^\n]*\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(files) == 3
    for name, text in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    stream = {"name": "letter", "scheme": "atlantis_letters", "single": "atlantis_single", "envelope": "DL"}
    frame = letters({"B417": 190, "b5 00": 70, "C100": 60}, plus4="", delivery_point="")
    done = presort(frame, job_of([stream]), tmp_path)
    assert done.trays["destination"].unique(maintain_order=True).to_list() == [
        "TOWN B4",
        "TOWN B5",
        "TOWN C1",
    ]
    assert f"pay {done.pieces['postage_mills'].sum() / 1000:.3f}." in PAGE
    assert done.warnings == ()


def test_the_page_lists_every_shipped_scheme() -> None:
    rows = table("scheme", "form", "levels", "what to replace before mailing")
    assert sorted(row[0].strip("`") for row in rows) == SCHEMES


def test_the_frames_of_the_report_hold_every_level(tmp_path: Path) -> None:
    done = presort(letters({"10001": 2}), job())
    assert done.qualification.levels.select("presort_level", "pieces").rows() == [
        ("5d", 0),
        ("aadc", 0),
        ("maadc", 0),
        ("single", 2),
    ]
    assert done.qualification.levels["postage_mills"].dtype == pl.Int64
