"""Barcodes: nanoseconds a symbol, unique data, one core, the answer checked; other encoders in the same run.

Times are of a batch; ``per_symbol_us`` in the extra information is what to compare. Ours draw many symbols a
call, as the drawing kernel does; the peers are called once a symbol, because that is what they offer.
Compilation is not measured: every kernel runs once before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
import segno
import zint
import zxingcpp
from numpy.typing import NDArray
from reportlab.graphics.barcode.usps4s import USPS_4State

from benchmarks.conftest import Ledger
from printstream import marks
from printstream.kernels import datamatrix, fourstate, imb, qr
from printstream.kernels import fourstate_tables as facts
from printstream.kernels.posts import check_posts
from tests.draw.drawkit import job_of
from tests.reference import datamatrix as datamatrix_twin
from tests.reference import fourstate as fourstate_twin
from tests.reference import imb as imb_twin
from tests.reference.symbols import read, unpack

Timed = Callable[[Callable[[], object], int], None]
SYMBOLS = 20_000
PEER_SYMBOLS = 100
CAPITALS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", np.uint8)


@pytest.fixture(name="timed")
def _timed(benchmark: Any, ledger: Ledger, request: pytest.FixtureRequest) -> Timed:
    """Time a batch; keep microseconds a symbol."""

    def timed(run: Callable[[], object], symbols: int) -> None:
        run()
        benchmark.pedantic(run, rounds=15, warmup_rounds=1)
        each = benchmark.stats.stats.min / symbols * 1e6
        benchmark.extra_info["symbols"] = symbols
        benchmark.extra_info["per_symbol_us"] = round(each, 4)
        ledger.add("codes", request.node.name.removeprefix("test_"), microseconds_per_symbol=each)

    return timed


def barcodes() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lot = np.random.default_rng(1)
    return lot.permutation(10**6)[:SYMBOLS].astype(np.int64), lot.integers(0, 10**11, SYMBOLS)


def texts(length: int, alphabet: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    lot = np.random.default_rng(length)
    return lot.choice(alphabet, SYMBOLS * length), np.arange(SYMBOLS + 1) * length


def sheet_marks() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """What an inserter reads: job code, piece, sheet of sheets, address check; 30 characters."""
    lot = np.random.default_rng(5)
    marks = [f"PS000001{i:08d}{i % 5 + 1:02d}05{lot.integers(10**10):010d}" for i in range(SYMBOLS)]
    return np.frombuffer("".join(marks).encode(), np.uint8), np.arange(SYMBOLS + 1) * 30


def test_imb_from_fields(timed: Timed) -> None:
    tables = imb.imb_tables()
    serial, routing = barcodes()
    kind = np.full(SYMBOLS, 11, np.int8)
    out, codes = np.empty(SYMBOLS * 65, np.uint8), np.empty(SYMBOLS, np.int8)
    timed(
        lambda: imb.encode_imb_batch(tables, 0, 300, 123456, 6, serial, kind, routing, out, codes),
        SYMBOLS,
    )
    assert not codes.any()
    for i in range(0, SYMBOLS, 997):
        digits = f"00300123456{serial[i]:09d}", f"{routing[i]:011d}"
        assert imb_twin.decode_imb(out[65 * i : 65 * i + 65].tobytes().decode()) == digits


def test_imb_from_digits(timed: Timed) -> None:
    tables = imb.imb_tables()
    lot = np.random.default_rng(2)
    digits = lot.integers(48, 58, (SYMBOLS, 31)).astype(np.uint8)
    digits[:, 1] = 48 + digits[:, 1] % 5
    offsets = np.arange(SYMBOLS + 1) * 31
    out, codes = np.empty(SYMBOLS * 65, np.uint8), np.empty(SYMBOLS, np.int8)
    timed(
        lambda: imb.encode_imb_digits_batch(tables, digits.ravel(), offsets, out, codes),
        SYMBOLS,
    )
    assert not codes.any()
    for i in range(0, SYMBOLS, 997):
        text = digits[i].tobytes().decode()
        assert imb_twin.decode_imb(out[65 * i : 65 * i + 65].tobytes().decode()) == (text[:20], text[20:])


def _pieces(form: str) -> list[str]:
    """Payloads of a mailing: the digits of {} count up."""
    return [form.format(i) for i in range(SYMBOLS)]


FOURSTATE: dict[str, tuple[str, Callable[[str], str]]] = {
    "postnet": ("123{:08}", lambda bars: fourstate_twin.read_two_heights(bars, planet=False)),
    "planet": ("40{:08}123", lambda bars: fourstate_twin.read_two_heights(bars, planet=True)),
    "rm4scc": ("E{:05}A1A", fourstate_twin.read_rm4scc),
    "kix": ("1234GG{:05}XA", fourstate_twin.read_kix),
    "japanpost": ("15{:05}3-B-4", fourstate_twin.read_japanpost),
    "auspost_n": (
        "62{:08}123456789012345",
        lambda bars: fourstate_twin.read_auspost(bars, characters=False, count=15),
    ),
    "auspost_c": (
        "62{:08}aBCd#F hIz",
        lambda bars: fourstate_twin.read_auspost(bars, characters=True, count=10),
    ),
    "mailmark_c": ("21B22{:08}JW5O9QA6Y", fourstate_twin.read_mailmark),
    "mailmark_l": ("010000000{:08}AA000AA0A", fourstate_twin.read_mailmark),
}


@pytest.mark.parametrize("symbology", facts.SYMBOLOGIES)
def test_fourstate(timed: Timed, symbology: str) -> None:
    tables = facts.fourstate_tables()
    form, read_back = FOURSTATE[symbology]
    pieces = _pieces(form)
    text = np.frombuffer("".join(pieces).encode(), np.uint8)
    offsets = np.arange(SYMBOLS + 1) * len(pieces[0])
    out, codes = np.empty((SYMBOLS, facts.MAX_BARS), np.uint8), np.empty(SYMBOLS, np.int8)
    kind = facts.SYMBOLOGIES.index(symbology)
    timed(lambda: fourstate.encode_fourstate_batch(tables, kind, text, offsets, out, codes), SYMBOLS)
    assert (codes > 0).all()
    for i in range(0, SYMBOLS, 997):
        assert read_back(out[i, : codes[i]].tobytes().decode()) == pieces[i]


@pytest.mark.parametrize("size", [16, 24, 32])
def test_datamatrix(timed: Timed, size: int) -> None:
    tables = datamatrix.datamatrix_tables()
    marks, offsets = sheet_marks() if size > 16 else texts(12, CAPITALS)
    out, codes = np.empty((SYMBOLS, size * ((size + 7) // 8)), np.uint8), np.empty(SYMBOLS, np.int8)
    timed(
        lambda: datamatrix.encode_datamatrix_batch(tables, marks, offsets, size, out, codes),
        SYMBOLS,
    )
    assert not codes.any()
    for i in range(0, SYMBOLS, 997):
        text = marks[offsets[i] : offsets[i + 1]].tobytes()
        rows = unpack(out[i], size)
        assert rows == datamatrix_twin.encode_datamatrix(text, size)
        assert read(rows, zxingcpp.BarcodeFormat.DataMatrix) == text


@pytest.mark.parametrize(("version", "length"), [(1, 14), (4, 62), (6, 106), (10, 213)])
def test_qr(timed: Timed, version: int, length: int) -> None:
    tables = qr.qr_tables()
    words, offsets = texts(length, np.arange(32, 127, dtype=np.uint8))
    count = SYMBOLS // 10
    out, sizes = np.empty((count, qr.OUT_BYTES), np.uint8), np.empty(count, np.int8)
    timed(
        lambda: qr.encode_qr_batch(tables, words, offsets, 1, out, sizes, qr.BYTE),
        count,
    )
    assert (sizes == 17 + 4 * version).all()
    for i in range(0, count, 97):
        rows = unpack(out[i], 17 + 4 * version)
        assert read(rows, zxingcpp.BarcodeFormat.QRCode) == words[offsets[i] : offsets[i + 1]].tobytes()


def by_libzint(symbology: zint.Symbology, text: str, option_1: int, option_2: int) -> int:
    symbol = zint.Symbol()
    symbol.symbology, symbol.option_1, symbol.option_2 = symbology, option_1, option_2
    symbol.encode(text.encode())
    return symbol.width


PEERS: dict[str, Callable[[str], object]] = {
    "imb libzint": lambda t: by_libzint(zint.Symbology.USPS_IMAIL, f"00300123456{t[:9]}-{t[:11]}", -1, 0),
    "imb reportlab": lambda t: USPS_4State(value=f"00300123456{t[:9]}", routing=t[:11]).barcodes,
    "datamatrix 24 zxing-cpp": lambda t: zxingcpp.create_barcode(t[:30], zxingcpp.BarcodeFormat.DataMatrix),
    "datamatrix 24 libzint": lambda t: by_libzint(zint.Symbology.DATAMATRIX, t[:30], -1, 8),
    "qr 4 libzint": lambda t: by_libzint(zint.Symbology.QRCODE, t[:62].replace("0", "a"), 2, 4),
    "qr 4 segno": lambda t: segno.make(
        t[:62], error="m", boost_error=False, mode="byte", version=4, micro=False
    ),
}


@pytest.mark.parametrize("peer", PEERS)
def test_peer(timed: Timed, peer: str) -> None:
    lot = np.random.default_rng(3)
    work = ["".join(map(str, lot.integers(0, 10, 62))) for _ in range(PEER_SYMBOLS)]
    encode = PEERS[peer]
    assert encode(work[0])
    timed(lambda: [encode(text) for text in work], PEER_SYMBOLS)


@pytest.mark.parametrize("barcode", ["mailmark_2d", "dp_datamatrix"])
def test_posts_datamatrix(timed: Timed, barcode: str) -> None:
    """A post's Data Matrix from its payload, as the press run makes it: number, encodation, checks, modules."""
    royal = {"postcode": "pc", "supply_chain": "1234567", "type": 29, "content": "own"}
    german = {"price_version": 33, "customer": "5125149612", "value_cents": 185, "product": 148}
    settings = {
        "mailmark_2d": royal,
        "dp_datamatrix": {**german, "participation": 1, "statement": 588, "content": "own"},
    }
    job = job_of(mailing={"barcode": barcode, barcode: settings[barcode]})
    own = [f"REF{i:06d}" for i in range(SYMBOLS)]
    documents = pl.DataFrame({"pc": ["EC1A1BB"] * SYMBOLS, "own": own})
    posts = marks.postal_payloads(documents, job)
    assert posts is not None
    codes = np.empty(SYMBOLS, np.int8)
    timed(lambda: check_posts(posts, codes), SYMBOLS)
    assert (codes == 1).all()
