"""What the job says of addresses: what is looked for, what happens to what is found, the window, the returned list.

In: nothing. Out: models of the job file. Never: reads data.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.base.model import LengthMpt, Model, Name, RelativePath, Slug

Action = Literal["print", "divert", "digital", "suppress", "reject"]
"""What happens to a document, the mildest first."""
Unsorted = Literal["divert", "digital", "suppress", "reject"]
"""What can happen to a document that the sort cannot take."""
ACTIONS: tuple[Action, ...] = ("print", "divert", "digital", "suppress", "reject")


class AddressPolicy(Model):
    """What happens to a document by the status of its address; of several findings the severest action counts."""

    incomplete: Action = "reject"
    """Name, street, city, state or postal code is missing."""
    malformed_code: Unsorted = "reject"
    """The postal code is none of the home post's, such as one of another country."""
    foreign: Unsorted = "reject"
    """The address is abroad; diverted, it goes without a routing code."""
    undeliverable: Action = "reject"
    """The returned list says that there is no such delivery point."""
    unknown_code: Action = "reject"
    """The postal code is in no list."""
    city_state_mismatch: Action = "print"
    """City, state and postal code do not agree."""
    too_long: Action = "reject"
    """A line is wider than the template's address block; printed, layout rejects it all the same."""
    outside_window: Action = "reject"
    """The address does not stay inside the window wherever the letter slides."""
    duplicate: Action = "print"
    """An earlier document has the same recipient and address."""
    military: Action = "print"
    """An APO, FPO or DPO address; no fault."""


class Window(Model):
    """The envelope and its window, seen from the address side; the folded letter slides in it."""

    envelope_width: LengthMpt
    """Width of the envelope, inside."""
    envelope_height: LengthMpt
    """Height of the envelope, inside."""
    left: LengthMpt
    """From the envelope's left edge to the window."""
    bottom: LengthMpt
    """From the envelope's bottom edge to the window."""
    width: LengthMpt
    """Width of the window."""
    height: LengthMpt
    """Height of the window."""
    panel_height: LengthMpt
    """Height of the folded letter; its top edge is the page's, its width too."""
    inset: LengthMpt = 0
    """How near to the envelope's edges the letter can come: the seams."""
    clear: LengthMpt = 0
    """Paper to stay free between text and the window's edges, wherever the letter slides."""
    clear_bars_x: LengthMpt | None = None
    """Paper to stay free left and right of the post's bars; absent: the code's clear zone, 0.125 in for the USPS, 2 mm for
    Royal Mail (docs/postal-barcodes.md)."""
    clear_bars_y: LengthMpt | None = None
    """Paper to stay free above and below the post's bars; absent: the code's, 0.028 in and 2 mm."""

    @model_validator(mode="after")
    def _window_lies_in_the_envelope(self) -> Self:
        if self.left + self.width > self.envelope_width or self.bottom + self.height > self.envelope_height:
            msg = "the window is not inside the envelope"
            raise ValueError(msg)
        return self


class ReturnedList(Model):
    """A list that an address service gave back, joined by the documents' key."""

    file: RelativePath
    """CSV (UTF-8) or Parquet, relative to the input folder; columns named as the documents', key first of all."""
    status: Name | None = None
    """Column with the service's word on the delivery point, such as a DPV code."""
    deliverable: tuple[str, ...] = ("Y", "S", "D")
    """Values of that column that can be delivered; DPV: confirmed, and confirmed without or for want of a unit."""


class AddressChecks(Model):
    """Addresses are judged before anything is laid out; without this, ingest rejects what is no US address."""

    home: Literal["us", "ca", "gb", "de", "fr", "nl", "au", "jp", "cn", "any"] = "us"
    """Country of the mailing, whose postal codes and agreement are checked; any: codes are not looked at."""
    country: Name | None = None
    """Column with the country; empty is home."""
    places: RelativePath | None = None
    """List of the post's places (CSV or Parquet, in the job's folder): code, city, state; a row each spelling."""
    cities: bool = False
    """Compare cities too; without `places` the shipped list has only one spelling a ZIP."""
    compose: Literal["none", "as_is", "upper"] = "none"
    """Make the columns address_1 to address_9 for the template: the address in the country's order, or in capitals."""
    window: Window | None = None
    """Envelope and window; the fit is not judged where absent."""
    returned: ReturnedList | None = None
    """List of an address service, which replaces address columns before rules run."""
    policy: AddressPolicy = AddressPolicy.preset()
    """What happens to the documents."""
    listed: Annotated[int, Field(ge=0, le=1000)] = 3
    """Keys of the first documents that the preflight shows for each status."""


class AddressSettings(Model):
    """Which columns hold the recipient's address."""

    lines: tuple[Name, ...] = Field(min_length=1, max_length=6)
    """Columns printed above the city line, in order; the first is the recipient and must not be empty."""
    street: Name
    """The delivery line among them that must not be empty."""
    city: Name | None = None
    """City column; with `checks`, city, state and code may all be left out: they are read from the last of the lines."""
    state: Name | None = None
    """Two-letter state column; US addresses need it."""
    zip5: Name | None = None
    """Five-digit ZIP column of US addresses."""
    plus4: Name | None = None
    """ZIP+4 add-on column of US addresses."""
    delivery_point: Name | None = None
    """Two-digit delivery point column of US addresses."""
    postal_code: Name | None = None
    """Postal code column of another post's addresses, in the place of zip5."""
    form: Slug | None = None
    """What these codes look like: ca, cn, de, gb, prefix, us, or a file of the job's own forms folder."""
    checks: AddressChecks | None = None
    """Judge addresses before anything is laid out; where absent, ingest rejects what has no name, street or code."""

    @model_validator(mode="after")
    def _one_post(self) -> Self:
        if self.checks is not None and not (self.city or self.state or self.zip5 or self.postal_code):
            return self  # read from the last line
        if self.city is None:
            msg = "an address has city; only with address.checks may city, state and code all be left out"
            raise ValueError(msg)
        if self.checks is not None and (self.checks.home == "us") != (self.zip5 is not None):
            msg = "address.checks.home is us where the address has zip5, and another where it has postal_code"
            raise ValueError(msg)
        if (self.zip5 is None) == (self.postal_code is None):
            msg = "an address has either zip5 (with state) or postal_code (with form)"
            raise ValueError(msg)
        if self.zip5 is not None and (self.state is None or self.form is not None):
            msg = "a US address has zip5 and state, and no form"
            raise ValueError(msg)
        if self.postal_code is not None and self.form is None:
            msg = "postal_code needs form, what the post's codes look like: ca, cn, de, gb, prefix, us, or your own"
            raise ValueError(msg)
        if self.postal_code is not None and (self.plus4 or self.delivery_point):
            msg = "plus4 and delivery_point belong to zip5, the address of the US"
            raise ValueError(msg)
        return self
