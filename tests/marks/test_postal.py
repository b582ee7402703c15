"""The postal barcode on paper, in the manifest and by the rules: the same digits."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from printstream import draw
from printstream.base import columns as c
from printstream.job import Job, Mailing
from printstream.marks import postal_barcodes, postal_constants, routing
from printstream.marks.imb import check_imb, encode_text
from tests.draw.drawkit import Letters, job_of, template_of
from tests.reference.imb import decode_imb

ADDRESS = {
    "kind": "address", "at": ["72pt", "190pt"], "first_line": "15pt", "leading": "10pt", "style": "body",
    "width": "300pt", "lines": ["{name}"],
}  # fmt: skip


def addresses(rows: list[tuple[str, str, str]], pieces: list[int]) -> pl.DataFrame:
    zips, plus4s, points = zip(*rows, strict=True) if rows else ((), (), ())
    texts = {c.POSTAL_CODE.name: zips, c.PLUS4.name: plus4s, c.DELIVERY_POINT.name: points}
    frame = pl.DataFrame(texts, dict.fromkeys(texts, pl.String))
    return frame.with_columns(pl.Series(c.PIECE_ID.name, pieces, pl.UInt32))


def job_with(mailing: Mailing) -> Job:
    return job_of().model_copy(update={"mailing": mailing})


def wanted_digits(mailing: Mailing, piece: int, row: tuple[str, str, str]) -> tuple[str, str]:
    """USPS-B-3200, 3.1: identifiers, then the serial number in what is left of 20 digits; 5, 9 or 11 routing digits."""
    zip5, plus4, point = row
    left = 20 - 2 - 3 - len(mailing.mailer_id)
    serial = str(mailing.first_serial + piece - 1).zfill(left)[-left:]
    tracking = mailing.barcode_id + mailing.service_type + mailing.mailer_id + serial
    return tracking, zip5 if not plus4 else zip5 + plus4 + point


@st.composite
def mailings(draw: st.DrawFn) -> Mailing:
    nine = draw(st.booleans())
    mailer = draw(st.from_regex(r"9[0-9]{8}" if nine else r"[0-8][0-9]{5}", fullmatch=True))
    limit = 10**6 if nine else 10**9
    serial = draw(
        st.sampled_from([0, 1, limit - 2, limit - 1, limit, 3 * limit - 1]) | st.integers(0, 10**12)
    )
    barcode = draw(st.from_regex(r"[0-9][0-4]", fullmatch=True))
    service = draw(st.from_regex(r"[0-9]{3}", fullmatch=True))
    return Mailing(barcode_id=barcode, service_type=service, mailer_id=mailer, first_serial=serial)


routes = st.tuples(
    st.from_regex(r"[0-9]{5}", fullmatch=True),
    st.just("") | st.from_regex(r"[0-9]{4}", fullmatch=True),
    st.just("") | st.from_regex(r"[0-9]{2}", fullmatch=True),
)


@settings(max_examples=60)
@given(mailing=mailings(), rows=st.lists(routes, min_size=1, max_size=4), data=st.data())
@example(
    mailing=Mailing(mailer_id="123456", first_serial=999_999_999),
    rows=[("00000", "", ""), ("99999", "9999", "99")],
    data=None,
)
@example(
    mailing=Mailing(mailer_id="912345678", first_serial=999_999),
    rows=[("00501", "0000", "00"), ("00501", "", "12")],
    data=None,
)
def test_paper_manifest_and_rules_agree(
    mailing: Mailing, rows: list[tuple[str, str, str]], data: st.DataObject | None
) -> None:
    order = data.draw(st.permutations(range(len(rows)))) if data is not None else list(range(len(rows)))
    pieces = [order.index(document) + 1 for document in range(len(rows))]
    wanted = [wanted_digits(mailing, piece, row) for piece, row in zip(pieces, rows, strict=True)]
    frame = addresses(rows, pieces)
    told = postal_barcodes(frame, frame, job_with(mailing))
    assert told.name == c.POSTAL_BARCODE.name
    assert told.to_list() == ["".join(pair) for pair in wanted]
    assert [check_imb(*pair) for pair in wanted] == [0] * len(rows)
    letters = Letters(template_of(first={"blocks": [ADDRESS], "area": {"top": "300pt", "bottom": "700pt"}}),
                      pl.DataFrame({"name": ["x"] * len(rows)}), sequence=order)  # fmt: skip
    drawn = letters.drawn()
    symbols = draw.prepare_symbols(postal_constants(mailing), *routing(frame, job_with(mailing)))
    drawn.drawing = replace(drawn.drawing, symbols=symbols)
    for document, (page,) in zip(order, drawn.document_pages(), strict=True):
        bars = drawn.text(page.strings[0].text)
        assert decode_imb(bars) == wanted[document]
        assert bars == encode_text(*wanted[document])


@pytest.mark.parametrize(("mailer", "limit"), [("123456", 10**9), ("912345678", 10**6)])
def test_serials_wrap(mailer: str, limit: int) -> None:
    mailing = Mailing(mailer_id=mailer, first_serial=limit - 1)
    frame = addresses([("10001", "", "")] * 3, [1, 2, 3])
    told = postal_barcodes(frame, frame, job_with(mailing)).to_list()
    width = len(str(limit - 1))
    assert [t[20 - width : 20] for t in told] == ["9" * width, "0" * width, "1".zfill(width)]
    assert {t[20:] for t in told} == {"10001"}


def test_routing_is_as_long_as_it_is_known() -> None:
    rows = [("00501", "", ""), ("10001", "1234", ""), ("10001", "1234", "09"), ("99950", "", "42")]
    values, kinds = routing(addresses(rows, [1, 2, 3, 4]), job_of())
    assert kinds.tolist() == [5, 9, 11, 5]
    assert values.tolist() == [501, 100011234, 10001123409, 99950]
    values, kinds = routing(addresses([], []), job_of())
    assert values.size == kinds.size == 0


def test_other_posts_have_no_routing_code() -> None:
    values, kinds = routing(addresses([("EC1A 1BB", "", "")], [1]), job_with(Mailing(barcode="none")))
    assert values.tolist() == kinds.tolist() == [0]
