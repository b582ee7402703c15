"""Code 128: pairs of digits in subset C, text in subset B, as bars (ISO/IEC 15417).

In: an even number of digits, or text. Out: widths of bars and spaces in modules. Never: draws; changes subset.
"""

from __future__ import annotations

MODULES_A_SYMBOL = 11
"""A symbol character: three bars, three spaces, eleven modules (ISO/IEC 15417, 4.2)."""
STOP_MODULES = 13
QUIET_MODULES = 10
"""Clear space on either side (ISO/IEC 15417, 4.1)."""

_WIDTHS = """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231
    113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211
    212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131
    113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
    314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211
    241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141
    214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214
    211232 2331112
""".split()  # noqa: SIM905
"""Bar, space, bar, ... of each symbol value 0 to 106 (ISO/IEC 15417, table 1)."""
_START_B, _START_C, _STOP, _CHECK_MODULUS = 104, 105, 106, 103
_FNC1 = 102


def encode_digits(digits: str) -> str:
    """Give the widths of bar, space, bar, ..., bar in modules, a digit each, without quiet zones.

    Raises:
        ValueError: when the digits are no pairs.
    """
    if not digits or len(digits) % 2 or not (digits.isascii() and digits.isdigit()):
        msg = "subset C takes an even number of digits"
        raise ValueError(msg)
    return _widths(_START_C, [int(digits[i : i + 2]) for i in range(0, len(digits), 2)])


def encode_gs1(text: str) -> str:
    """Give the widths of a GS1-128 symbol in subset B throughout: FNC1 and the text; see ``encode_digits``.

    Raises:
        ValueError: when the text is no printable ASCII.
    """
    if not text or not (text.isascii() and text.isprintable()):
        msg = "subset B takes printable ASCII"
        raise ValueError(msg)
    return _widths(_START_B, [_FNC1, *(ord(character) - 32 for character in text)])


def _widths(start: int, values: list[int]) -> str:
    # The check character: start value and each value times its place, modulo 103 (ISO/IEC 15417, annex A).
    check = (start + sum(place * value for place, value in enumerate(values, 1))) % _CHECK_MODULUS
    return "".join(_WIDTHS[value] for value in (start, *values, check, _STOP))


def width_modules(digits: int) -> int:
    """Modules of a symbol with so many digits, without quiet zones."""
    return (digits // 2 + 2) * MODULES_A_SYMBOL + STOP_MODULES
