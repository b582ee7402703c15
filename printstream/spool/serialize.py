"""PDF objects -> bytes, numbered 1..k in the order in which they are met, so that bytes repeat."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Stream


def serialize_objects(root: pikepdf.Object) -> tuple[tuple[bytes, ...], int]:
    """Write an object and everything that it refers to.

    Returns:
        the objects, ``n 0 obj`` to ``endobj``, object n at index n - 1; and the number of ``root``.
    """
    numbers: dict[tuple[int, int], int] = {root.objgen: 1}
    queue: list[Any] = [root]
    objects: list[bytes] = []
    for number, item in enumerate(queue, 1):  # the queue grows while it is walked
        is_stream = isinstance(item, Stream)
        body = _stream(item, numbers, queue) if is_stream else _value(item, numbers, queue, top=True)
        objects.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    return tuple(objects), 1


def _stream(stream: Any, numbers: dict[tuple[int, int], int], queue: list[Any]) -> bytes:
    data = stream.read_raw_bytes()
    entries = _entries(stream.stream_dict, numbers, queue, drop="/Length")
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)


def _value(item: Any, numbers: dict[tuple[int, int], int], queue: list[Any], *, top: bool = False) -> bytes:
    """Write one value; an indirect one becomes a reference and joins the queue."""
    if isinstance(item, pikepdf.Object) and item.is_indirect and not top:
        if item.objgen not in numbers:
            queue.append(item)
            numbers[item.objgen] = len(queue)
        return b"%d 0 R" % numbers[item.objgen]
    if isinstance(item, Dictionary):
        return b"<<%b>>" % _entries(item, numbers, queue)
    if isinstance(item, Array):
        return b"[%b]" % b" ".join(_value(i, numbers, queue) for i in item)
    if isinstance(item, pikepdf.Object):
        return item.unparse()
    return _scalar(item)


def _entries(item: Any, numbers: dict[tuple[int, int], int], queue: list[Any], drop: str = "") -> bytes:
    pairs = []
    for key, value in sorted(item.items()):
        if key != drop:
            pairs.append(pikepdf.Name(key).unparse() + b" " + _value(value, numbers, queue))
    return b"".join(pairs)


def _scalar(item: object) -> bytes:
    """Write what pikepdf hands over as a Python value."""
    if item is None:
        return b"null"
    if isinstance(item, bool):
        return b"true" if item else b"false"
    if isinstance(item, (int, Decimal)):
        return format(item, "f" if isinstance(item, Decimal) else "d").encode("ascii")
    msg = f"a {type(item).__name__} is no PDF value"
    raise TypeError(msg)
