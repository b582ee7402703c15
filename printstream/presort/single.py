"""Prices and containers of mail that is not presorted, as frozen models."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.job import LengthMpt, Model, Name, Slug
from printstream.presort.kinds import Count
from printstream.presort.scheme import Currency, PriceStep, Rates


class Shape(Model):
    """Price steps up to a thickness."""

    shape: str
    """Name of the shape, such as letter or flat."""
    max_thickness_um: Count
    """Thickest piece of this shape."""
    steps: Annotated[tuple[PriceStep, ...], Field(min_length=1)]
    """By rising weight."""

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        weights = [s.max_weight_mg for s in self.steps]
        if weights != sorted(set(weights)):
            msg = f"shape {self.shape}: max_weight_mg must rise from step to step; ranges overlap"
            raise ValueError(msg)
        return self


class Container(Model):
    """How unsorted mail is divided."""

    inner_length: Annotated[LengthMpt, Field(gt=0)]
    """Length of mail that a container takes."""
    max_pieces: Count
    """Most pieces of a container."""


class SinglePiece(Model):
    """Prices and containers of mail that is not presorted."""

    format: Literal["printstream-single/1"]
    """Version of this file's form."""
    title: str
    """Name for reports."""
    postal_code: Slug = "us"
    """Form of the postal codes: a file of forms/."""
    currency: Currency
    """ISO 4217 code; prices are in mills, 1/1000 of its unit."""
    destination: str
    """What the container's label says."""
    rates: Rates
    """Where the prices come from."""
    payment: Name
    """How postage is paid: a key of prices."""
    prices: dict[Name, tuple[Shape, ...]]
    """Shapes and price steps for each way of paying."""
    container: Container
    """How the mail is divided."""

    @model_validator(mode="after")
    def _payment_is_priced(self) -> Self:
        if not self.prices.get(self.payment):
            msg = f"there are no prices for the payment {self.payment!r}"
            raise ValueError(msg)
        thickness = [s.max_thickness_um for s in self.shapes]
        if thickness != sorted(set(thickness)):
            msg = "max_thickness_um must rise from shape to shape; ranges overlap"
            raise ValueError(msg)
        return self

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of the chosen way of paying."""
        return self.prices[self.payment]
