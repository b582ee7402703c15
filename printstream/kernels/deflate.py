"""Content streams of press sides into deflate streams (RFC 1951), whole PDF objects at a time.

One pair of Huffman codes serves all sides of a job, so a side costs one pass: no counting, no tree. Matches are the last
place with the same key, taken at once; a key is four to eight bytes, as the first of them says. Everything is an address or
an array; nothing is allocated here.
"""

from __future__ import annotations

from numpy import int64

from printstream.kernels.jit import inline_kernel, kernel
from printstream.kernels.memory import (
    copy_word,
    load_i32,
    load_i64,
    load_u8,
    load_word,
    shift_right,
    store_u8,
    store_u32,
    store_word,
    trailing_zeros,
)

HASH_BITS = 12
WINDOW = 32_768
LONGEST = 258
_HASH = 0x9E3779B97F4A7C15 - 2**64
_ADLER = 65_521
_ADLER_RUN = 4096
"""Bytes between two reductions; sums of sums stay far below 2**63."""
END = 256
"""The end-of-block symbol (RFC 1951, 3.2.5)."""
OBJECT_BYTES = 128
"""More than head, end and slack of one object take beside its content."""


@inline_kernel
def _slot(key):  # type: ignore[no-untyped-def]
    """Where the last place of this key is noted."""
    return shift_right(key * _HASH, 64 - HASH_BITS)


@inline_kernel
def _match_length(earlier, here, end):  # type: ignore[no-untyped-def]
    """Number of same bytes at two addresses whose first four are the same."""
    longest = min(end - here, LONGEST)
    n = 4
    while n + 8 <= longest:
        differ = load_word(earlier + n) ^ load_word(here + n)
        if differ != 0:
            return n + (trailing_zeros(differ) >> 3)
        n += 8
    while n < longest and load_u8(earlier, n) == load_u8(here, n):
        n += 1
    return n


@inline_kernel
def _find(base, begin, here, last, base_end, mask):  # type: ignore[no-untyped-def]
    """Length of a match at position ``here`` and its distance; (0, 0) where there is none. Notes the position."""
    key = load_word(base + here) & mask
    slot = _slot(key)
    earlier = load_i32(last, slot)
    store_u32(last, slot, here)
    distance = here - earlier
    # Places in earlier sides are still noted.
    if earlier < begin or distance > WINDOW:
        return 0, 0
    if load_word(base + earlier) & mask != key:
        return 0, 0
    return _match_length(base + earlier, base + here, base_end), distance


@inline_kernel
def _distance_symbol(symbols, distance):  # type: ignore[no-untyped-def]
    """The code of a distance: by itself up to 256, by its 128s above (RFC 1951, 3.2.5)."""
    d = distance - 1
    return load_u8(symbols, d if d < 256 else 256 + (d >> 7))


@inline_kernel
def _adler32(base, begin, end):  # type: ignore[no-untyped-def]
    """RFC 1950, 8.2."""
    a, b = 1, 0
    while begin < end:
        n = min(end - begin, _ADLER_RUN)
        total, weighted = 0, 0
        for k in range(n):
            byte = load_u8(base, begin + k)
            total += byte
            weighted += (n - k) * byte
        b = (b + n * a + weighted) % _ADLER
        a = (a + total) % _ADLER
        begin += n
    return (b << 16) | a


@kernel
def count_symbols(content, offsets, keys, last, length_symbols, distance_symbols, literals, distances):  # type: ignore[no-untyped-def]
    """Count the symbols that ``deflate_sides`` would write.

    Args:
        content: uint8[...]: content of the sides.
        offsets: int64[sides + 1]: side k is content[offsets[k]:offsets[k + 1]].
        keys: int64[256]: see Codes.
        last: int32[2**HASH_BITS], the caller's work space.
        length_symbols: int64[259]: literal/length symbol of a match's length.
        distance_symbols: uint8[512]: see Codes.
        literals: int64[286], the caller's: added to.
        distances: int64[30], the caller's: added to.
    """
    base, table, symbols = (
        int64(content.ctypes.data),
        int64(last.ctypes.data),
        int64(distance_symbols.ctypes.data),
    )
    last[:] = -1
    for side in range(offsets.size - 1):
        begin, end = offsets[side], offsets[side + 1]
        here = begin
        while here < end:
            length, distance = 0, 0
            mask = keys[content[here]]
            if here + 8 <= end and mask != 0:
                length, distance = _find(base, begin, here, table, base + end, mask)
            if length != 0:
                literals[length_symbols[length]] += 1
                distances[_distance_symbol(symbols, distance)] += 1
                here += length
            else:
                literals[content[here]] += 1
                here += 1
        literals[END] += 1


@inline_kernel
def _put_decimal(out, value):  # type: ignore[no-untyped-def]
    """Write a number; returns the address after it."""
    size, rest = 1, value // 10
    while rest > 0:
        size += 1
        rest //= 10
    for k in range(size - 1, -1, -1):
        store_u8(out, k, 48 + value % 10)
        value //= 10
    return out + size


@inline_kernel
def _put_text(out, text):  # type: ignore[no-untyped-def]
    for k in range(text.size):
        store_u8(out, k, text[k])
    return out + text.size


@inline_kernel
def _deflate(base, begin, end, codes, last, out):  # type: ignore[no-untyped-def]
    """Write one zlib stream (RFC 1950) at address ``out``; returns the address after it and the Adler-32."""
    keys, literals, lengths, symbols = (
        int64(codes.keys.ctypes.data),
        int64(codes.literals.ctypes.data),
        int64(codes.lengths.ctypes.data),
        int64(codes.distance_symbols.ctypes.data),
    )
    distances, extra = int64(codes.distances.ctypes.data), int64(codes.distance_extra.ctypes.data)
    for k in range(codes.head.size):
        store_word(out + 8 * k, codes.head[k])
    out += codes.head_bytes
    bits, count = codes.head_rest, codes.head_rest_bits
    here, safe, base_end = begin, end - 8, base + end
    while here <= safe:
        byte = load_u8(base, here)
        length, distance = 0, 0
        mask = load_i64(keys, byte)
        if mask != 0:
            length, distance = _find(base, begin, here, last, base_end, mask)
        if length != 0:
            code = load_i64(lengths, length)
            bits |= (code >> 6) << count
            count += code & 63
            symbol = _distance_symbol(symbols, distance)
            code = load_i64(distances, symbol)
            bits |= (code >> 6) << count
            count += code & 63
            code = load_i64(extra, symbol)
            bits |= (distance - (code >> 6)) << count
            count += code & 63
            here += length
        else:
            code = load_i64(literals, byte)
            bits |= (code >> 6) << count
            count += code & 63
            here += 1
        store_word(out, bits)
        out += count >> 3
        bits = shift_right(bits, count & ~7)
        count &= 7
    while here <= end:
        code = load_i64(literals, load_u8(base, here) if here < end else END)
        bits |= (code >> 6) << count
        count += code & 63
        here += 1
        store_word(out, bits)
        out += count >> 3
        bits = shift_right(bits, count & ~7)
        count &= 7
    if count > 0:
        out += 1
    adler = _adler32(base, begin, end)
    for k in range(4):
        store_u8(out, k, adler >> (24 - 8 * k))
    return out + 4, adler


@kernel
def deflate_sides(content, offsets, codes, last, words, first_number, out, begins, adler32):  # type: ignore[no-untyped-def]
    """Write sides as stream objects first_number, first_number + 1, ..., end to end.

    Args:
        content: uint8[...]: content of the sides; less than 2 GiB.
        offsets: int64[sides + 1]: side k is content[offsets[k]:offsets[k + 1]].
        codes: Codes.
        last: int32[2**HASH_BITS], the caller's work space.
        words: the fixed texts of an object, each uint8[...]: between its number and its length, between that and the
            stream, after the stream.
        first_number: int: object number of the first side.
        out: uint8[...], the caller's: the objects; at least twice the content and OBJECT_BYTES + the codes' head a side.
        begins: int64[sides], the caller's: where each object begins in out.
        adler32: uint32[sides], the caller's: checksum of each side's content.

    Returns:
        int64: the number of bytes.
    """
    after_number, after_length, after_stream = words
    base, table, start = int64(content.ctypes.data), int64(last.ctypes.data), int64(out.ctypes.data)
    # What an earlier call noted must not decide about this one's bytes.
    last[:] = -1
    at = start
    for side in range(offsets.size - 1):
        begins[side] = at - start
        at = _put_text(_put_decimal(at, first_number + side), after_number)
        # The length has its digits in front of the stream: the stream is written where it lies when it has ten.
        stream = at + 10 + after_length.size
        end, adler = _deflate(base, offsets[side], offsets[side + 1], codes, table, stream)
        adler32[side] = adler
        at = _put_text(_put_decimal(at, end - stream), after_length)
        for k in range(0, end - stream, 8):
            copy_word(at + k, stream + k)
        at = _put_text(at + end - stream, after_stream)
    return at - start
