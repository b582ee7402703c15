"""The price steps of each stream, for those who add weight to a piece."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from printstream.base.steps import PriceSteps
from printstream.job import Job, StreamSettings
from printstream.presort.load import load_scheme, load_single
from printstream.presort.single import SinglePiece


def price_steps(job: Job, folder: Path | None = None) -> dict[str, PriceSteps]:
    """Give the price steps by stream.

    Raises:
        JobError: a scheme is missing or wrong.
    """
    return {stream.name: _steps(stream, job, folder) for stream in job.streams}


def _steps(stream: StreamSettings, job: Job, folder: Path | None) -> PriceSteps:
    if stream.scheme is None:
        single = load_single(stream.single, folder).single
        weight, thickness = _single_steps(single)
        return PriceSteps(weight, thickness, weight, thickness, weight[-1], thickness[-1])
    scheme = load_scheme(stream.scheme, folder).scheme
    card = scheme.card(job.production_date)
    weights = [step.max_weight_mg for level in card.prices for step in card.steps_of(level)]
    most_weight, most_thickness = scheme.max_weight_mg, scheme.max_thickness_um
    # Beyond the scheme's limits a piece pays single-piece prices.
    weight, thickness = _single_steps(load_single(scheme.residual, folder).single)
    return PriceSteps(
        _rising([*weights, most_weight, *(w for w in weight if w > most_weight)]),
        _rising([most_thickness, *(t for t in thickness if t > most_thickness)]),
        _rising([*weights, most_weight, *weight]),
        _rising([most_thickness, *thickness]),
        most_weight,
        most_thickness,
    )


def _single_steps(single: SinglePiece) -> tuple[tuple[int, ...], tuple[int, ...]]:
    weights = _rising(step.max_weight_mg for shape in single.shapes for step in shape.steps)
    return weights, _rising(shape.max_thickness_um for shape in single.shapes)


def _rising(limits: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(limits)))
