"""What a processor does in one step, as numba's compiler is to write it: the instructions of ``memory.py``.

Only the compiler imports this (``compiler.py``). Nothing is checked here, as in any kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_I64 = ir.IntType(64)


def _make_load(bits: int, *, signed: bool) -> Callable[..., Any]:
    """Make ``load(address, index)``: item ``index`` of an array of ``bits``-bit integers, as int64."""

    @intrinsic
    def load(typingctx, address, index):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            kind = ir.IntType(bits)
            pointer = builder.inttoptr(args[0], kind.as_pointer())
            value = builder.load(builder.gep(pointer, [args[1]], source_etype=kind), align=bits // 8)
            if bits == 64:
                return value
            return builder.sext(value, _I64) if signed else builder.zext(value, _I64)

        return types.int64(types.int64, types.int64), codegen

    return load


def _make_store(bits: int) -> Callable[..., Any]:
    """Make ``store(address, index, value)``: item ``index`` becomes the low ``bits`` bits of an int64."""

    @intrinsic
    def store(typingctx, address, index, value):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            kind = ir.IntType(bits)
            pointer = builder.inttoptr(args[0], kind.as_pointer())
            item = args[2] if bits == 64 else builder.trunc(args[2], kind)
            builder.store(item, builder.gep(pointer, [args[1]], source_etype=kind), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64), codegen

    return store


def _make_prefetch() -> Callable[..., Any]:
    """Make ``prefetch(address)``: ask for the cache line at an address; any address is harmless."""

    @intrinsic
    def prefetch(typingctx, address):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            pointer, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [pointer, i32, i32, i32])
            name = "llvm.prefetch.p0"
            function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
            # For reading, kept in all levels, from the data cache.
            builder.call(function, [builder.inttoptr(args[0], pointer), i32(0), i32(3), i32(1)])
            return context.get_dummy_value()

        return types.void(types.int64), codegen

    return prefetch


def _make_divide(divisor: int) -> Callable[..., Any]:
    """Make ``divide(value)``: quotient of a non-negative int64 by a constant, without the signed floor's repair."""

    @intrinsic
    def divide(typingctx, value):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.udiv(args[0], ir.Constant(_I64, divisor))

        return types.int64(types.int64), codegen

    return divide


prefetch = _make_prefetch()
divide_10 = _make_divide(10)
divide_100 = _make_divide(100)
divide_1000 = _make_divide(1000)
load_u8 = _make_load(8, signed=False)
load_i8 = _make_load(8, signed=True)
load_i16 = _make_load(16, signed=True)
load_u16 = _make_load(16, signed=False)
load_i32 = _make_load(32, signed=True)
load_u32 = _make_load(32, signed=False)
load_i64 = _make_load(64, signed=True)
store_u8 = _make_store(8)
store_u16 = _make_store(16)
store_u32 = _make_store(32)
store_i64 = _make_store(64)


def _make_copy() -> Callable[..., Any]:
    """Make ``copy(target, source)``: copy eight bytes between addresses of any alignment."""

    @intrinsic
    def copy(typingctx, target, source):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            word = builder.load(builder.inttoptr(args[1], _I64.as_pointer()), align=1, typ=_I64)
            builder.store(word, builder.inttoptr(args[0], _I64.as_pointer()), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), codegen

    return copy


copy_word = _make_copy()


def _make_word() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make ``load_word(address)`` and ``store_word(address, value)``: eight bytes at any alignment, as int64."""

    @intrinsic
    def load(typingctx, address):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.load(builder.inttoptr(args[0], _I64.as_pointer()), align=1, typ=_I64)

        return types.int64(types.int64), codegen

    @intrinsic
    def store(typingctx, address, value):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            builder.store(args[1], builder.inttoptr(args[0], _I64.as_pointer()), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), codegen

    return load, store


def _make_bits() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make ``shift_right(value, bits)``, which fills with zeros, and ``trailing_zeros(value)`` of what is not zero."""

    @intrinsic
    def shift(typingctx, value, bits):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.lshr(args[0], args[1])

        return types.int64(types.int64, types.int64), codegen

    @intrinsic
    def zeros(typingctx, value):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

        return types.int64(types.int64), codegen

    return shift, zeros


load_word, store_word = _make_word()
shift_right, trailing_zeros = _make_bits()
