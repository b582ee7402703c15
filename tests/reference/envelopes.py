"""Envelopes filled by hand: one document after the other, one insert after the other, from the words of docs/pieces.md."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any


@dataclass
class Letter:
    """A document."""

    number: int
    sheets: int
    key: Any
    """Household; None where it stays alone."""
    addressee: str
    rank: tuple[Any, ...] = ()


@dataclass
class Load:
    """What a piece weighs and how thick it is, as it should be and at the worst."""

    weight: int
    thickness: int
    heaviest: int
    thickest: int


def load_of(sheets: int, job: dict[str, Any]) -> tuple[str, Load]:
    """Stream and load of an envelope with so many sheets, no inserts."""
    stock = job["stock"]
    area = Fraction(stock["width_in"]) * Fraction(stock["height_in"]) * Fraction("0.0254") ** 2
    paper = area * stock["grammage_gsm"] * 1000 * sheets
    for stream in job["streams"]:
        last = stream is job["streams"][-1]
        layers = stream["folds"] + 1
        more = 1 + Fraction(stream["envelope_tolerance_percent"], 100)
        heavier = 1 + Fraction(stock["weight_tolerance_percent"], 100)
        thicker = 1 + Fraction(stock["thickness_tolerance_percent"], 100)
        thick = sheets * layers * stock["caliper_um"]
        load = Load(
            math.floor(paper + Fraction(1, 2)) + stream["envelope_weight_mg"],
            thick + stream["envelope_thickness_um"],
            math.floor(paper * heavier + Fraction(1, 2)) + math.ceil(stream["envelope_weight_mg"] * more),
            math.ceil(thick * thicker + stream["envelope_thickness_um"] * more),
        )
        if last or (
            sheets <= stream["max_sheets"]
            and load.heaviest <= (stream.get("max_weight_mg") or math.inf)
            and load.thickest <= (stream.get("max_thickness_um") or math.inf)
        ):
            return stream["name"], load
    raise AssertionError


def fill(
    letters: Sequence[Letter], rules: dict[str, Any], weigh: Callable[[int], tuple[str, Load]]
) -> list[list[int]]:
    """Documents of each envelope, in order; envelopes by their first document."""
    shut: list[list[Letter]] = []
    open_envelopes: dict[Any, list[Letter]] = {}
    for letter in sorted(letters, key=lambda x: (x.rank, x.number)):
        if letter.key is None:
            shut.append([letter])
            continue
        envelope = open_envelopes.get(letter.key)
        if envelope is not None and _takes([*envelope, letter], rules, weigh):
            envelope.append(letter)
        else:
            fresh = [letter]
            shut.append(fresh)
            open_envelopes[letter.key] = fresh
    return sorted([x.number for x in envelope] for envelope in shut)


def _takes(inside: list[Letter], rules: dict[str, Any], weigh: Callable[[int], tuple[str, Load]]) -> bool:
    sheets = sum(x.sheets for x in inside)
    stream, load = weigh(sheets)
    if len(inside) > (rules.get("max_documents") or math.inf) or sheets > (rules.get("max_sheets") or 4096):
        return False
    if load.heaviest > (rules.get("max_weight_mg") or math.inf):
        return False
    if load.thickest > (rules.get("max_thickness_um") or math.inf):
        return False
    return not rules.get("keep_stream", True) or stream == weigh(max(x.sheets for x in inside))[0]


@dataclass
class Piece:
    """An envelope that may get inserts."""

    stream: str
    load: Load
    wants: set[int]
    got: list[int] = field(default_factory=list)


def insert(pieces: Sequence[Piece], job: dict[str, Any], steps: dict[str, Any]) -> dict[str, list[int]]:
    """Give the pieces their inserts; gives the insert in each pocket by stream."""
    inserts = job["inserts"]
    ranked = sorted(range(len(inserts)), key=lambda k: (inserts[k]["priority"], k))
    pockets = {}
    for stream in job["streams"]:
        asked = [k for k in ranked if any(k in p.wants for p in pieces if p.stream == stream["name"])]
        pockets[stream["name"]] = asked[: job["pockets"]]
    limits = {stream["name"]: stream for stream in job["streams"]}
    for k in ranked:
        left = math.inf if inserts[k].get("stock") is None else inserts[k]["stock"]
        for piece in pieces:
            most = job["pockets"] if job.get("max_inserts") is None else job["max_inserts"]
            if k not in piece.wants or k not in pockets[piece.stream] or len(piece.got) >= most or left == 0:
                continue
            after = _with(piece.load, inserts[k])
            if not _fits(piece.load, after, limits[piece.stream], steps[piece.stream], inserts[k]):
                continue
            piece.load = after
            piece.got.append(k)
            left -= 1
    return pockets


def _with(load: Load, insert_: dict[str, Any]) -> Load:
    more = 1 + Fraction(insert_.get("tolerance_percent", 0), 100)
    return Load(
        load.weight + insert_["weight_mg"],
        load.thickness + insert_["thickness_um"],
        load.heaviest + math.ceil(insert_["weight_mg"] * more),
        load.thickest + math.ceil(insert_["thickness_um"] * more),
    )


def _fits(before: Load, after: Load, stream: dict[str, Any], steps: Any, insert_: dict[str, Any]) -> bool:
    if after.heaviest > (stream.get("max_weight_mg") or math.inf):
        return False
    if after.thickest > (stream.get("max_thickness_um") or math.inf):
        return False
    was_taken = before.heaviest <= steps.most_weight_mg and before.thickest <= steps.most_thickness_um
    is_taken = after.heaviest <= steps.most_weight_mg and after.thickest <= steps.most_thickness_um
    if was_taken and not is_taken:
        return False
    if insert_.get("pays_postage"):
        return True
    return all(
        not (low <= limit < high)
        for low, high, limits in (
            (before.weight, after.weight, steps.weight_mg),
            (before.heaviest, after.heaviest, steps.weight_mg),
            (before.thickness, after.thickness, steps.thickness_um),
            (before.thickest, after.thickest, steps.thickness_um),
        )
        for limit in limits
    )
