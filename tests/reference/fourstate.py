"""Readers of the 4-state postal codes, from each post's rule text: letters T, D, A, F to the payload.

Every bar is accounted for: start, stop, filler, check character, Reed-Solomon syndromes. A code that reads as its payload
can therefore be no other code, and no second encoder is needed to say what the right bars are.
"""

from __future__ import annotations

from itertools import combinations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class UnreadableError(ValueError):
    """The bars are none of the code's."""


def need(condition: bool, what: str) -> None:
    if not condition:
        raise UnreadableError(what)


def halves(bars: str) -> tuple[str, str]:
    """The upper and the lower halves, 1 where long."""
    return "".join("01"[b in "AF"] for b in bars), "".join("01"[b in "DF"] for b in bars)


def two_long(weights: tuple[int, ...]) -> dict[str, int]:
    """Patterns with two long bars, by the sum of their weights."""
    patterns = {}
    for pair in combinations(range(len(weights)), 2):
        pattern = "".join("1" if place in pair else "0" for place in range(len(weights)))
        patterns[pattern] = sum(weights[place] for place in pair)
    return patterns


# ---- POSTNET and PLANET: weights 7, 4, 2, 1, 0, where 11 says 0 (DMM 708.4)


def read_two_heights(bars: str, *, planet: bool) -> str:
    need(set(bars) <= {"F", "T"} and bars[0] == bars[-1] == "F" and len(bars) % 5 == 2, "frame")
    weights = two_long((7, 4, 2, 1, 0))
    tall = "T" if planet else "F"
    digits = []
    for at in range(1, len(bars) - 1, 5):
        pattern = "".join("1" if bar == tall else "0" for bar in bars[at : at + 5])
        need(pattern in weights, "two of five")
        digits.append(weights[pattern] % 11)
    need(sum(digits) % 10 == 0, "check digit")
    return "".join(map(str, digits[:-1]))


# ---- RM4SCC and KIX: upper half the row, lower half the column, weights 4, 2, 1, 0


def _royal_characters(bars: str) -> list[tuple[int, int]]:
    weights = two_long((4, 2, 1, 0))
    found = []
    for at in range(0, len(bars), 4):
        upper, lower = halves(bars[at : at + 4])
        need(upper in weights and lower in weights, "two of four")
        found.append((weights[upper], weights[lower]))
    return found


def read_kix(bars: str) -> str:
    need(len(bars) % 4 == 0, "length")
    return "".join(ALPHABET[6 * (row - 1) + column - 1] for row, column in _royal_characters(bars))


def read_rm4scc(bars: str) -> str:
    need(bars[0] == "A" and bars[-1] == "F" and len(bars) % 4 == 2, "frame")
    found = _royal_characters(bars[1:-1])
    *data, check = found
    need(check[0] % 6 == sum(row for row, _ in data) % 6, "row check")
    need(check[1] % 6 == sum(column for _, column in data) % 6, "column check")
    return "".join(ALPHABET[6 * (row - 1) + column - 1] for row, column in data)


# ---- Japan Post: 1 long, 2 upper, 3 lower, 4 timing (Zip/Barcode Manual, p. 11)

_JAPAN = {
    "144": 0, "114": 1, "132": 2, "312": 3, "123": 4, "141": 5, "321": 6, "213": 7, "231": 8, "411": 9,
    "414": 10, "324": 11, "342": 12, "234": 13, "432": 14, "243": 15, "423": 16, "441": 17, "111": 18,
}  # fmt: skip


def read_japanpost(bars: str) -> str:
    need(len(bars) == 67, "length")
    figures = bars.translate(str.maketrans("FADT", "1234"))
    need(figures[:2] == "13" and figures[-2:] == "31", "frame")
    triples = [figures[at : at + 3] for at in range(2, 65, 3)]
    need(all(triple in _JAPAN for triple in triples), "symbol")
    symbols = [_JAPAN[triple] for triple in triples]
    need(sum(symbols) % 19 == 0, "check symbol")
    symbols = symbols[:-1]
    while symbols and symbols[-1] == 14:
        symbols.pop()
    text, lead = "", None
    for symbol in symbols:
        if lead is not None:
            need(symbol < 10 and 10 * lead + symbol < 26, "letter")
            text += chr(ord("A") + 10 * lead + symbol)
            lead = None
        elif symbol in (11, 12, 13):
            lead = symbol - 11
        else:
            need(symbol <= 10, "control code")
            text += "-" if symbol == 10 else str(symbol)
    need(lead is None, "letter cut in two")
    return text


# ---- Reed-Solomon: a code word is a polynomial with the roots 2, 4, 8, ...


def _field(polynomial: int) -> tuple[list[int], dict[int, int]]:
    size = 1 << polynomial.bit_length() - 1
    powers, value = [], 1
    for _ in range(size - 1):
        powers.append(value)
        value <<= 1
        if value >= size:
            value ^= polynomial
    assert len(set(powers)) == size - 1
    return powers, {value: exponent for exponent, value in enumerate(powers)}


def syndromes(word: list[int], checks: int, polynomial: int) -> list[int]:
    """Values of the code word's polynomial at 2**1 ... 2**checks."""
    powers, logs = _field(polynomial)
    values = []
    for root in range(1, checks + 1):
        total = 0
        for coefficient in word:
            total = powers[(logs[total] + root) % len(powers)] if total else 0
            total ^= coefficient
        values.append(total)
    return values


# ---- Australia Post: 0 full, 1 ascender, 2 descender, 3 tracker (Customer Barcoding Technical Specifications, 2012)

_AUS_BARS = {"F": 0, "A": 1, "D": 2, "T": 3}
_AUS_N = {(digit // 3, digit % 3): str(digit) for digit in range(10)}
# Characters by their three bars read as a number base 4.
_AUS_C = "ABC DEF#GHIabcdeJKLfMNOgPQRhijklSTUmVWXnYZ0opqrs123t456u789vwxyz"


def read_auspost(bars: str, *, characters: bool, count: int) -> str:
    """Read a code of ``count`` characters of customer information (the code itself does not say how many)."""
    need(len(bars) in (37, 52, 67) and bars[:2] == bars[-2:] == "AT", "frame")
    values = [_AUS_BARS[bar] for bar in bars[2:-2]]
    word = [16 * a + 4 * b + c for a, b, c in zip(values[::3], values[1::3], values[2::3], strict=True)]
    need(not any(syndromes(word, 4, 0x43)), "Reed-Solomon")
    data = values[:-12]
    need(all(pair in _AUS_N for pair in zip(data[:20:2], data[1:20:2], strict=True)), "digit")
    text = "".join(_AUS_N[pair] for pair in zip(data[:20:2], data[1:20:2], strict=True))
    rest = data[20:]
    step = 3 if characters else 2
    for k in range(count):
        group = tuple(rest[step * k : step * k + step])
        need(characters or group in _AUS_N, "digit")
        text += _AUS_C[16 * group[0] + 4 * group[1] + group[2]] if characters else _AUS_N[group]
    need(all(value == 3 for value in rest[step * count :]), "filler")
    lengths = {"11": 37, "45": 37, "87": 37, "92": 37, "59": 52, "62": 67}
    need(text[:2] == "00" or lengths.get(text[:2]) == len(bars), "format control code")
    return text


# ---- Mailmark (Royal Mail, encoding and decoding instructions for barcodes C and L, 2015)

_LETTERS = {"A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "L": "ABDEFGHJLNPQRSTUWXYZ", "N": "0123456789", "S": " "}
SHAPES = ("ANANLLNLS", "AANNLLNLS", "AANNNLLNL", "AANANLLNL", "ANNLLNLSS", "ANNNLLNLS")
_GROUPS = {
    66: "3 5 7 11 13 14 16 17 19 0 1 2 4 6 8 9 10 12 15 18 20 21",
    78: "2 5 7 8 13 14 15 16 21 22 23 0 1 3 4 6 9 10 11 12 17 18 19 20 24 25",
}


def postcode_of(number: int) -> str:
    """Postcode and delivery point suffix, nine characters, by their number."""
    if number == 0:
        return "XY11     "
    number -= 1
    for shape in SHAPES:
        size = 1
        for kind in shape:
            size *= len(_LETTERS[kind])
        if number < size:
            text = ""
            for kind in reversed(shape):
                number, place = divmod(number, len(_LETTERS[kind]))
                text = _LETTERS[kind][place] + text
            return text
        number -= size
    raise UnreadableError("postcode")


def read_mailmark(bars: str) -> str:
    need(len(bars) in _GROUPS, "length")
    long = len(bars) == 78
    evens, data, checks = (11, 19, 7) if long else (9, 16, 6)
    groups = []
    for k in range(len(bars) // 3):
        upper, lower = halves(bars[3 * k : 3 * k + 3])
        groups.append(int(lower + upper if k % 2 else upper + lower, 2))
    symbols = [groups[int(place)] for place in _GROUPS[len(bars)].split()]
    tables = [[w for w in range(1, 63) if bin(w).count("1") % 2 == parity] for parity in (0, 1)]
    numbers = []
    for k, symbol in enumerate(symbols):
        table = tables[0 if k < evens else 1]
        need(symbol in table, "parity")
        numbers.append(table.index(symbol))
    need(not any(syndromes(numbers, checks, 0x25)), "Reed-Solomon")
    value = 0
    for k, number in enumerate(numbers[:data]):
        value = value * (30 if k < evens else 32) + number
    value, version = divmod(value, 4)
    value, kind = divmod(value, 5)
    value, mail_class = divmod(value, 15)
    value, chain = divmod(value, 10**6 if long else 100)
    value, item = divmod(value, 10**8)
    chain_text = f"{chain:06d}" if long else f"{chain:02d}"
    return f"{kind}{version + 1}{ALPHABET[mail_class]}{chain_text}{item:08d}{postcode_of(value)}"
