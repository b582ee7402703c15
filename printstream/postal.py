"""The posts' codes as settings of a job: which columns and constants they say.

In: the part of a job file below ``mailing``. Out: models. Never: encodes, reads data.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from printstream.base.model import LengthMpt, Model, Name, RelativePath

SERIAL_DAYS = 45
"""USPS full service."""


class Serials(Model):
    """A register of the serial numbers that were printed, so that none comes again too soon."""

    folder: RelativePath
    """Folder of the register, below the job's folder; the option --serials names another."""
    days: Annotated[int, Field(ge=1, le=3660)] = SERIAL_DAYS
    """Days from the production date in which a number is not used again (USPS full service: 45)."""


class RoyalAddress(Model):
    """Where a British address is."""

    postcode: Name
    """Column with the postcode; spaces do not matter."""
    suffix: Name | None = None
    """Column with the delivery point suffix, a digit and a letter."""
    default_suffix: Annotated[str, Field(pattern=r"^[0-9][A-Z]$")] = "9Z"
    """Suffix where the column is absent or empty."""


class Mailmark(RoyalAddress):
    """Royal Mail Mailmark, 4-state barcodes C (66 bars) and L (78 bars)."""

    format: Annotated[str, Field(pattern=r"^[0-4]$")] = "1"
    """Format: 0 unspecified, 1 letter, 2 large letter."""
    version: Annotated[str, Field(pattern=r"^[1-4]$")] = "1"
    """Version of the code."""
    mail_class: Annotated[str, Field(pattern=r"^[0-9A-E]$")] = "0"
    """Class, 0 to 9 or A to E."""
    supply_chain: Annotated[str, Field(pattern=r"^([0-9]{2}|[0-9]{6})$")]
    """Supply chain identifier from Royal Mail: two digits for mailmark_c, six for mailmark_l."""


class Mailmark2d(RoyalAddress):
    """Royal Mail Mailmark 2D, a Data Matrix."""

    type: Literal[7, 9, 29] = 7
    """Symbol: 7 is 24 x 24 modules, 9 is 32 x 32, 29 is 16 x 48."""
    information_type: Annotated[str, Field(pattern=r"^[0-9A-Z]$")] = "0"
    """Information type."""
    version: Literal["1"] = "1"
    """Version of the code."""
    mail_class: Annotated[str, Field(pattern=r"^[0-9A-Z]$")] = "1"
    """Class."""
    supply_chain: Annotated[str, Field(pattern=r"^[0-9]{7}$")]
    """Supply chain identifier from Royal Mail, seven digits."""
    service: Annotated[str, Field(pattern=r"^[0-6]$")] = "0"
    """Service type."""
    return_postcode: Annotated[str, Field(pattern=r"^[A-Z0-9]{0,7}$")] = ""
    """Postcode for returns, without spaces; may be empty."""
    content: Name | None = None
    """Column with the sender's own content: up to 6, 45 or 25 characters by type, fewer where not capitals and digits."""
    module: LengthMpt = 1_417
    """Width of a module; Royal Mail recommends 0.5 mm."""


class Rm4scc(RoyalAddress):
    """Royal Mail 4-state customer code (CBC): postcode and delivery point suffix."""


class Kix(Model):
    """PostNL KIX: postcode, house number, and X before an addition to it."""

    postcode: Name
    """Column with the postcode; spaces do not matter."""
    house_number: Name
    """Column with the house or box number."""
    addition: Name | None = None
    """Column with the addition to the house number."""


class AustraliaPost(Model):
    """Australia Post customer barcode of 37, 52 or 67 bars."""

    control: Literal["11", "45", "59", "62", "87", "92"] = "11"
    """Format control code: 11 standard, 59 and 62 with customer information, 45 reply, 87 routing, 92 redirection."""
    sorting_code: Name
    """Column with the delivery point identifier (DPID), eight digits."""
    information: Name | None = None
    """Column with customer information, for 59 and 62."""
    encoding: Literal["digits", "characters"] = "digits"
    """Digits: up to 8 (59) or 15 (62); characters (letters, digits, space and #): up to 5 or 10."""


class JapanPost(Model):
    """Japan Post customer barcode: postcode and address number."""

    postcode: Name
    """Column with the postcode, seven digits; hyphens do not matter."""
    address: Name | None = None
    """Column with the address number: digits, hyphens and capitals, in up to 13 symbols (a capital takes two)."""


class Planet(Model):
    """USPS PLANET code, retired by the post."""

    code: Name
    """Column with 11 or 13 digits."""


class DeutschePost(Model):
    """Deutsche Post DV-Freimachung in the Data Matrix, as far as its layout is public; confirm it with the post."""

    kind: Annotated[int, Field(ge=0, le=255)] = 18
    """Kind of franking (Frankierart); 18 is DV-Freimachung."""
    price_version: Annotated[int, Field(ge=0, le=255)]
    """Version of products and prices."""
    customer: Annotated[str, Field(pattern=r"^[0-9]{10}$")]
    """Customer number (EKP), ten digits."""
    value_cents: Annotated[int, Field(ge=0, le=65_535)]
    """Value of the franking, euro cents."""
    product: Annotated[int, Field(ge=0, le=65_535)]
    """Product key."""
    participation: Annotated[int, Field(ge=0, le=255)]
    """Participation number (Teilnahmenummer)."""
    statement: Annotated[int, Field(ge=0, le=65_535)]
    """Number of the posting list (Entgeltabrechnungsnummer)."""
    announced: Annotated[int, Field(ge=0, le=255)] = 0
    """What the data element announces (Ankündigung)."""
    size: Literal[28, 42] = 42
    """Bytes: 28 in 22 x 22 modules (version 1.3), 42 in 26 x 26 (1.5)."""
    content: Name | None = None
    """Column with the sender's own content, up to 5 or 19 characters of Latin-1."""
    module: LengthMpt = 1_417
    """Width of a module; 0.5 mm is our choice."""


def post_fault(barcode: str, own: Mapping[str, Model | None]) -> str:
    """Say what is wrong between the chosen code and the settings that are there; empty where nothing is."""
    needed = {"mailmark_c": "mailmark", "mailmark_l": "mailmark"}.get(barcode, barcode)
    for name, settings in own.items():
        if name == needed and settings is None:
            return f"barcode {barcode} needs the settings {name}"
        if name != needed and settings is not None:
            return f"the settings {name} are those of another barcode than {barcode}"
    mailmark = own.get("mailmark")
    if isinstance(mailmark, Mailmark) and len(mailmark.supply_chain) != (2 if barcode == "mailmark_c" else 6):
        return f"{barcode} has a supply_chain of {2 if barcode == 'mailmark_c' else 6} digits"
    auspost = own.get("auspost")
    if isinstance(auspost, AustraliaPost) and (auspost.information is not None) != (
        auspost.control in ("59", "62")
    ):
        return "auspost has information with control 59 and 62, and with no other"
    return ""
