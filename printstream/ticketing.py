"""What a job says of its job tickets.

In: the part of a job file below ``ticket``. Out: a model. Never: reads data, decides.
"""

from typing import Annotated, Literal

from pydantic import Field

from printstream.base.model import Model

ProductId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]


class JobTicket(Model):
    """A job ticket beside each print file, for presses, cutters and inserters (docs/tickets.md)."""

    format: Literal["xjdf"] = "xjdf"
    """CIP4's Exchange Job Definition Format."""
    version: Literal["2.1", "2.2"] = "2.2"
    """Version of the format that the shop's system reads."""
    job_id: ProductId | None = None
    """Number of the job in the shop's system; where absent, the job's name and the run's."""
    stock_id: ProductId | None = None
    """Product number of the paper in the shop's system."""
    envelope_ids: dict[str, ProductId] = Field(default_factory=dict)
    """Product number of the envelope, by name of the stream."""
    insert_ids: dict[str, ProductId] = Field(default_factory=dict)
    """Product number of an insert, by its name."""
