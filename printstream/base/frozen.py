"""Frozen classes of named fields: dataclasses whose methods are shared instead of written and compiled for each class.

``dataclasses`` writes the source of six methods for a frozen class and has it compiled: 0.5 ms a class at every start,
and a run imports 260 of them (docs/performance.md). Fields, ``replace``, ``asdict`` and pickling stay the library's own.

In: a class with annotated fields. Out: the class. Never: does otherwise than ``@dataclass(frozen=True)`` would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import Any, NoReturn, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_T]) -> type[_T]:
    """Make a class a frozen dataclass; methods that it has itself stay.

    Raises:
        TypeError: a field is not to be given (``init=False``).
    """
    made = dataclass(init=False, repr=False, eq=False)(cls)
    own = vars(cls)
    for name, method in _METHODS.items():
        if name not in own or (name == "__hash__" and own[name] is None):
            setattr(made, name, method)
    every: Mapping[str, Field[Any]] = {f.name: f for f in fields(made)}  # type: ignore[arg-type]
    if not all(f.init for f in every.values()):
        msg = f"{cls.__qualname__}: every field of a frozen class is given to it"
        raise TypeError(msg)
    made.__frozen_fields__ = every  # type: ignore[attr-defined]
    made.__frozen_positional__ = [f.name for f in every.values() if not f.kw_only]  # type: ignore[attr-defined]
    return made


def _init(self: Any, *args: Any, **words: Any) -> None:
    every = self.__frozen_fields__
    values = dict(zip(self.__frozen_positional__, args, strict=False))
    values.update(words)
    # As many as were given, and exactly the fields: none twice, none unknown, none left out.
    if len(args) + len(words) != len(every) or values.keys() != every.keys():
        values = _complete(type(self), args, words)
    self.__dict__.update(values)
    after = getattr(self, "__post_init__", None)
    if after is not None:
        after()


def _complete(cls: Any, args: tuple[Any, ...], words: dict[str, Any]) -> dict[str, Any]:
    """Values of all fields, defaults where they were left out.

    Raises:
        TypeError: a field has no value, or two, or there is no such field.
    """
    every, positional = cls.__frozen_fields__, cls.__frozen_positional__
    if len(args) > len(positional):
        msg = f"{cls.__qualname__}() takes {len(positional)} positional arguments but {len(args)} were given"
        raise TypeError(msg)
    wrong = [name for name in words if name not in every or name in positional[: len(args)]]
    given = dict(zip(positional, args, strict=False)) | words
    values = {name: given[name] if name in given else _default(f) for name, f in every.items()}
    missing = [name for name, value in values.items() if value is MISSING]
    if wrong or missing:
        said = [
            f"{what}: {', '.join(names)}" for what, names in (("wrong", wrong), ("missing", missing)) if names
        ]
        msg = f"{cls.__qualname__}(): arguments {'; '.join(said)}"
        raise TypeError(msg)
    return values


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__frozen_fields__)


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    said = ", ".join(
        f"{name}={value!r}" for name, value in zip(self.__frozen_fields__, _values(self), strict=True)
    )
    return f"{type(self).__qualname__}({said})"


def _setattr(_self: Any, name: str, _value: Any) -> NoReturn:
    msg = f"cannot assign to field {name!r}"
    raise FrozenInstanceError(msg)


def _delattr(_self: Any, name: str) -> NoReturn:
    msg = f"cannot delete field {name!r}"
    raise FrozenInstanceError(msg)


_METHODS: Mapping[str, Any] = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
}
