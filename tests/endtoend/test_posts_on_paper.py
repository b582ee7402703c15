"""Every post's code from job to pixels: a small mailing run, its print file rendered at 300 dpi, read by strangers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pypdfium2 as pdfium
import pytest
import zxingcpp
from ruamel.yaml import YAML

from tests.judges.fourstate import BarRow, read_bars
from tests.judges.nights import call
from tests.judges.postjobs import AT_MM, ROWS, ZIPS, write_data, write_job
from tests.reference import fourstate as twin
from tests.reference.imb import decode_imb

DPI = 300


@dataclass(frozen=True)
class Post:
    """A job's barcode, and how its payload is told.

    Attributes:
        mailing: settings beside the barcode.
        columns: columns that the settings name, a value a document.
        payload: of document k as piece p (from 1).
        read: bars to payload; None for a Data Matrix.
        limits: millimetres by the post's manual: full height, tracker, width; bars an inch; clear zone aside and above.
    """

    mailing: dict[str, Any]
    columns: dict[str, list[Any]]
    payload: Callable[[int, int], str | bytes]
    read: Callable[[str], str] | None = None
    limits: tuple[tuple[float, float], ...] = ()
    clear_mm: tuple[float, float] = (2.0, 2.0)
    two_heights: bool = False
    wanted: dict[str, Any] = field(default_factory=dict)


UK = ["EC1A 1AA", "w1a 0ax", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "EC1A1BB"]
SUFFIX = ["1A", "", "2B", None, "3D", "4E", "9Z"]
UK_TEXT = [
    postcode.replace(" ", "").upper() + (suffix or "9Z") for postcode, suffix in zip(UK, SUFFIX, strict=True)
]
ROYAL = ((4.22, 5.84), (1.02, 1.52), (0.38, 0.63), (20.0, 24.0))
DPID = [f"{39549554 + 7 * k:08d}" for k in range(ROWS)]
AUSTRALIA = ((4.2, 5.6), (1.0, 1.6), (0.4, 0.6), (22.0, 25.0))
USPS_LOW = ((0.115 * 25.4, 0.135 * 25.4), (1.016, 1.524), (0.381, 0.635), (20.0, 24.0))
BRITISH = {"postcode": UK, "dps": SUFFIX}
ROYAL_SETTINGS = {"postcode": "postcode", "suffix": "dps"}
CONTENT = ["ABC", "", "A1 B2C", "REF42", "X", "0", "Z9"]


def _dp(k: int, piece: int) -> bytes:
    """Field by field, as public decodings list them: docs/postal-barcodes.md."""
    start = bytes.fromhex("444541 12 21 01317B93AC 00B9 3C9C 0094".replace(" ", ""))
    own = CONTENT[k].encode()
    return (start + piece.to_bytes(3, "big") + bytes.fromhex("01024C00") + own).ljust(42, b"\0")


POSTS: dict[str, Post] = {
    "imb": Post(
        {"mailer_id": "902345678", "service_type": "270"},
        {},
        lambda k, piece: f"00270902345678{piece:06d}{ZIPS[k]}",
        lambda bars: "".join(decode_imb(bars)),
        ((0.125 * 25.4, 0.165 * 25.4), (0.039 * 25.4, 0.057 * 25.4), (0.381, 0.635), (20.0, 24.0)),
        (0.125 * 25.4, 0.028 * 25.4),
    ),
    "mailmark_c": Post(
        {"first_serial": 41, "mailmark": ROYAL_SETTINGS | {"supply_chain": "22", "mail_class": "B", "format": "2"}},
        BRITISH,
        lambda k, piece: f"21B22{40 + piece:08d}{UK_TEXT[k]:9}",
        twin.read_mailmark,
        ROYAL,
    ),
    "mailmark_l": Post(
        {"mailmark": ROYAL_SETTINGS | {"supply_chain": "654321"}},
        BRITISH,
        lambda k, piece: f"110654321{piece:08d}{UK_TEXT[k]:9}",
        twin.read_mailmark,
        ROYAL,
    ),
    "rm4scc": Post({"rm4scc": ROYAL_SETTINGS}, BRITISH, lambda k, _: UK_TEXT[k], twin.read_rm4scc, ROYAL),
    "kix": Post(
        {"kix": {"postcode": "pc", "house_number": "number", "addition": "more"}},
        {
            "pc": ["2500 GG", "2130va", "1231 GF", "1231 FZ", "9999 ZZ", "1000 AA", "1016 DW"],
            "number": [30250, 80430, 156, 13, 1, 99999, 7],
            "more": [None, "", "2", "hs", "III", "A", ""],
        },
        lambda k, _: (
            "2500GG30250", "2130VA80430", "1231GF156X2", "1231FZ13XHS", "9999ZZ1XIII", "1000AA99999XA", "1016DW7"
        )[k],
        twin.read_kix,
        ROYAL,
    ),
    "auspost": Post(
        {"auspost": {"control": "62", "sorting_code": "dpid", "information": "info", "encoding": "characters"}},
        {"dpid": DPID, "info": ["aBCd#F hIz", *["Ab #2 xyz9"] * 6]},
        lambda k, _: "62" + DPID[k] + (["aBCd#F hIz", *["Ab #2 xyz9"] * 6])[k],
        lambda bars: twin.read_auspost(bars, characters=True, count=10),
        AUSTRALIA,
        (6.0, 2.0),
    ),
    "japanpost": Post(
        {"japanpost": {"postcode": "pc", "address": "address"}},
        {
            "pc": ["154-0023", *["1230909"] * 6],
            "address": ["3-16-4-205", "", None, "1A308", "10-B", "5-6-7", "8"],
        },
        lambda k, _: ("154002" "33-16-4-205", "1230909", "1230909", "12309091A308", "123090910-B", "12309095-6-7", "12309098")[k],
        twin.read_japanpost,
        ((3.4, 3.6), (1.05, 1.35), (0.5, 0.7), (19.5, 23.1)),
    ),
    "postnet": Post(
        {}, {}, lambda k, _: ZIPS[k], lambda bars: twin.read_two_heights(bars, planet=False), USPS_LOW,
        (0.125 * 25.4, 0.04 * 25.4), two_heights=True,
    ),
    "planet": Post(
        {"planet": {"code": "code"}},
        {"code": [f"40{k:09d}" for k in range(ROWS)]},
        lambda k, _: f"40{k:09d}",
        lambda bars: twin.read_two_heights(bars, planet=True),
        USPS_LOW,
        (0.125 * 25.4, 0.04 * 25.4),
        two_heights=True,
    ),
    "mailmark_2d": Post(
        {"mailmark_2d": ROYAL_SETTINGS | {"type": 29, "supply_chain": "1234567", "return_postcode": "SN35TQ", "content": "own"}},
        BRITISH | {"own": CONTENT},
        lambda k, piece: f"JGB 0111234567{piece:08d}{UK_TEXT[k]:9}0SN35TQ       {CONTENT[k]}".encode(),
    ),
    "dp_datamatrix": Post(
        {
            "dp_datamatrix": {
                "price_version": 33, "customer": "5125149612", "value_cents": 185, "product": 148, "participation": 1,
                "statement": 588, "content": "own",
            }
        },
        {"own": CONTENT},
        _dp,
    ),
}  # fmt: skip


def rendered(path: Path) -> list[np.ndarray]:
    """Fronts of a print file at 300 dpi, gray."""
    file = pdfium.PdfDocument(path)
    try:
        scale = DPI / 72 - 1e-9
        return [
            np.array(file[k].render(scale=scale, grayscale=True).to_numpy()).squeeze()
            for k in range(0, len(file), 2)
        ]
    finally:
        file.close()


def px(mm: float) -> int:
    return round(mm / 25.4 * DPI)


def run(tmp_path: Path, barcode: str, post: Post, *more: object) -> tuple[pl.DataFrame, list[np.ndarray]]:
    write_job(tmp_path / "job", {"barcode": barcode, **post.mailing})
    write_data(tmp_path / "data", post.columns)
    command = (
        "run",
        tmp_path / "job",
        "--input",
        tmp_path / "data",
        "--out",
        tmp_path / "out",
        "--run-id",
        "1",
        "--quiet",
        "--json",
    )
    done = call(*command, *more)
    assert done.code == 0, done.err
    folder = tmp_path / "out" / "posts" / "1"
    manifest = pl.read_parquet(folder / "manifest.parquet").sort("sequence")
    fronts = [image for path in sorted((folder / "spool").iterdir()) for image in rendered(path)]
    assert len(fronts) == manifest.height
    return manifest, fronts


def around(image: np.ndarray, row_mm: tuple[float, float]) -> np.ndarray:
    """A wide band around the postal block."""
    return image[px(row_mm[0]) : px(row_mm[1]), px(5) : px(150)]


@pytest.mark.parametrize("barcode", [name for name, post in POSTS.items() if post.read])
def test_bars_on_paper_say_what_the_manifest_says(tmp_path: Path, barcode: str) -> None:
    post = POSTS[barcode]
    manifest, fronts = run(tmp_path, barcode, post)
    assert manifest.height == ROWS
    slack = 1.5 * 25.4 / DPI  # a pixel and a half of the raster
    for row, image in zip(manifest.to_dicts(), fronts, strict=True):
        found = read_bars(around(image, (AT_MM[1] - 12, AT_MM[1] + 12)), DPI, two_heights=post.two_heights)
        assert post.read is not None
        payload = post.payload(int(row["document_id"]), row["piece_id"])
        assert post.read(found.letters) == payload == row["postal_barcode"]
        check_measures(found, post, slack)


def check_measures(found: BarRow, post: Post, slack: float) -> None:
    (low, high), (short, tall), (thin, thick), (few, many) = post.limits
    assert low - slack <= found.mean_height("F") <= high + slack
    assert short - slack <= found.mean_height("T") <= tall + slack
    assert thin - slack <= min(found.widths) <= max(found.widths) <= thick + slack
    assert few <= found.bars_an_inch <= many
    # Placed by the left end of the centre line; the band begins 5 mm from the left and 12 mm above.
    assert abs(found.left + 5 - AT_MM[0]) <= slack
    assert abs((found.top + found.bottom) / 2 - 12) <= slack


@pytest.mark.parametrize("barcode", [name for name, post in POSTS.items() if not post.read])
def test_data_matrices_on_paper_say_what_the_manifest_says(tmp_path: Path, barcode: str) -> None:
    post = POSTS[barcode]
    manifest, fronts = run(tmp_path, barcode, post)
    assert manifest.height == ROWS
    for row, image in zip(manifest.to_dicts(), fronts, strict=True):
        # The inserter's own symbol stands at the right.
        (code,) = zxingcpp.read_barcodes(
            around(image, (AT_MM[1] - 5, AT_MM[1] + 30)), formats=zxingcpp.BarcodeFormat.DataMatrix
        )
        payload = post.payload(int(row["document_id"]), row["piece_id"])
        assert isinstance(payload, bytes)
        assert bytes(code.bytes) == payload
        told = row["postal_barcode"]
        assert (bytes.fromhex(told) if barcode == "dp_datamatrix" else told.encode()) == payload


def test_no_code_at_all(tmp_path: Path) -> None:
    write_job(tmp_path / "job", {"barcode": "none"})
    write_data(tmp_path / "data", {})
    command = (
        "run",
        tmp_path / "job",
        "--input",
        tmp_path / "data",
        "--out",
        tmp_path / "out",
        "--run-id",
        "1",
        "--quiet",
        "--json",
    )
    done = call(*command)
    assert done.code == 3
    assert "barcode is none" in done.err
    text = (tmp_path / "job" / "template.yaml").read_text()
    yaml = YAML(typ="safe")
    template = yaml.load(text)
    template["first"]["blocks"] = [
        block for block in template["first"]["blocks"] if block["kind"] != "postal"
    ]
    with (tmp_path / "job" / "template.yaml").open("w") as file:
        yaml.dump(template, file)
    done = call(*command)
    assert done.code == 0, done.err
    folder = tmp_path / "out" / "posts" / "1"
    assert set(pl.read_parquet(folder / "manifest.parquet")["postal_barcode"]) == {""}
    for image in rendered(folder / "spool" / "0001.pdf"):
        assert around(image, (40, 88)).min() == 255
        assert around(image, (90, 105)).min() < 128


def test_the_judge_refuses_broken_and_missing_bars() -> None:
    page = np.full((100, 400), 255, np.uint8)
    for k, letter in enumerate("FTADFTADFF"):
        page[20 if letter in "FA" else 42 : 80 if letter in "FD" else 58, 20 + 14 * k : 26 + 14 * k] = 0
    assert read_bars(page, DPI).letters == "FTADFTADFF"
    gone = page.copy()
    gone[:, 20 + 14 * 5 : 26 + 14 * 5] = 255
    with pytest.raises(AssertionError):
        read_bars(gone, DPI)
    broken = page.copy()
    broken[30:34] = 255
    with pytest.raises(AssertionError, match="broken"):
        read_bars(broken, DPI)
