"""Looks at every side of a finished print file as it lies on the disk."""

from __future__ import annotations

from printstream.kernels.jit import inline_kernel, kernel

_DIGITS = 9
_HEAD_BYTES = 64
"""Longer than any head of a content stream: two numbers of nine digits and 45 fixed bytes."""


@inline_kernel
def _number_at(file, at):  # type: ignore[no-untyped-def]
    """A decimal number without leading zeros and where it ends; -1 where there is none."""
    value, end = 0, at
    while end < at + _DIGITS and 48 <= file[end] <= 57:
        value = 10 * value + file[end] - 48
        end += 1
    if end == at or (file[at] == 48 and end > at + 1):
        return -1, at
    return value, end


@inline_kernel
def _same(file, at, text):  # type: ignore[no-untyped-def]
    for k in range(text.size):
        if file[at + k] != text[k]:
            return False
    return True


@kernel
def find_streams(file, offsets, numbers, words, begins, lengths):  # type: ignore[no-untyped-def]
    """Find every side's content stream where the cross-reference says that it is.

    Args:
        file: uint8[...]: the whole print file.
        offsets: int64[sides]: where each side's content object begins.
        numbers: int64[sides]: its object number.
        words: the three fixed texts of such an object, each uint8[...]: between its number and its length, between that and
            the content, after the content.
        begins: int64[sides], the caller's: where the content lies.
        lengths: int64[sides], the caller's: how long it is.

    Returns:
        int64: the first side whose object is not whole; -1 when all are.
    """
    after_number, after_length, after_content = words
    for side in range(offsets.size):
        at = offsets[side]
        if at < 0 or at + _HEAD_BYTES > file.size:
            return side
        number, at = _number_at(file, at)
        if number != numbers[side] or not _same(file, at, after_number):
            return side
        length, at = _number_at(file, at + after_number.size)
        if length < 0 or not _same(file, at, after_length):
            return side
        begin = at + after_length.size
        if begin + length + after_content.size > file.size or not _same(file, begin + length, after_content):
            return side
        begins[side] = begin
        lengths[side] = length
    return -1
