"""Documents of several types brought together by hand, from the words of docs/pieces.md (rules 18 to 21)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sheaf:
    """A document: its type, match, addressee (None: it takes another type's) and a name of its own."""

    kind: str
    match: str | None
    addressee: str | None
    name: object


@dataclass(frozen=True)
class Kind:
    """What the job says of a type."""

    name: str
    required: bool
    address_of: str | None = None


def _plain(text: str) -> str:
    return " ".join(text.upper().split())


def matched_by_hand(
    kinds: Sequence[Kind], documents: Sequence[Sheaf], *, one_addressee: bool
) -> tuple[list[list[Sheaf]], Mapping[str, int]]:
    """Give the envelopes, by the first appearance of their match, and how many documents of each type leave."""
    left: Counter[str] = Counter({kind.name: 0 for kind in kinds})
    alive = list(documents)
    # An empty match, or one that the type has twice.
    seen = Counter((d.kind, d.match) for d in alive)
    alive = _keep(alive, lambda d: bool(d.match and d.match.strip()) and seen[d.kind, d.match] == 1, left)
    # A type without addresses takes them from another one.
    for kind in kinds:
        if kind.address_of is not None:
            given = {d.match: d.addressee for d in alive if d.kind == kind.address_of}
            alive = _keep(alive, lambda d, k=kind, g=given: d.kind != k.name or d.match in g, left)
            alive = [
                Sheaf(d.kind, d.match, given[d.match], d.name) if d.kind == kind.name else d for d in alive
            ]
    # Every type that must be there is there.
    have = {kind.name: {d.match for d in alive if d.kind == kind.name} for kind in kinds}
    whole = lambda d: all(d.match in have[kind.name] for kind in kinds if kind.required)  # noqa: E731
    people: dict[str | None, set[str]] = {}
    for d in alive:
        people.setdefault(d.match, set()).add(_plain(d.addressee or ""))
    alive = _keep(alive, lambda d: whole(d) and (not one_addressee or len(people[d.match]) == 1), left)
    order = [kind.name for kind in kinds]
    matches = list(dict.fromkeys(d.match for name in order for d in alive if d.kind == name))
    envelopes = [
        sorted((d for d in alive if d.match == match), key=lambda d: order.index(d.kind)) for match in matches
    ]
    return envelopes, left


def _keep(documents, stays, left):  # type: ignore[no-untyped-def]
    kept = [d for d in documents if stays(d)]
    left.update(d.kind for d in documents if not stays(d))
    return kept
