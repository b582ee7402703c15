"""The 4-state encoders against the posts' and zint's vectors, libzint, and readers written from the rules."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import zint
from hypothesis import given
from hypothesis import strategies as st

from printstream.kernels import fourstate
from printstream.kernels import fourstate_tables as facts
from tests.reference import fourstate as twin
from tests.reference.symbols import zint_rows

DATA = Path(__file__).parent.parent / "data"
TABLES = facts.fourstate_tables()
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
SYMBOLOGY = {
    "postnet": "POSTNET", "planet": "PLANET", "rm4scc": "RM4SCC", "kix": "KIX", "japanpost": "JAPANPOST",
    "auspost_n": "AUSPOST", "auspost_c": "AUSPOST", "mailmark_c": "MAILMARK_4S", "mailmark_l": "MAILMARK_4S",
}  # fmt: skip
_AUS_CONTROL = {"AUSREPLY": "45", "AUSROUTE": "87", "AUSREDIRECT": "92"}


def encode(symbology: str, payload: str, before: int = 0) -> int | str:
    """Bars, or the code of the refusal; ``before``: bytes that stand before payload and bars."""
    text = np.frombuffer(b"?" * before + payload.encode("latin-1") + b"?", np.uint8)
    out = np.full(before + facts.MAX_BARS, 33, np.uint8)
    kind = facts.SYMBOLOGIES.index(symbology)
    bars = fourstate.encode_fourstate(TABLES, kind, text, before, len(payload), out, before)
    assert (out[:before] == 33).all()
    return int(bars) if bars < 0 else out[before : before + bars].tobytes().decode()


def read(symbology: str, bars: str, payload: str) -> str:
    """Read bars back by the rules; ``payload`` says only how much customer information there is."""
    if symbology in ("postnet", "planet"):
        return twin.read_two_heights(bars, planet=symbology == "planet")
    if symbology.startswith("auspost"):
        return twin.read_auspost(bars, characters=symbology == "auspost_c", count=len(payload) - 10)
    if symbology.startswith("mailmark"):
        return twin.read_mailmark(bars)
    return {"rm4scc": twin.read_rm4scc, "kix": twin.read_kix, "japanpost": twin.read_japanpost}[symbology](
        bars
    )


def by_zint(symbology: str, payload: str) -> str:
    """libzint's bars; it finds Australia Post's format control code itself."""
    name = SYMBOLOGY[symbology]
    if symbology.startswith("auspost"):
        name = {control: name for name, control in _AUS_CONTROL.items()}.get(payload[:2], name)
        payload = payload[2:]
    rows = zint_rows(getattr(zint.Symbology, name), payload.encode())
    columns = list(zip(*(row[::2] for row in rows), strict=True))
    if len(rows) == 2:
        return "".join("F" if up == "1" else "T" for up, _ in columns)
    return "".join("TDAF"[2 * int(up) + int(down)] for up, _, down in columns)


def vectors() -> list[tuple[str, str, str]]:
    """Symbology, payload as our kernel takes it, bars."""
    found = []
    with (DATA / "fourstate_vectors.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name, data, bars = row["symbology"], row["data"], row["expected"]
            if name == "MAILMARK_4S":
                long = len(data) > 22
                found.append(("mailmark_l" if long else "mailmark_c", data.ljust(26 if long else 22), bars))
            elif name in ("POSTNET", "PLANET"):
                tall = bars.split("/")[0][::2].translate(str.maketrans("10", "FT"))
                found.append((name.lower(), data, tall))
            elif name.startswith("AUS"):
                more = data[8:]
                control = _AUS_CONTROL.get(name, {0: "11", 52: "59"}.get(len(bars) if more else 0, "62"))
                if data.startswith("00000000"):
                    control = "00"
                kind = "auspost_n" if more.isdigit() or not more else "auspost_c"
                found.append((kind, control + data, bars))
            else:
                found.append((name.lower(), data.upper(), bars))
    return found


def test_vectors() -> None:
    rows = vectors()
    assert len(rows) == 61
    seen = set()
    for symbology, payload, bars in rows:
        if symbology == "rm4scc" and len(payload) > facts.MAX_RM4SCC:
            assert twin.read_rm4scc(bars) == payload
            continue
        assert encode(symbology, payload) == bars, (symbology, payload)
        seen.add(symbology)
    assert seen == set(facts.SYMBOLOGIES)


def test_the_readers_read_the_vectors_and_no_other_bars() -> None:
    """A judge that takes a wrong bar would be none: changing any one bar of any vector is found."""
    for symbology, payload, bars in vectors():
        assert read(symbology, bars, payload) == payload
        for place in range(0, len(bars), 3):
            for other in set("TF" if symbology in ("postnet", "planet") else "TDAF") - {bars[place]}:
                changed = bars[:place] + other + bars[place + 1 :]
                try:
                    found = read(symbology, changed, payload)
                except (twin.UnreadableError, KeyError):
                    continue
                assert symbology == "kix"  # which has no check
                assert found != payload


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


postcodes = st.sampled_from([*twin.SHAPES, None]).flatmap(
    lambda shape: (
        st.just("XY11     ")
        if shape is None
        else st.tuples(*(st.sampled_from(twin._LETTERS[kind]) for kind in shape)).map("".join)
    )
)
PAYLOADS = {
    "postnet": st.sampled_from([5, 9, 11]).flatmap(digits),
    "planet": st.sampled_from([11, 13]).flatmap(digits),
    "rm4scc": st.text(DIGITS + CAPITALS, min_size=5, max_size=9),
    "kix": st.text(DIGITS + CAPITALS, min_size=7, max_size=18),
    "japanpost": st.builds(lambda a, b: a + b, digits(7), st.text(DIGITS + CAPITALS + "-", max_size=6)),
    "auspost_n": st.one_of(
        st.builds(lambda a, b: a + b, st.sampled_from(["11", "45", "87", "92"]), digits(8)),
        st.builds(lambda b, c: f"59{b}{c}", digits(8), st.one_of(digits(8), st.text(DIGITS, min_size=1, max_size=8))),
        st.builds(lambda b, c: f"62{b}{c}", digits(8), st.one_of(digits(15), st.text(DIGITS, min_size=9, max_size=15))),
    ),
    "auspost_c": st.one_of(
        st.builds(lambda b, c: f"59{b}{c}", digits(8), st.text(twin._AUS_C, min_size=1, max_size=5).map(lambda t: t + "x" * (len(t) == 4))),
        st.builds(lambda b, c: f"62{b}{c}", digits(8), st.text(twin._AUS_C, min_size=6, max_size=10).map(lambda t: t + "#" * (len(t) == 9))),
    ),
    "mailmark_c": st.builds(
        lambda a, b, c, d, e: a + b + c + d + e,
        st.sampled_from("01234"), st.sampled_from("1234"), st.sampled_from("0123456789ABCDE"), digits(10), postcodes,
    ),
    "mailmark_l": st.builds(
        lambda a, b, c, d, e: a + b + c + d + e,
        st.sampled_from("01234"), st.sampled_from("1234"), st.sampled_from("0123456789ABCDE"), digits(14), postcodes,
    ),
}  # fmt: skip


def libzint_takes(symbology: str, payload: str) -> bool:
    """libzint wants Australia Post's fields full, and chooses N or C, length and null code by itself."""
    more = payload[10:]
    full = {
        "auspost_n": {"11": 0, "45": 0, "87": 0, "92": 0, "59": 8, "62": 15},
        "auspost_c": {"59": 5, "62": 10},
    }
    chosen = symbology == "auspost_n" or not more.isdigit()
    return len(more) == full[symbology][payload[:2]] and chosen and payload[2:10] != "00000000"


@pytest.mark.parametrize("symbology", facts.SYMBOLOGIES)
def test_reads_as_its_payload_and_agrees_with_libzint(symbology: str) -> None:
    @given(PAYLOADS[symbology], st.integers(0, 3))
    def holds(payload: str, before: int) -> None:
        bars = encode(symbology, payload, before)
        assert isinstance(bars, str)
        assert read(symbology, bars, payload) == payload
        if symbology.startswith("auspost") and not libzint_takes(symbology, payload):
            return
        assert bars == by_zint(symbology, payload)

    holds()


@pytest.mark.parametrize(
    ("symbology", "payload", "code"),
    [
        ("postnet", "1234", facts.BAD_LENGTH),
        ("postnet", "1234x", facts.BAD_CHARACTER),
        ("postnet", "1234/", facts.BAD_CHARACTER),
        ("planet", "12345678901x3", facts.BAD_CHARACTER),
        ("planet", "123456789012", facts.BAD_LENGTH),
        ("rm4scc", "EC1A", facts.BAD_LENGTH),
        ("rm4scc", "EC1A1AA1AA", facts.BAD_LENGTH),
        ("rm4scc", "EC1A 1AA", facts.BAD_CHARACTER),
        ("rm4scc", "ec1a1aa", facts.BAD_CHARACTER),
        ("kix", "1231FZ", facts.BAD_LENGTH),
        ("kix", "1231FZ1234567890123", facts.BAD_LENGTH),
        ("kix", "1231FZ1-2", facts.BAD_CHARACTER),
        ("japanpost", "154002", facts.BAD_LENGTH),
        ("japanpost", "154002A3", facts.BAD_CHARACTER),
        ("japanpost", "-5400233", facts.BAD_CHARACTER),
        ("japanpost", "15400233_1", facts.BAD_CHARACTER),
        ("japanpost", "154002312345678901234", facts.BAD_LENGTH),
        ("japanpost", "1540023ABCDEFG", facts.BAD_LENGTH),
        ("japanpost", "1540023123456789012A", facts.BAD_LENGTH),
        ("auspost_n", "119618420", facts.BAD_LENGTH),
        ("auspost_n", "1196184209" + "1", facts.BAD_CONTROL),
        ("auspost_n", "1396184209", facts.BAD_CONTROL),
        ("auspost_n", "11961842x9", facts.BAD_CHARACTER),
        ("auspost_n", "5996184209" + "1" * 9, facts.BAD_LENGTH),
        ("auspost_n", "6296184209" + "1" * 16, facts.BAD_LENGTH),
        ("auspost_c", "5996184209" + "A" * 6, facts.BAD_LENGTH),
        ("auspost_c", "5996184209A-", facts.BAD_CHARACTER),
        ("mailmark_c", "1100000000000XY11    ", facts.BAD_LENGTH),
        ("mailmark_c", "5100000000000XY11     ", facts.BAD_FORMAT),
        ("mailmark_c", "1500000000000XY11     ", facts.BAD_VERSION),
        ("mailmark_c", "1000000000000XY11     ", facts.BAD_VERSION),
        ("mailmark_c", "11F0000000000XY11     ", facts.BAD_CLASS),
        ("mailmark_c", "11 0000000000XY11     ", facts.BAD_CLASS),
        ("mailmark_c", "1100000000 00XY11     ", facts.BAD_CHARACTER),
        ("mailmark_c", "110000000000AXY11     ", facts.BAD_CHARACTER),
        ("mailmark_c", "1100000000000XY12     ", facts.BAD_POSTCODE),
        ("mailmark_c", "1100000000000EC1A1AC1A", facts.BAD_POSTCODE),
        ("mailmark_c", "1100000000000E11AA1A A", facts.BAD_POSTCODE),
        ("mailmark_l", "11000000000000000XY11     "[:25], facts.BAD_LENGTH),
    ],
)  # fmt: skip
def test_refusals(symbology: str, payload: str, code: int) -> None:
    assert encode(symbology, payload) == code
    assert code in facts.REASONS


def test_largest_and_smallest_mailmark() -> None:
    """Both ends of the 93-bit number."""
    for payload in ("010" + "0" * 14 + "XY11     ", "44E" + "9" * 14 + "Z999ZZ9Z "):
        bars = encode("mailmark_l", payload)
        assert isinstance(bars, str)
        assert twin.read_mailmark(bars) == payload


def test_batch() -> None:
    text = np.frombuffer(b"EC1A1AA1Aec1SN34RT1A", np.uint8)
    offsets = np.array([0, 9, 12, 20])
    codes = np.zeros(3, np.int8)
    kind = facts.SYMBOLOGIES.index("rm4scc")
    out = np.zeros((3, facts.MAX_BARS), np.uint8)
    fourstate.encode_fourstate_batch(TABLES, kind, text, offsets, out, codes)
    assert codes.tolist() == [42, facts.BAD_LENGTH, 38]
    assert out[0, :42].tobytes().decode() == encode("rm4scc", "EC1A1AA1A")
    assert out[2, :38].tobytes().decode() == encode("rm4scc", "SN34RT1A")
    one = np.zeros((1, facts.MAX_BARS), np.uint8)
    fourstate.encode_fourstate_batch(TABLES, kind, text, offsets, one, codes)
    assert codes.tolist() == [42, facts.BAD_LENGTH, 38]
