"""What the post needs to know, as settings of a job: its code, serial numbers, papers.

In: the part of a job file below ``mailing``. Out: models. Never: makes a code or a paper.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.base.model import LabelLine, Model
from printstream.mailer import MailDat, MailerId, Papers, Placards, TrayLabels, maildat_fault
from printstream.postal import (
    AustraliaPost,
    DeutschePost,
    JapanPost,
    Kix,
    Mailmark,
    Mailmark2d,
    Planet,
    Rm4scc,
    Serials,
    post_fault,
)

POSTS = ("mailmark", "mailmark_2d", "rm4scc", "kix", "auspost", "japanpost", "planet", "dp_datamatrix")
"""Settings of the codes other than the Intelligent Mail barcode, by name in Mailing."""


class Mailing(Model):
    """What the post needs to know."""

    barcode: Literal[
        "imb",
        "mailmark_c",
        "mailmark_l",
        "mailmark_2d",
        "rm4scc",
        "kix",
        "auspost",
        "japanpost",
        "postnet",
        "planet",
        "dp_datamatrix",
        "none",
    ] = "imb"
    """The post's code on every piece; where the template puts it, see the address and postal blocks."""
    barcode_id: Annotated[str, Field(pattern=r"^[0-9][0-4]$")] = "00"
    """IMb barcode identifier, two digits, the second 0 to 4 (USPS-B-3200)."""
    service_type: Annotated[str, Field(pattern=r"^[0-9]{3}$")] = "300"
    """IMb service type identifier (STID), three digits; 300 is First-Class basic automation."""
    mailer_id: MailerId = "123456"
    """IMb mailer identifier: six digits starting 0 to 8, or nine starting 9."""
    first_serial: Annotated[int, Field(ge=0)] = 1
    """Serial, item or consignment number of the first piece, for all codes that have one; counts up in mailing order."""
    serials: Serials | None = None
    """Register of the serial numbers used; without it, every run starts at the first serial."""
    mailmark: Mailmark | None = None
    """Content of mailmark_c and mailmark_l."""
    mailmark_2d: Mailmark2d | None = None
    """Content of mailmark_2d."""
    rm4scc: Rm4scc | None = None
    """Content of rm4scc."""
    kix: Kix | None = None
    """Content of kix."""
    auspost: AustraliaPost | None = None
    """Content of auspost."""
    japanpost: JapanPost | None = None
    """Content of japanpost."""
    planet: Planet | None = None
    """Content of planet; postnet has the address's ZIP, add-on and delivery point."""
    dp_datamatrix: DeutschePost | None = None
    """Content of dp_datamatrix."""
    origin: LabelLine = "NEW YORK NY 100"
    """Line 3 of the tray labels: where the mail is entered."""
    papers: Papers = Papers.preset()
    """Which papers for the post a run makes."""
    tray_labels: TrayLabels = TrayLabels.preset()
    """What tray labels say, and their sheets."""
    placards: Placards = Placards.preset()
    """What placards of pallets and other containers say besides."""
    maildat: MailDat | None = None
    """Makes a Mail.dat 25-1 file set; absent: none."""

    @model_validator(mode="after")
    def _one_post(self) -> Self:
        own = {name: getattr(self, name) for name in POSTS}
        registered = self.serials is not None
        fault = post_fault(self.barcode, own) or maildat_fault(
            self.maildat, self.barcode, self.service_type, registered=registered
        )
        if fault:
            raise ValueError(fault)
        return self
