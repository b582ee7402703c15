"""Frozen classes do what the library's own would: each case is done by both."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from printstream.base.frozen import frozen


@frozen
class Ours:
    """Three fields, two that may be left out, one of them named."""

    width: int
    names: list[str] = field(default_factory=list)
    kind: str = field(default="plain", kw_only=True)

    @cached_property
    def twice(self) -> int:
        """Computed once."""
        return 2 * self.width


@dataclass(frozen=True)
class Theirs:
    """The same by the library."""

    width: int
    names: list[str] = field(default_factory=list)
    kind: str = field(default="plain", kw_only=True)

    @cached_property
    def twice(self) -> int:
        """Computed once."""
        return 2 * self.width


@frozen
class OursBelow(Ours):
    """One field more."""

    depth: int = 7


@dataclass(frozen=True)
class TheirsBelow(Theirs):
    """One field more."""

    depth: int = 7


_CALLS: list[Callable[[Any], Any]] = [
    lambda cls: cls(1),
    lambda cls: cls(1, ["a"]),
    lambda cls: cls(1, ["a"], kind="b"),
    lambda cls: cls(width=1, names=["a"], kind="b"),
    lambda cls: cls(names=["a"], width=1),
    lambda cls: cls(),
    lambda cls: cls(1, ["a"], "b", 4),
    lambda cls: cls(1, width=2),
    lambda cls: cls(1, width=2, names=[]),
    lambda cls: cls(1, colour=3),
    lambda cls: cls(1, [], colour=3),
    lambda cls: cls(kind="b"),
]


@pytest.mark.parametrize("number", range(len(_CALLS)))
@pytest.mark.parametrize("pair", [(Ours, Theirs), (OursBelow, TheirsBelow)], ids=["plain", "below"])
def test_made_as_the_library_makes_it(number: int, pair: tuple[type, type]) -> None:
    said = []
    for cls in pair:
        try:
            made = _CALLS[number](cls)
            said.append((asdict(made), repr(made).replace("Theirs", "Ours"), list(vars(made))))
        except TypeError:
            said.append("refused")
    assert said[0] == said[1]


def test_the_fourth_argument_is_the_field_below() -> None:
    assert OursBelow(1, [], 9).depth == TheirsBelow(1, [], 9).depth == 9


def test_refused_arguments_are_named() -> None:
    wrong: Any = Ours
    with pytest.raises(TypeError, match="wrong: colour; missing: width"):
        wrong(colour=1)
    with pytest.raises(TypeError, match="2 positional arguments but 3"):
        wrong(1, [], 2)


@pytest.mark.parametrize("cls", [Ours, Theirs])
def test_nothing_can_be_changed(cls: Any) -> None:
    made = cls(1)
    with pytest.raises(FrozenInstanceError):
        made.width = 2
    with pytest.raises(FrozenInstanceError):
        made.other = 2
    with pytest.raises(FrozenInstanceError):
        del made.width
    assert made.twice == 2
    assert vars(made)["twice"] == 2


def test_equal_by_fields_and_class() -> None:
    assert Ours(1) == Ours(1) != Ours(2)
    assert Ours(1) != OursBelow(1)
    assert Ours(1) != 1


@frozen
class Key:
    """Hashable."""

    a: int
    b: str


def test_hash_follows_the_fields() -> None:
    assert {Key(1, "x"), Key(1, "x"), Key(2, "x")} == {Key(2, "x"), Key(1, "x")}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ours(1))


def test_library_functions_and_copies() -> None:
    made = OursBelow(1, ["a"], kind="b")
    assert [f.name for f in fields(made)] == [f.name for f in fields(TheirsBelow)]
    assert replace(made, width=5) == OursBelow(5, ["a"], kind="b")
    assert pickle.loads(pickle.dumps(made)) == made
    assert copy.deepcopy(made) == made
    assert Ours(1).names is not Ours(1).names


def test_own_methods_stay_and_checks_run() -> None:
    @frozen
    class Checked:
        a: int

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError(self.a)

        def __repr__(self) -> str:
            return "mine"

    assert repr(Checked(1)) == "mine"
    with pytest.raises(ValueError, match="-1"):
        Checked(-1)


def test_a_field_that_is_not_given_is_refused() -> None:
    with pytest.raises(TypeError, match="every field"):

        @frozen
        class _Odd:
            a: int = field(init=False)
