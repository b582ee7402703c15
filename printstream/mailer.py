"""What the post's papers need to know besides the mail: who mails, who pays, where it is entered, what labels say.

In: the part of a job file below ``mailing``. Out: models. Never: guesses a number that a post gives out.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.base.model import LengthMpt, Model

MailerId = Annotated[str, Field(pattern=r"^([0-8][0-9]{5}|9[0-9]{8})$")]
Crid = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
Zip9 = Annotated[str, Field(pattern=r"^[0-9]{9}$")]
Line = Annotated[str, Field(pattern=r"^[ -~]+$", max_length=30)]
"""A line of plain ASCII, as the post's fixed records take it."""
Count = Annotated[int, Field(ge=1)]


class TrayLabels(Model):
    """Tray labels: what their barcode says, and the sheets they are printed on."""

    mailer_id: MailerId | None = None
    """Mailer identifier in the 24-digit Intelligent Mail tray barcode; that of the pieces where absent."""
    first_serial: Annotated[int, Field(ge=0)] = 1
    """Serial number of the first tray; counts up in mailing order. A register, where there is one, goes before it."""
    label_source: Annotated[str, Field(pattern=r"^[0-9]$")] = "1"
    """Digit behind the content number in the tray barcode (processing code), as in the example of USPS-L-3216."""
    label_type: Annotated[str, Field(pattern=r"^[0-9]$")] = "1"
    """Last digit of the tray barcode, as in the example of USPS-L-3216."""
    width: LengthMpt = 238_500
    """Width of a label; 3.3125in is our choice for the post's holders, see docs/papers.md."""
    height: LengthMpt = 135_000
    """Height of a label; 1.875in is our choice for the post's holders, see docs/papers.md."""
    columns: Count = 2
    """Labels side by side on a sheet."""
    rows: Count = 5
    """Labels one below the other on a sheet."""
    sheet_width: LengthMpt = 612_000
    """Width of the sheet that labels are printed on."""
    sheet_height: LengthMpt = 792_000
    """Height of the sheet that labels are printed on."""
    order: Literal["stacked", "rows"] = "stacked"
    """stacked: cut the pile, lay the stacks one on the other, and labels run in tray order; rows: they do on each sheet."""

    @model_validator(mode="after")
    def _labels_fit(self) -> Self:
        if self.width < 216_000 or self.height < 126_000:
            msg = "a tray label is at least 3in wide and 1.75in high, or its barcode has no room"
            raise ValueError(msg)
        if self.columns * self.width > self.sheet_width or self.rows * self.height > self.sheet_height:
            msg = "the labels do not fit on their sheet: fewer columns or rows, or a larger sheet"
            raise ValueError(msg)
        return self


class Placards(Model):
    """Placards of pallets and other containers: what their barcode says, where the scheme has one."""

    mailer_id: MailerId | None = None
    """Mailer identifier in the Intelligent Mail container barcode; that of the tray labels where absent."""
    first_serial: Annotated[int, Field(ge=0)] = 1
    """Serial number of the first container; counts up. A register, where there is one, goes before it."""


class Party(Model):
    """A firm, by the numbers that the USPS gave it."""

    name: Line
    """Name of the firm."""
    crid: Crid
    """Customer registration identifier (CRID)."""
    mailer_id: MailerId
    """Mailer identifier."""


class Contact(Model):
    """Whom the post calls about the files."""

    name: Line
    """Name of the person."""
    phone: Annotated[str, Field(pattern=r"^[0-9]{10}$")]
    """Telephone number, ten digits."""
    email: Annotated[str, Field(pattern=r"^[!-~]+@[!-~]+$", max_length=60)]
    """Address for electronic mail."""


class Permit(Model):
    """How postage is paid."""

    number: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,7}$")]
    """Permit imprint number, without leading zeros."""
    zip9: Zip9
    """ZIP+4 of the post office that issued it, nine digits."""


class Entry(Model):
    """Where the mail is handed over."""

    zip9: Zip9
    """ZIP+4 of the place where the post takes the mail, nine digits."""
    facility: Literal["A", "B", "C", "D", "E", "H", "J", "K", "L", "N", "O", "OT", "Q", "R", "S", "T"] = "O"
    """Kind of facility (Mail.dat field CSM-1106): O origin, N not determined, C origin SCF, E origin delivery unit."""
    verification_name: Line | None = None
    """Name of the facility where the mailing is verified."""
    verification_zip9: Zip9 | None = None
    """ZIP+4 of the office where the postage statement is made final; that of the permit where absent."""


class AddressDates(Model):
    """When the addresses were last brought up to date."""

    coding: date
    """Date of the address matching (CASS) for automation prices."""
    carrier_route: date | None = None
    """Date of the carrier route coding; unknown where absent."""
    lot: date | None = None
    """Date of the line-of-travel database; unknown where absent."""
    city_state: date | None = None
    """Date of the City State Product by which the mail was sorted; unknown where absent."""
    move_update: date
    """Oldest date on which an address was brought in line with Move Update."""
    move_update_method: Literal["0", "1", "2", "4", "5", "6", "7", "8"]
    """How (Mail.dat field SEG-1147): 1 ACS, 2 NCOALink, 4 mailer's own, 5 endorsements, 6 several, 8 OneCode ACS."""


class MailDat(Model):
    """A Mail.dat 25-1 file set for the presorted automation letters of the run."""

    job_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}$")]
    """Job ID of the file set; never used twice under one license code."""
    license_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$")]
    """User license code from DTAC, four characters."""
    service: Literal["full", "basic"]
    """full: full-service automation, unique piece and tray barcodes; basic: basic automation."""
    pieces: Literal["pbc", "pdr"] = "pbc"
    """How each piece is listed: pbc, its barcode only; pdr, the piece detail record."""
    owner: Party
    """Whose mail it is."""
    preparer: Party | None = None
    """Mailing agent; the owner where absent."""
    contact: Contact
    """Whom the post calls."""
    permit: Permit
    """How postage is paid."""
    entry: Entry
    """Where the mail is handed over."""
    addresses: AddressDates
    """When the addresses were last brought up to date."""
    statement: Annotated[int, Field(ge=1, le=9_999_999)] = 1
    """Sequence number of the first postage statement; each stream has one, counting up."""
    mailing_date: date | None = None
    """Day on which postage is paid; the production date where absent."""
    prepared_at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "00:00"
    """Time of day in the header; a setting, because a run reads no clock."""
    weight_status: Literal["P", "F"] = "P"
    """Whether the calculated weight of pieces is pending (P) or final (F)."""

    @property
    def agent(self) -> Party:
        """Who prepares the mail."""
        return self.preparer or self.owner


class Papers(Model):
    """Which papers for the post a run makes besides manifest and report."""

    tray_labels: bool = True
    """Tray labels to print and cut, and the label file, where the mail lies in trays."""
    placards: bool = True
    """Placards of pallets and other containers, and their list, where streams travel in them."""
    summary: bool = True
    """Postage statement summary and qualification report."""
    piece_list: bool = False
    """The manifest of pieces as CSV, too."""
    emanifest: bool = True
    """A list of items for Royal Mail's eManifest, where the code is a Mailmark."""


def maildat_fault(maildat: MailDat | None, barcode: str, service_type: str, *, registered: bool) -> str:
    """Say what is missing for a Mail.dat; empty where nothing is."""
    if maildat is None:
        return ""
    if barcode != "imb":
        return "maildat needs barcode imb: each piece is listed by its Intelligent Mail barcode"
    if maildat.service == "full" and service_type == "300":
        return "service_type 300 is basic automation; give the full-service one, or maildat service: basic"
    if maildat.service == "full" and not registered:
        return "full service needs serials: a register, so that no piece or tray barcode comes again within 45 days"
    return ""
