"""IPP messages: the examples of RFC 8010, appendix A, byte for byte; round trips; broken answers."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printstream.delivery import ippcodec as ipp
from printstream.delivery.ippcodec import IppFormatError, Message, Value, decode, encode, many, one

PRINTER_URI = "ipp://printer.example.com/ipp/print/pinetree"


def hexed(text: str) -> bytes:
    """Hexadecimal octets and quoted texts, as the RFC's tables have them."""
    return b"".join(part.encode() if k % 2 else bytes.fromhex(part) for k, part in enumerate(text.split("'")))


HEAD = "01 47 0012 'attributes-charset' 0005 'utf-8' 48 001b 'attributes-natural-language' 0005 'en-us'"
# A.1: Print-Job request.
REQUEST = hexed(
    f"0101 0002 00000001 {HEAD} 45 000b 'printer-uri' 002c '{PRINTER_URI}' 42 0008 'job-name' 0006 'foobar'"
    " 22 0016 'ipp-attribute-fidelity' 0001 01 02 21 0006 'copies' 0004 00000014"
    " 44 0005 'sides' 0013 'two-sided-long-edge' 03"
)
# A.2: its answer, successful.
ANSWER = hexed(
    f"0101 0000 00000001 {HEAD} 41 000e 'status-message' 000d 'successful-ok'"
    f" 02 21 0006 'job-id' 0004 00000093 45 0007 'job-uri' 0030 '{PRINTER_URI}/147'"
    " 23 0009 'job-state' 0004 00000003 03"
)
# A.3: its answer, a failure: copies not 20, sides not known.
FAILURE = hexed(
    f"0101 040b 00000001 {HEAD} 41 000e 'status-message'"
    " 002f 'client-error-attributes-or-values-not-supported'"
    " 05 21 0006 'copies' 0004 00000014 10 0005 'sides' 0000 03"
)
# A.8: Get-Jobs request; requested-attributes has three values.
GET_JOBS = hexed(
    f"0101 000a 0000007b {HEAD} 45 000b 'printer-uri' 002c '{PRINTER_URI}' 21 0005 'limit' 0004 00000032"
    " 44 0014 'requested-attributes' 0006 'job-id' 44 0000 0008 'job-name' 44 0000 000f 'document-format' 03"
)

CHARSET = {
    "attributes-charset": one(ipp.CHARSET, "utf-8"),
    "attributes-natural-language": one(ipp.LANGUAGE, "en-us"),
}
MESSAGES = [
    (
        REQUEST,
        Message(
            2,
            1,
            (
                (
                    ipp.OPERATION,
                    {
                        **CHARSET,
                        "printer-uri": one(ipp.URI, PRINTER_URI),
                        "job-name": one(ipp.NAME, "foobar"),
                        "ipp-attribute-fidelity": one(ipp.BOOLEAN, data=True),
                    },
                ),
                (ipp.JOB, {"copies": one(ipp.INTEGER, 20), "sides": one(ipp.KEYWORD, "two-sided-long-edge")}),
            ),
        ),
    ),
    (
        ANSWER,
        Message(
            0,
            1,
            (
                (ipp.OPERATION, {**CHARSET, "status-message": one(ipp.TEXT, "successful-ok")}),
                (
                    ipp.JOB,
                    {
                        "job-id": one(ipp.INTEGER, 147),
                        "job-uri": one(ipp.URI, f"{PRINTER_URI}/147"),
                        "job-state": one(ipp.ENUM, 3),
                    },
                ),
            ),
        ),
    ),
    (
        FAILURE,
        Message(
            0x040B,
            1,
            (
                (
                    ipp.OPERATION,
                    {
                        **CHARSET,
                        "status-message": one(ipp.TEXT, "client-error-attributes-or-values-not-supported"),
                    },
                ),
                (ipp.UNSUPPORTED, {"copies": one(ipp.INTEGER, 20), "sides": one(0x10, None)}),
            ),
        ),
    ),
    (
        GET_JOBS,
        Message(
            0x0A,
            123,
            (
                (
                    ipp.OPERATION,
                    {
                        **CHARSET,
                        "printer-uri": one(ipp.URI, PRINTER_URI),
                        "limit": one(ipp.INTEGER, 50),
                        "requested-attributes": many(ipp.KEYWORD, ("job-id", "job-name", "document-format")),
                    },
                ),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("octets", "message"), MESSAGES, ids=["A.1", "A.2", "A.3", "A.8"])
def test_examples_of_the_rfc(octets: bytes, message: Message) -> None:
    assert encode(message) == octets
    assert decode(octets) == message
    # A document behind the message is not looked at.
    assert decode(octets + b"%!PDF...") == message


def test_a_collection_is_members_between_begin_and_end() -> None:
    """RFC 8010, 3.1.6, with media-col of its example in 3.1.7's manner."""
    size = ipp.collection({"x-dimension": one(ipp.INTEGER, 21_000), "y-dimension": one(ipp.INTEGER, 29_700)})
    message = Message(2, 1, ((ipp.JOB, {"media-col": ipp.collection({"media-size": size})}),))
    octets = hexed(
        "0101 0002 00000001 02 34 0009 'media-col' 0000 4a 0000 000a 'media-size' 34 0000 0000"
        " 4a 0000 000b 'x-dimension' 21 0000 0004 00005208 4a 0000 000b 'y-dimension' 21 0000 0004 00007404"
        " 37 0000 0000 37 0000 0000 03"
    )
    assert encode(message) == octets
    assert decode(octets) == message


TEXTS = st.sampled_from(["", "a", "na_letter_8.5x11in", "Größe \u20ac", "x" * 300])
NAMES = st.sampled_from(["copies", "media-col", "x-dimension", "job-name", "sides"])
INTS = st.integers(-(1 << 31), (1 << 31) - 1)
PLAIN = st.one_of(
    st.builds(Value, st.sampled_from([ipp.INTEGER, ipp.ENUM]), INTS),
    st.builds(Value, st.just(ipp.BOOLEAN), st.booleans()),
    st.builds(Value, st.just(ipp.RANGE), st.tuples(INTS, INTS)),
    st.builds(Value, st.just(ipp.RESOLUTION), st.tuples(INTS, INTS, st.integers(3, 4))),
    st.builds(Value, st.just(ipp.OCTETS), st.binary(max_size=40)),
    st.builds(Value, st.sampled_from([ipp.TEXT, ipp.NAME, ipp.KEYWORD, ipp.URI]), TEXTS),
    st.builds(Value, st.sampled_from([0x10, 0x12, 0x13]), st.none()),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.builds(
        Value,
        st.just(ipp.BEGIN_COLLECTION),
        st.dictionaries(NAMES, st.lists(inner, min_size=1, max_size=3), max_size=3),
    ),
    max_leaves=3,
)
GROUPS = st.lists(
    st.tuples(
        st.sampled_from([ipp.OPERATION, ipp.JOB, ipp.PRINTER]),
        st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3), max_size=4),
    ),
    max_size=3,
)


@settings(max_examples=25)
@given(GROUPS, st.integers(0, 0xFFFF), st.integers(0, (1 << 31) - 1))
def test_what_is_written_is_read(
    groups: list[tuple[int, ipp.Attributes]], code: int, request_id: int
) -> None:
    message = Message(code, request_id, tuple(groups))
    assert decode(encode(message)) == message


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_a_clear_fault(octets: bytes) -> None:
    with contextlib.suppress(IppFormatError):
        assert encode(decode(octets))


def test_a_message_cut_short_is_a_fault() -> None:
    for cut in range(len(ANSWER)):
        with pytest.raises(IppFormatError):
            decode(ANSWER[:cut])


def test_collections_lie_only_so_deep() -> None:
    deep = one(ipp.INTEGER, 1)
    for _ in range(ipp.MAX_DEPTH + 2):
        deep = ipp.collection({"m": deep})
    octets = encode(Message(0, 1, ((ipp.JOB, {"a": deep}),)))
    with pytest.raises(IppFormatError, match="too deep"):
        decode(octets)
