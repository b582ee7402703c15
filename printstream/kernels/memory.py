"""Typed loads and stores at addresses, for the kernels that draw.

A numba array is seven words, and a call that passes thirty arrays moves two hundred words; the drawing kernels call
each other a hundred times a page. They pass one address instead: that of a table of addresses (``Context``).
Measured on the statement, arrays in named tuples took 102 us a page and 48 s to compile (docs/performance.md).

Who makes a table keeps its arrays alive while kernels run (``Context.keep``). Nothing is checked here, as in any
kernel: indices come from the compiled template, which was checked when it was compiled.

``load_x(address, index)`` gives item ``index`` of an array of such integers, as int64; ``store_x(address, index, value)``
puts the low bits of an int64 there; ``load_word``, ``store_word`` and ``copy_word`` move eight bytes at any alignment;
``prefetch(address)`` asks for a cache line, of any address; ``divide_x(value)`` is for values that are not negative;
``shift_right(value, bits)`` fills with zeros, ``trailing_zeros(value)`` wants what is not zero.
"""

from __future__ import annotations

from printstream.kernels.jit import Instruction

prefetch = Instruction("prefetch")
divide_10 = Instruction("divide_10")
divide_100 = Instruction("divide_100")
divide_1000 = Instruction("divide_1000")
load_u8 = Instruction("load_u8")
load_i8 = Instruction("load_i8")
load_i16 = Instruction("load_i16")
load_u16 = Instruction("load_u16")
load_i32 = Instruction("load_i32")
load_u32 = Instruction("load_u32")
load_i64 = Instruction("load_i64")
store_u8 = Instruction("store_u8")
store_u16 = Instruction("store_u16")
store_u32 = Instruction("store_u32")
store_i64 = Instruction("store_i64")
copy_word = Instruction("copy_word")
load_word = Instruction("load_word")
store_word = Instruction("store_word")
shift_right = Instruction("shift_right")
trailing_zeros = Instruction("trailing_zeros")
