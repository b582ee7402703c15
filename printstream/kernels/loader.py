"""Compiled kernels, brought into this process by LLVM's linker, without the compiler that made them.

Compiled code calls a few functions of three C modules that numba has: to look at the arrays that it is given, to count who
holds them, to raise what a kernel raises. They are loaded by themselves; numba's package takes a fifth of a second.

In: images from ``compiler.py``. Out: functions. Never: imports numba.
"""

from __future__ import annotations

import builtins
import os
import pickle
import sys
from collections.abc import Callable
from ctypes import c_void_p
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import llvmlite.binding as ll


class Image(NamedTuple):
    """A compiled kernel as it is kept.

    Attributes:
        name: of its source.
        entry: symbol of what Python calls.
        constants: by symbol of an environment, the objects that the code asks it for.
        code: object file.
    """

    name: str
    entry: str
    constants: dict[str, list[Any]]
    code: bytes


@cache
def _c_module(name: str) -> ModuleType:
    """Load a C module of numba, or take it where numba is there already."""
    whole = f"numba.{name}"
    if whole in sys.modules:
        return sys.modules[whole]
    package = find_spec("numba")
    if package is None or package.origin is None:
        msg = "numba is not installed"
        raise ImportError(msg)
    stem = Path(package.origin).parent.joinpath(*name.split("."))
    path = next(p for p in (stem.with_name(stem.name + end) for end in EXTENSION_SUFFIXES) if p.exists())
    spec = spec_from_file_location(whole, path)
    if spec is None or spec.loader is None:
        msg = f"{path} cannot be loaded"
        raise ImportError(msg)
    module = module_from_spec(spec)
    # Under its own name: numba, where a kernel must be compiled after all, takes this one.
    sys.modules[whole] = module
    spec.loader.exec_module(module)
    return module


@cache
def machine() -> str:
    """What code depends on besides its source: processor, interpreter, and numba's settings in the environment."""
    features = ll.get_host_cpu_features().flatten()
    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
    return f"{ll.get_process_triple()} {ll.get_host_cpu_name()} {features} {sys.implementation.cache_tag} {settings}"


@cache
def _engine() -> ll.ExecutionEngine:
    """LLVM's linker, which knows where everything is that compiled code names.

    One for all: it links a kernel in 0.2 ms, one of its own takes 2 ms each. Helpers that were compiled into several
    kernels are told apart by names that say their source and types, so it does not matter whose copy runs.
    """
    ll.initialize_native_target()
    ll.initialize_native_asmprinter()
    ll.add_symbol("_Py_NoneStruct", id(None))
    for module in ("_helperlib", "_dynfunc"):
        for name, address in _c_module(module).c_helpers.items():
            ll.add_symbol(f"numba_{name}", address)
    for name, address in _c_module("core.runtime._nrt_python").c_helpers.items():
        ll.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            ll.add_symbol(f"PyExc_{name}", id(value))
    target = ll.Target.from_triple(ll.get_process_triple())
    return ll.create_mcjit_compiler(ll.parse_assembly(""), target.create_target_machine(jit=True))


def load(image: bytes) -> Callable[..., Any]:
    """Link a kernel; it stays for as long as the process."""
    kept = Image(*pickle.loads(image))
    engine = _engine()
    engine.add_object_file(ll.object_file.ObjectFileRef.from_data(kept.code))
    engine.finalize_object()
    dynfunc = _c_module("_dynfunc")
    environments = []
    for symbol, constants in kept.constants.items():
        environment = dynfunc.Environment({})
        environment.consts.extend(constants)
        environments.append(environment)
        place = engine.get_global_value_address(symbol)
        if place:
            c_void_p.from_address(place).value = id(environment)
    address = engine.get_function_address(kept.entry)
    own = environments[0]
    entry: Callable[..., Any] = dynfunc.make_function(
        sys.modules[__name__], kept.name, kept.name, address, own, (engine, environments)
    )
    return entry
