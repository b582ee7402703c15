"""The one door to numba: kernels that no run of this machine has compiled yet.

In: a kernel and arguments. Out: its image, for ``loader.py``. Never: runs what it compiled.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Set
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba

from printstream.kernels import instructions
from printstream.kernels.jit import Instruction, Kernel
from printstream.kernels.loader import Image

_made: dict[Kernel, Any] = {}


def image_of(kernel: Kernel, args: tuple[Any, ...]) -> bytes:
    """Compile a kernel for arguments of such types."""
    compiled = _dispatcher(kernel)
    signature = tuple(compiled.typeof_pyval(value) for value in args)
    compiled.compile(signature)
    result = compiled.overloads[signature]
    own = result.target_context.get_env_name(result.fndesc)
    constants = {own: list(result.environment.consts)}
    for environment in result._find_referenced_environments():
        # One without constants holds nothing that compiled code could ask it for.
        if environment.consts and environment.env_name != own:
            constants[environment.env_name] = list(environment.consts)
    code = result.library._get_compiled_object()
    image = Image(kernel.function.__name__, result.fndesc.llvm_cpython_wrapper_name, constants, code)
    return pickle.dumps(tuple(image))


def _dispatcher(kernel: Kernel) -> Any:
    """Numba's form of a kernel; what it calls becomes numba's too, in names of its own."""
    if kernel not in _made:
        function = kernel.function
        names = dict(function.__globals__)
        copied = FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, function.__closure__
        )
        copied.__module__, copied.__qualname__ = function.__module__, function.__qualname__
        _made[kernel] = numba.njit(nogil=True, error_model="numpy")(copied)
        used = set(_names_in(function.__code__))
        names |= {name: _known(names[name], used) for name in used & names.keys()}
    return _made[kernel]


def _known(value: Any, used: Set[str]) -> Any:
    """What numba knows in the place of what a kernel names."""
    if isinstance(value, Kernel):
        return _dispatcher(value)
    if isinstance(value, Instruction):
        return getattr(instructions, value.name)
    if isinstance(value, ModuleType) and value.__name__.startswith(__package__):
        module, held = ModuleType(value.__name__), vars(value)
        vars(module).update({name: _known(held[name], used) for name in used & held.keys()})
        return module
    return value


def _names_in(code: CodeType) -> Iterator[str]:
    """All names that a function looks up, those of functions inside it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
