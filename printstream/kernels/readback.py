"""Looks at every side of a finished print file as it lies on the disk."""

from __future__ import annotations

from printstream.kernels.jit import inline_kernel, kernel

_DIGITS = 9
_HEAD_BYTES = 64
"""Longer than any head of a content stream: two numbers of nine digits and 45 fixed bytes."""


@inline_kernel
def _number_at(file, at, stop):  # type: ignore[no-untyped-def]
    """A decimal number without leading zeros before ``stop`` and where it ends; -1 where there is none."""
    value, end = 0, at
    while end < min(stop, at + _DIGITS) and 48 <= file[end] <= 57:
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
def read_pages(source, begins, ends, parents, words, rest, contents):  # type: ignore[no-untyped-def]
    """Read page dictionaries, which may differ in their parent, which is known, and in their content only.

    Args:
        source: uint8[...]: an object stream's bytes.
        begins: int64[pages]: where each page's dictionary lies.
        ends: int64[pages]: where it ends, a line end perhaps at its end.
        parents: int64[pages]: object number that it must name as its parent.
        words: the three fixed texts, each uint8[...]: before the parent's number, between it and the content's, after that.
        rest: uint8[...]: what each says behind that.
        contents: int64[pages], the caller's: object number of each page's content.

    Returns:
        int64: the first page that is not so, -1 when all are; int64: 0 it is no page, 1 its parent, 2 its rest is another.
    """
    before_parent, before_content, after_content = words
    fixed = before_parent.size + before_content.size + after_content.size + 2
    for page in range(begins.size):
        at, end = begins[page], ends[page]
        if end - at < fixed or not _same(source, at, before_parent):
            return page, 0
        parent, at = _number_at(source, at + before_parent.size, end)
        if parent < 0 or end - at < before_content.size or not _same(source, at, before_content):
            return page, 0
        content, at = _number_at(source, at + before_content.size, end)
        if content < 0 or end - at < after_content.size or not _same(source, at, after_content):
            return page, 0
        if parent != parents[page]:
            return page, 1
        at += after_content.size
        if source[end - 1] == 10:
            end -= 1
        if end - at != rest.size or not _same(source, at, rest):
            return page, 2
        contents[page] = content
    return -1, 0


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
        number, at = _number_at(file, at, file.size)
        if number != numbers[side] or not _same(file, at, after_number):
            return side
        length, at = _number_at(file, at + after_number.size, file.size)
        if length < 0 or not _same(file, at, after_length):
            return side
        begin = at + after_length.size
        if begin + length + after_content.size > file.size or not _same(file, begin + length, after_content):
            return side
        begins[side] = begin
        lengths[side] = length
    return -1
