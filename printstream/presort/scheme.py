"""Presort schemes as frozen models: levels, trays, prices, lists. A scheme is data; no rule is code.

In: scheme files and labeling lists, the package's own or the job's. Out: ``LoadedScheme``, ``SinglePiece``.
Never: looks at a piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from printstream.base.errors import JobError
from printstream.base.yamlfile import load_model
from printstream.job import LengthMpt, Model, Name, Slug
from printstream.presort.labels import LABEL_COLUMN, ZIP_COLUMN, LabelingList, read_labeling_list

SINGLE_PIECE_SCHEME = "us_fcm_single"
SINGLE = "single"
NO_TRAY = "none"
FORMAT = "printstream-scheme/1"
SINGLE_FORMAT = "printstream-single/1"
_PACKAGE_FOLDER = Path(__file__).parent

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=12)]
Count = Annotated[int, Field(ge=1)]
Mills = Annotated[int, Field(ge=1, le=1_000_000_000)]
Percent = Annotated[int, Field(ge=1, le=100)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]


class Rates(Model):
    """Where the prices come from and when they hold."""

    effective: date
    """First day of the prices."""
    expires: date | None = None
    """Last day of the prices; absent: not known."""
    source: str
    """Where the prices were read."""
    confirmed: bool
    """Whether they were compared with the post's own price list."""


class ListSettings(Model):
    """A labeling list of the scheme."""

    file: FileName
    """CSV file in lists/, in the form that the USPS publishes."""
    stand_in: bool = False
    """The list only stands in for the post's own, which the user must supply before mailing."""
    effective: date
    """Effective Date of the file; must be the one that the file names."""
    expires: date
    """Last day of use; a production date beyond it gives a warning."""
    zip_column: str = ZIP_COLUMN
    """Header of the column with ZIP Code prefixes and ranges."""
    label_column: str = LABEL_COLUMN
    """Header of the column with the destination's label."""


class Level(Model):
    """A presort level. Grouped by ZIP prefix or labeling list; with neither, all pieces are one group."""

    name: Code
    """Short name, as in PRESORT_LEVEL."""
    prefix_length: Annotated[int, Field(ge=1, le=5)] | None = None
    """Pieces whose ZIP Codes start with the same digits, so many, are a group."""
    labeling_list: Name | None = None
    """Pieces with the same label in this list of labeling_lists are a group."""
    minimum_pieces: Count
    """Fewest pieces of a group."""
    price_mills: Mills
    """Postage of a piece, 1/1000 of the currency unit."""
    cin: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    """Content identifier number of the tray label."""
    content: str
    """Line 2 of the tray label."""
    destination: str = "{destination}"
    """Line 1 of the tray label; {destination} is the group's own text, {origin} the mailing's origin."""

    @model_validator(mode="after")
    def _one_key(self) -> Level:
        if self.prefix_length is not None and self.labeling_list is not None:
            msg = f"level {self.name}: prefix_length and labeling_list exclude each other"
            raise ValueError(msg)
        return self

    @property
    def takes_all(self) -> bool:
        """Whether the level groups all pieces together."""
        return self.prefix_length is None and self.labeling_list is None


class Tray(Model):
    """A kind of tray."""

    name: Code
    """Short name, as in TRAY_TYPE."""
    inner_length: LengthMpt
    """Inside length, along which pieces stand."""


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


class Scheme(Model):
    """How pieces are sorted, put into trays and priced."""

    format: Literal["printstream-scheme/1"]
    """Version of this file's form."""
    title: str
    """Name for reports."""
    currency: Currency
    """ISO 4217 code; prices are in mills, 1/1000 of its unit."""
    minimum_pieces: Count
    """Fewest pieces of a mailing; with fewer, all go to the residual scheme."""
    max_weight_mg: Count
    """Heaviest piece; heavier ones go to the residual scheme."""
    max_thickness_um: Count
    """Thickest piece; thicker ones go to the residual scheme."""
    missing_delivery_point: Literal["warn", "residual"] = "warn"
    """What is done with pieces that lack ZIP+4 or delivery point."""
    residual: Slug = SINGLE_PIECE_SCHEME
    """Scheme of the pieces that this one does not take."""
    rates: Rates
    """Where the prices come from."""
    labeling_lists: dict[Name, ListSettings] = Field(default_factory=dict)
    """Lists that levels refer to."""
    levels: tuple[Level, ...] = Field(min_length=1, max_length=16)
    """From the finest to the coarsest; each takes what the ones before it left."""
    tray_sets: tuple[TraySet, ...] = Field(min_length=1)
    """From the smallest envelopes to the largest; the first that takes the envelope is used."""
    fill_percent: Percent = 100
    """Share of a tray's inside length that is filled at most."""
    full_percent: Percent = 85
    """Share of a tray's inside length from which on it counts as full."""
    envelopes: dict[str, EnvelopeSize] = Field(default_factory=dict)
    """Sizes of the envelopes that jobs name."""

    @model_validator(mode="after")
    def _levels_fit(self) -> Scheme:
        names = [level.name for level in self.levels]
        if len(set(names)) != len(names) or SINGLE in names:
            msg = f"levels need different names, and {SINGLE!r} is taken"
            raise ValueError(msg)
        for level in self.levels:
            if level.labeling_list is not None and level.labeling_list not in self.labeling_lists:
                msg = f"level {level.name}: there is no list {level.labeling_list!r} in labeling_lists"
                raise ValueError(msg)
        if any(level.takes_all for level in self.levels[:-1]):
            msg = "only the last level may do without prefix_length and labeling_list"
            raise ValueError(msg)
        lengths = [level.prefix_length for level in self.levels if level.prefix_length is not None]
        if lengths != sorted(set(lengths), reverse=True):
            msg = "prefix_length must fall from level to level, the finest first"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _trays_fit(self) -> Scheme:
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
        return self

    def usable_um(self, tray: Tray) -> int:
        """Length of mail, micrometres, that the tray takes."""
        return length_um(tray.inner_length) * self.fill_percent // 100

    def full_um(self, tray: Tray) -> int:
        """Length of mail, micrometres, from which on the tray is full."""
        return -(-length_um(tray.inner_length) * self.full_percent // 100)


class PriceStep(Model):
    """A price up to a weight."""

    max_weight_mg: Count
    """Heaviest piece at this price."""
    price_mills: Mills
    """Postage of a piece, 1/1000 of the currency unit."""


class Shape(Model):
    """Price steps up to a thickness."""

    shape: str
    """Name of the shape, such as letter or flat."""
    max_thickness_um: Count
    """Thickest piece of this shape."""
    steps: tuple[PriceStep, ...] = Field(min_length=1)
    """By rising weight."""

    @model_validator(mode="after")
    def _steps_rise(self) -> Shape:
        weights = [s.max_weight_mg for s in self.steps]
        if weights != sorted(set(weights)):
            msg = f"shape {self.shape}: max_weight_mg must rise from step to step; ranges overlap"
            raise ValueError(msg)
        return self


class Container(Model):
    """How unsorted mail is divided."""

    inner_length: LengthMpt
    """Length of mail that a container takes."""
    max_pieces: Count
    """Most pieces of a container."""


class SinglePiece(Model):
    """Prices and containers of mail that is not presorted."""

    format: Literal["printstream-single/1"]
    """Version of this file's form."""
    title: str
    """Name for reports."""
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
    def _payment_is_priced(self) -> SinglePiece:
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


@dataclass(frozen=True)
class LoadedScheme:
    """A scheme with its labeling lists, by their names in the scheme."""

    scheme: Scheme
    lists: dict[str, LabelingList]


def length_um(length_mpt: int) -> int:
    """Millipoints to whole micrometres, cut: a tray is never longer than it is."""
    return length_mpt * 25_400 // 72_000


def load_scheme(name: str, folder: Path | None = None) -> LoadedScheme:
    """Load a scheme and its lists by name.

    Args:
        name: file name without .yaml.
        folder: the job's folder with its own schemes/ and lists/, looked into before the package's.

    Raises:
        JobError: no such scheme, or it or a list is wrong; with file and place.
    """
    path = _find("schemes", f"{name}.yaml", folder)
    scheme = load_model(path, Scheme)
    lists = {key: _load_list(s, path, folder) for key, s in scheme.labeling_lists.items()}
    return LoadedScheme(scheme, lists)


def load_single(name: str = SINGLE_PIECE_SCHEME, folder: Path | None = None) -> SinglePiece:
    """Load the prices of unsorted mail; arguments and faults as for ``load_scheme``."""
    return load_model(_find("schemes", f"{name}.yaml", folder), SinglePiece)


def _load_list(settings: ListSettings, scheme_path: Path, folder: Path | None) -> LabelingList:
    path = _find("lists", settings.file, folder)
    loaded = read_labeling_list(path, settings.zip_column, settings.label_column)
    if loaded.effective is not None and loaded.effective != settings.effective:
        what = f"the list is effective from {loaded.effective}, but the scheme says {settings.effective}"
        step = f"Bring effective and expires in {scheme_path} up to date"
        raise JobError(what, where=str(path), next_step=step)
    return loaded


def _find(kind: str, file: str, folder: Path | None) -> Path:
    """The job's file where there is one, else the package's."""
    folders = [f / kind for f in (folder, _PACKAGE_FOLDER) if f is not None]
    for place in folders:
        if (place / file).is_file():
            return place / file
    known = sorted({p.name for place in folders if place.is_dir() for p in place.iterdir() if p.is_file()})
    what = f"there is no file {file!r} in {kind}/"
    raise JobError(what, where=str(folders[0]), next_step=f"Known are {', '.join(known)}")
