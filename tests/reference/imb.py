"""The Intelligent Mail barcode by the text of USPS-B-3200, on Python's big integers, both ways.

The bar table comes from reportlab, so that a slip in ours cannot hide.
"""

from __future__ import annotations

from reportlab.graphics.barcode.usps4s import USPS_4State

_TABLE = USPS_4State.table4
_OFFSETS = {0: 0, 5: 1, 9: 100_001, 11: 1_000_100_001}


def _crc11(payload: int) -> int:
    """USPS-B-3200 step 3, a byte at a time; the first byte gives six bits."""
    fcs = 0x07FF
    for index, byte in enumerate(payload.to_bytes(13, "big")):
        bits = 6 if index == 0 else 8
        data = byte << (5 if index == 0 else 3)
        for _ in range(bits):
            fcs = ((fcs << 1) ^ 0x0F35) if (fcs ^ data) & 0x400 else fcs << 1
            fcs &= 0x7FF
            data <<= 1
    return fcs


def _n_of_13(n: int, size: int) -> list[int]:
    table = [-1] * size
    low, high = 0, size - 1
    for count in range(8192):
        if bin(count).count("1") != n:
            continue
        mirrored = sum(1 << (12 - bit) for bit in range(13) if count >> bit & 1)
        if mirrored < count:
            continue
        if mirrored == count:
            table[high] = count
            high -= 1
        else:
            table[low], table[low + 1] = count, mirrored
            low += 2
    assert low == high + 1
    return table


_CHARACTERS = _n_of_13(5, 1287) + _n_of_13(2, 78)
_CODEWORDS = {character: codeword for codeword, character in enumerate(_CHARACTERS)}


def payload(tracking: str, routing: str) -> int:
    """Steps 1 and 2: the digits as one number."""
    value = int(routing or "0") + _OFFSETS[len(routing)]
    value = value * 10 + int(tracking[0])
    value = value * 5 + int(tracking[1])
    for digit in tracking[2:]:
        value = value * 10 + int(digit)
    return value


def codewords(tracking: str, routing: str) -> list[int]:
    """Codewords A to J after step 4."""
    value = payload(tracking, routing)
    check = _crc11(value)
    words = [0] * 10
    value, words[9] = divmod(value, 636)
    for place in range(8, 0, -1):
        value, words[place] = divmod(value, 1365)
    words[0] = value
    words[9] *= 2
    if check & 0x400:
        words[0] += 659
    return words


def characters(tracking: str, routing: str) -> list[int]:
    """Characters A to J after step 5."""
    check = _crc11(payload(tracking, routing))
    plain = [_CHARACTERS[word] for word in codewords(tracking, routing)]
    return [c ^ 0x1FFF if check >> i & 1 else c for i, c in enumerate(plain)]


def encode_imb(tracking: str, routing: str) -> str:
    """65 letters T, D, A, F."""
    symbol = characters(tracking, routing)
    return "".join("TDAF"[(symbol[dc] >> db & 1) + 2 * (symbol[ac] >> ab & 1)] for dc, db, ac, ab in _TABLE)


def decode_imb(bars: str) -> tuple[str, str]:
    """Read the bars back.

    Returns:
        tracking (20 digits) and routing (0, 5, 9 or 11 digits).

    Raises:
        ValueError: when the bars are no barcode: a wrong character, a wrong check, a value out of range.
    """
    if len(bars) != 65 or set(bars) - set("TDAF"):
        msg = "not 65 bars"
        raise ValueError(msg)
    symbol = [0] * 10
    for bar, (dc, db, ac, ab) in zip(bars, _TABLE, strict=True):
        symbol[dc] |= (bar in "DF") << db
        symbol[ac] |= (bar in "AF") << ab
    check, words = 0, []
    for place, character in enumerate(symbol):
        if character not in _CODEWORDS:
            character ^= 0x1FFF
            check |= 1 << place
        if character not in _CODEWORDS:
            msg = f"character {'ABCDEFGHIJ'[place]} is damaged"
            raise ValueError(msg)
        words.append(_CODEWORDS[character])
    if words[0] >= 659:
        words[0] -= 659
        check |= 0x400
    if words[9] % 2 or words[9] >= 1272 or words[0] > 658:
        msg = "a codeword is out of range"
        raise ValueError(msg)
    value = words[0]
    for word in words[1:9]:
        value = value * 1365 + word
    value = value * 636 + words[9] // 2
    if value >> 102 or _crc11(value) != check:
        msg = "the check sequence is wrong"
        raise ValueError(msg)
    return _digits(value)


def _digits(value: int) -> tuple[str, str]:
    value, rest = divmod(value, 10**18)
    value, second = divmod(value, 5)
    routed, first = divmod(value, 10)
    for length in (11, 9, 5, 0):
        if routed >= _OFFSETS[length]:
            number = routed - _OFFSETS[length]
            if number >= 10**length:
                msg = "the routing code is out of range"
                raise ValueError(msg)
            return f"{first}{second}{rest:018d}", f"{number:0{length}d}" if length else ""
    raise AssertionError
