"""Presort schemes as frozen models: levels, trays, prices, lists. A scheme is data; no rule is code.

In: scheme files' values. Out: ``Scheme``. Never: reads a file, looks at a piece.
"""

from datetime import date
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from printstream.base.model import LabelLine
from printstream.job import LengthMpt, Model, Name, Slug
from printstream.presort.containers import Container
from printstream.presort.kinds import Code, Count, Grouped, LabelWords, length_um
from printstream.presort.labels import LABEL_COLUMN, ZIP_COLUMN

SINGLE_PIECE_SCHEME = "us_fcm_single"
SINGLE = "single"
NO_TRAY = "none"

Mills = Annotated[int, Field(ge=1, le=1_000_000_000)]
Percent = Annotated[int, Field(ge=1, le=100)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]


class PriceStep(Model):
    """A price up to a weight."""

    max_weight_mg: Count
    """Heaviest piece at this price."""
    price_mills: Mills
    """Postage of a piece, 1/1000 of the currency unit."""


class Rates(Model):
    """Where prices come from and when they hold."""

    effective: date
    """First day of the prices."""
    expires: date | None = None
    """Last day of the prices; absent: not known."""
    source: str
    """Where the prices were read."""
    confirmed: bool
    """Whether they were compared with the post's own price list."""
    stand_in: bool = False
    """The prices only stand in for the post's own, which are not public or not known to us."""

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.expires is not None and self.expires < self.effective:
            msg = f"the prices expire on {self.expires}, before they are effective on {self.effective}"
            raise ValueError(msg)
        return self


class RateCard(Rates):
    """Prices of all levels from a day on."""

    prices: dict[Code, Mills | Annotated[tuple[PriceStep, ...], Field(min_length=1)]]
    """By level: one price in 1/1000 of the currency unit, or prices by rising weight."""

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        for level in self.prices:
            weights = [s.max_weight_mg for s in self.steps_of(level)]
            if weights != sorted(set(weights)):
                msg = f"level {level}: max_weight_mg must rise from step to step; ranges overlap"
                raise ValueError(msg)
        return self

    def steps_of(self, level: str) -> tuple[PriceStep, ...]:
        """The steps of a level; none where it has one price."""
        price = self.prices[level]
        return () if isinstance(price, int) else price

    def mills(self, level: str, weight_mg: NDArray[np.int64]) -> NDArray[np.int64]:
        """Price of each piece at a level."""
        price = self.prices[level]
        if isinstance(price, int):
            return np.full(weight_mg.size, price, np.int64)
        limits = np.array([s.max_weight_mg for s in price], np.int64)
        mills = np.array([s.price_mills for s in price], np.int64)
        found: NDArray[np.int64] = mills[np.searchsorted(limits, weight_mg, side="left")]
        return found


class ListSettings(Model):
    """A labeling list of the scheme."""

    file: FileName
    """CSV file in lists/, in the form that the USPS publishes."""
    stand_in: bool = False
    """The list only stands in for the post's own, which the user must supply before mailing."""
    effective: date
    """Effective Date of the file; must be the one that the file names."""
    expires: date | None = None
    """Last day of use; absent: the Grace Date of the file. A production date beyond it gives a warning."""
    zip_column: str = ZIP_COLUMN
    """Header of the column with postal code prefixes and ranges."""
    label_column: str = LABEL_COLUMN
    """Header of the column with the destination's label."""
    coded_labels: bool = True
    """Whether every label must end in a 3- or 5-digit ZIP Code, as those of the USPS do."""

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.expires is not None and self.expires < self.effective:
            msg = f"the list expires on {self.expires}, before it is effective on {self.effective}"
            raise ValueError(msg)
        return self


class Level(Grouped):
    """A presort level."""

    minimum_pieces: Count
    """Fewest pieces of a group."""
    optional: bool = False
    """Whether a group that has the minimum may be left to coarser levels; a required one is always made."""
    overflow: Literal["own", "none", "roll"] = "own"
    """What becomes of a last tray that is not full: a tray of its own; none, its pieces go on to the next
    level and its price; or it may roll into a tray of the next level and keep its price."""
    roll_below: Count | None = None
    """Only fewer pieces than this may roll; the minimum where absent."""
    roll_onto: Count | None = None
    """Pieces may roll only into a group of so many pieces of its own; the minimum where absent."""
    cin: Annotated[str, Field(pattern=r"^[0-9A-Z]{0,8}$")] = ""
    """Content code of the tray label, such as the USPS content identifier number."""
    content: LabelLine
    """Line 2 of the tray label."""
    destination: LabelWords = "{destination}"
    """Line 1 of the tray label; {destination} is the group's own text, {code} its postal code or prefix,
    {place} the city and state of its first piece, {origin} the mailing's origin."""

    @model_validator(mode="after")
    def _rolls(self) -> Self:
        if self.overflow != "roll" and (self.roll_below is not None or self.roll_onto is not None):
            msg = f"level {self.name}: roll_below and roll_onto need overflow: roll"
            raise ValueError(msg)
        return self


class Tray(Model):
    """A kind of tray."""

    name: Code
    """Short name, as in TRAY_TYPE."""
    inner_length: Annotated[LengthMpt, Field(gt=0)]
    """Inside length, along which pieces stand."""
    max_weight_mg: Count | None = None
    """Heaviest mail that the tray takes; no limit where absent."""
    max_pieces: Count | None = None
    """Most pieces that the tray takes; no limit where absent."""


class TraySet(Model):
    """Trays for envelopes up to a size."""

    max_envelope_length: LengthMpt
    """Longest envelope that lies in these trays."""
    max_envelope_height: LengthMpt
    """Highest envelope that stands in these trays."""
    trays: tuple[Tray, ...] = Field(min_length=1, max_length=2)
    """The tray that is filled first and, where there is one, the smaller one for the remainder."""


class EnvelopeSize(Model):
    """Outer size of an envelope."""

    length: LengthMpt
    """The longer edge."""
    height: LengthMpt
    """The shorter edge."""


ServiceType = Annotated[str, Field(pattern=r"^[0-9]{3}$")]


class ServiceTypes(Model):
    """Service type identifiers (STID) that the Intelligent Mail barcode of the scheme's class may say."""

    basic: tuple[ServiceType, ...]
    """Of basic automation."""
    full: tuple[ServiceType, ...]
    """Of full-service automation."""

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return frozenset((*self.basic, *self.full))


class GroupMinimum(Model):
    """A minimum of the mailing that holds instead where all pieces are of one group."""

    level: Code
    """All pieces are of one group of this level."""
    pieces: Count
    """Fewest pieces of such a mailing."""


class Scheme(Model):
    """How pieces are sorted, put into trays and priced."""

    format: Literal["printstream-scheme/1"]
    """Version of this file's form."""
    title: str
    """Name for reports."""
    postal_code: Slug = "us"
    """Form of the postal codes: a file of forms/."""
    currency: Currency
    """ISO 4217 code; prices are in mills, 1/1000 of its unit."""
    minimum_pieces: Count
    """Fewest pieces of a mailing; with fewer, all go to the residual scheme."""
    minimum_of_group: GroupMinimum | None = None
    """A smaller minimum for mailings to one destination, where the post has one."""
    max_weight_mg: Count
    """Heaviest piece; heavier ones go to the residual scheme."""
    max_thickness_um: Count
    """Thickest piece; thicker ones go to the residual scheme."""
    missing_delivery_point: Literal["warn", "residual", "ignore"] = "warn"
    """What is done with pieces that lack ZIP+4 or delivery point; posts that have none ignore it."""
    service_types: ServiceTypes | None = None
    """Service types of the class; another one in the job gives a warning, and the wrong kind a refused Mail.dat."""
    residual: Slug = SINGLE_PIECE_SCHEME
    """Scheme of the pieces that this one does not take."""
    rates: tuple[RateCard, ...] = Field(min_length=1)
    """Prices, each card from its effective date on; the newest that is effective holds."""
    labeling_lists: dict[Name, ListSettings] = Field(default_factory=dict)
    """Lists that levels refer to."""
    levels: tuple[Level, ...] = Field(min_length=1, max_length=16)
    """From the finest to the coarsest; each takes what the ones before it left."""
    tray_sets: tuple[TraySet, ...] = Field(min_length=1)
    """From the smallest envelopes to the largest; the first that takes the envelope is used."""
    any_tray_set: bool = False
    """Whether any set that takes the envelope may be used; then the one that needs the fewest trays is."""
    fill_percent: Percent = 100
    """Share of a tray's inside length that is filled at most."""
    full_percent: Percent = 85
    """Share of a tray's inside length from which on it counts as full."""
    envelopes: dict[str, EnvelopeSize] = Field(default_factory=dict)
    """Sizes of the envelopes that jobs name."""
    containers: dict[Name, Container] = Field(default_factory=dict)
    """How trays may travel: pallets, roll containers; a stream of the job names one."""

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        names = [level.name for level in self.levels]
        if len(set(names)) != len(names) or SINGLE in names:
            msg = f"levels need different names, and {SINGLE!r} is taken"
            raise ValueError(msg)
        for level in self.levels:
            if level.labeling_list is not None and level.labeling_list not in self.labeling_lists:
                msg = f"level {level.name}: there is no list {level.labeling_list!r} in labeling_lists"
                raise ValueError(msg)
        if any(level.takes_all for level in self.levels[:-1]):
            msg = "only the last level may do without prefix_length, part and labeling_list"
            raise ValueError(msg)
        lengths = [level.prefix_length for level in self.levels if level.prefix_length is not None]
        if lengths != sorted(set(lengths), reverse=True):
            msg = "prefix_length must fall from level to level, the finest first"
            raise ValueError(msg)
        if self.minimum_of_group is not None and self.minimum_of_group.level not in names:
            msg = f"minimum_of_group: there is no level {self.minimum_of_group.level!r}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _overflow_fits(self) -> Self:
        if self.full_only and self.any_tray_set:
            msg = "any_tray_set and overflow: none exclude each other: what is full depends on the tray"
            raise ValueError(msg)
        for number, level in enumerate(self.levels):
            if number < self.full_only and (level.optional or level.overflow == "roll"):
                msg = f"level {level.name}: a level up to the last one with overflow: none is required and rolls nothing"
                raise ValueError(msg)
            limited = any(t.max_weight_mg or t.max_pieces for s in self.tray_sets for t in s.trays)
            if level.overflow == "roll" and (number == len(self.levels) - 1 or limited):
                msg = f"level {level.name}: nothing can roll from the last level, nor into limited trays"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _rates_fit(self) -> Self:
        names = {level.name for level in self.levels}
        days = [card.effective for card in self.rates]
        if days != sorted(set(days)):
            msg = "effective dates of rates must rise from card to card"
            raise ValueError(msg)
        for card, later in zip(self.rates, [*days[1:], None], strict=True):
            if set(card.prices) != names:
                msg = f"rates of {card.effective}: prices must name the levels {', '.join(sorted(names))}, no others"
                raise ValueError(msg)
            if later is not None and card.expires is not None and card.expires >= later:
                msg = f"rates of {card.effective} and {later} overlap"
                raise ValueError(msg)
            for steps in map(card.steps_of, names):
                if steps and steps[-1].max_weight_mg < self.max_weight_mg:
                    msg = f"rates of {card.effective}: the last step must reach max_weight_mg"
                    raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _trays_fit(self) -> Self:
        if self.full_percent > self.fill_percent:
            msg = "full_percent must not exceed fill_percent, or no tray is ever full"
            raise ValueError(msg)
        for tray_set in self.tray_sets:
            full_um = self.full_um(tray_set.trays[0])
            if len(tray_set.trays) > 1 and self.usable_um(tray_set.trays[1]) >= full_um:
                msg = f"tray {tray_set.trays[1].name} must be shorter than a full {tray_set.trays[0].name}"
                raise ValueError(msg)
            for tray in tray_set.trays:
                if self.usable_um(tray) < self.max_thickness_um or tray.name == NO_TRAY:
                    msg = f"tray {tray.name} cannot take the thickest piece, or its name is taken"
                    raise ValueError(msg)
                if tray.max_weight_mg is not None and tray.max_weight_mg < self.max_weight_mg:
                    msg = f"tray {tray.name} cannot take the heaviest piece"
                    raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _containers_fit(self) -> Self:
        trays = {tray.name: tray.max_weight_mg for tray_set in self.tray_sets for tray in tray_set.trays}
        for name, container in self.containers.items():
            fault = container.fault(trays, set(self.labeling_lists))
            if fault:
                msg = f"containers.{name}: {fault}"
                raise ValueError(msg)
        return self

    @property
    def full_only(self) -> int:
        """Number of levels up to the last one whose trays must all be full (overflow: none)."""
        return max((n for n, level in enumerate(self.levels, 1) if level.overflow == "none"), default=0)

    def card(self, day: date) -> RateCard:
        """The newest prices that are effective on a day; the oldest where none are yet."""
        return next((c for c in reversed(self.rates) if c.effective <= day), self.rates[0])

    def usable_um(self, tray: Tray) -> int:
        """Length of mail, micrometres, that the tray takes."""
        return length_um(tray.inner_length) * self.fill_percent // 100

    def full_um(self, tray: Tray) -> int:
        """Length of mail, micrometres, from which on the tray is full."""
        return -(-length_um(tray.inner_length) * self.full_percent // 100)
