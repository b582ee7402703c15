"""Runs the text kernels on texts and numbers given as Python values."""

from __future__ import annotations

import numpy as np

from printstream.base import program as w
from printstream.base.codepage import CodePage
from printstream.base.program import Program, StoreArrays
from printstream.base.store import META_FIELDS
from printstream.kernels import text as kernels
from printstream.kernels.context import C_BUILTINS, C_DOCUMENTS, C_LINES, SCRATCH_BYTES, Context
from printstream.kernels.jit import kernel

GUARD = 0xA5
_EMPTY = np.zeros(0, np.int64)


def _table(rows: list[list[int]], width: int) -> np.ndarray:
    return np.array(rows, np.int64).reshape(len(rows), width)


def program_of(parts: list[list[int]], literals: bytes, widths: np.ndarray) -> Program:
    """A program of texts only."""
    padded = np.frombuffer(literals + bytes(w.PADDING_BYTES), np.uint8)
    none = _table([], 1)
    numbers = np.full(w.NUMBERS, -1, np.int64)
    return Program(none, _EMPTY, _table(parts, w.PART_FIELDS), none, none, none, widths, padded, numbers)


def store_of(texts: list[bytes]) -> StoreArrays:
    """A store of one text column."""
    offsets = np.concatenate([[0], np.cumsum([len(t) for t in texts])]).astype(np.int64)
    data = np.frombuffer(b"".join(texts) + bytes(w.PADDING_BYTES), np.uint8)
    return StoreArrays(_table([[1, -1, 0, 0, 1, 0]], META_FIELDS), _EMPTY, offsets, data)


@kernel
def _render(ctx, first, last, row, out):  # type: ignore[no-untyped-def]
    return kernels.render_text(ctx, first, last, row, row, out)


@kernel
def _cut(ctx, text, n, limit, ellipsis):  # type: ignore[no-untyped-def]
    return kernels.cut_to_width(ctx, 0, text, n, limit, ellipsis)


@kernel
def _next_break(ctx, text, begin, n, limit):  # type: ignore[no-untyped-def]
    return kernels.next_break(ctx, 0, text, begin, n, limit)


class Texts:
    """A context with widths, a text column of documents and lines, and a scratch buffer with a guard behind it."""

    def __init__(
        self, parts: list[list[int]], literals: bytes = b"", texts: list[bytes] | None = None
    ) -> None:
        self.context = Context()
        self.builtins = np.zeros(16, np.int64)
        self.context.keep(C_BUILTINS, self.builtins)
        store = store_of(texts or [])
        self.context.set_store(C_DOCUMENTS, store)
        self.context.set_store(C_LINES, store)
        self.widths = np.zeros((1, 256), np.int32)
        self.context.set_program(program_of(parts, literals, self.widths))
        self.parts = len(parts)
        self.out = np.full(SCRATCH_BYTES + 64 + 64, GUARD, np.uint8)

    @property
    def at(self) -> int:
        return int(self.out.ctypes.data)

    def put(self, text: bytes) -> None:
        self.out[: len(text)] = np.frombuffer(text, np.uint8)

    def render(self, row: int = 0) -> bytes | None:
        """All parts as one text; None where the kernel refuses."""
        n = int(_render(self.context.address, 0, self.parts, row, self.at))
        assert (self.out[SCRATCH_BYTES + 64 :] == GUARD).all()
        assert n == -1 or 0 <= n <= SCRATCH_BYTES
        return None if n < 0 else self.out[:n].tobytes()

    def number(self, value: int) -> str:
        """The page's first own value through the only part."""
        self.builtins[0] = value
        shown = self.render()
        assert shown is not None
        return shown.decode("ascii")

    def cut(self, text: bytes, limit: int, ellipsis: int) -> bytes:
        self.put(text)
        n = int(_cut(self.context.address, self.at, len(text), limit, ellipsis))
        return self.out[:n].tobytes()

    def lines(self, text: bytes, limit: int) -> list[bytes]:
        """A paragraph's lines, as the drawing kernel walks them."""
        self.put(text)
        at, lines = 0, []
        while at < len(text):
            end = int(_next_break(self.context.address, self.at, at, len(text), limit))
            assert end > at
            lines.append(text[at:end])
            at = end
            while at < len(text) and text[at] == 32:
                at += 1
        return lines


CODEPAGE = CodePage.of("".join(map(chr, range(32, 127))) + "éß€…")
