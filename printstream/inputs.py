"""What is read, as settings of a job: tables, rules, document types.

In: the parts of a job file below ``input``, ``rules`` and ``types``. Out: models. Never: reads data, decides.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from printstream.base.model import Model, Name, RelativePath, Slug

MOST_TYPES = 16
"""Most document types of a job."""


class DocumentsInput(Model):
    """The documents table: a row a letter."""

    files: tuple[RelativePath, ...] = Field(min_length=1)
    """Parquet files, globs or folders, relative to the input folder; read in sorted order."""
    key: Name
    """Column that identifies the document; unique and never null."""
    money: Name | None = None
    """Column with the document's amount (integer cents or a decimal with two places); balanced in and out."""
    type: Name | None = None
    """Column that says of which type a document is, where several of the job's types share this table."""


class DetailsInput(Model):
    """The detail table: a row a line of a document."""

    files: tuple[RelativePath, ...] = Field(min_length=1)
    """Parquet files, globs or folders, relative to the input folder; read in sorted order."""
    key: Name
    """Column that holds the key of the document which the line belongs to."""
    group: Name | None = None
    """Column whose change starts a new group of lines (an order, an account)."""
    order_by: tuple[Name, ...] = ()
    """Whole-number or date columns by which a document's lines are sorted; empty keeps the input's order."""
    money: Name | None = None
    """Column with the line's amount; the lines of a document must add up to its own amount."""


class RejectLimit(Model):
    """How many rejects are too many: the run stops with exit code 4 beyond either."""

    share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.01")
    """Largest share of rejected documents."""
    count: Annotated[int, Field(ge=0)] | None = None
    """Largest number of rejected documents and lines; no limit where absent."""


class InputSettings(Model):
    """What is read."""

    documents: DocumentsInput
    """The documents table."""
    details: DetailsInput | None = None
    """The detail table, if the letter has one."""
    reject_limit: RejectLimit = RejectLimit.preset()
    """How many rejects end the run."""
    max_amount: Annotated[Decimal, Field(gt=0)] = Decimal(100_000_000)
    """Amounts beyond this, either sign, are rejected as absurd (currency units)."""


class Rules(Model):
    """Derived fields and decisions, as SQL expressions over the document's columns (polars SQL)."""

    derive: dict[Name, str] = Field(default_factory=dict)
    """New columns: name and SQL expression, evaluated in order; each sees the ones before it."""
    channel: str | None = None
    """SQL expression that gives 'print', 'digital' or 'suppress' a document; all are printed where absent."""


class DocumentType(Model):
    """A type of document: a template over documents of its own."""

    name: Slug
    """Name of the type, in the manifest and the report."""
    template: RelativePath
    """Its template, relative to the job's folder; all have pages of the same size."""
    documents: DocumentsInput | None = None
    """Its documents table; absent: the job's `input`, of which one type takes all rows, or several take theirs by
    `input.documents.type`."""
    details: DetailsInput | None = None
    """Its detail table, beside documents of its own; types that read the job's `input` share that one's."""
    value: str | None = None
    """What `input.documents.type` holds for it; its name where absent."""
    match: Name | None = None
    """Column whose value documents of different types must share to lie in one envelope; the key where absent."""
    address_of: Slug | None = None
    """Type whose document with the same match gives this one its address; this table then needs none."""
    missing: Literal["reject", "allow", "stop"] = "reject"
    """Where a match has no document of this type to print: reject lets the other documents of the match leave as rejects,
    allow prints them without it, stop ends the run with exit code 4."""
    rules: Rules | None = None
    """Its derived fields and decisions; those of the job where absent."""


def types_fault(types: Sequence[DocumentType], settings: InputSettings) -> str | None:
    """Say what is wrong with a job's types; None where nothing is."""
    if not types:
        return "input.documents.type is for jobs of several types" if settings.documents.type else None
    if not 2 <= len(types) <= MOST_TYPES or len({t.name for t in types}) != len(types):
        return f"types are 2 to {MOST_TYPES} of different names"
    sharing = [t for t in types if t.documents is None]
    if not sharing:
        return "a type reads the job's input: leave the documents of one type away, and name them there"
    if len(sharing) > 1 and settings.documents.type is None:
        return "several types without documents share the job's input, so it needs input.documents.type"
    if len({t.value or t.name for t in sharing}) != len(sharing):
        return "types that share the job's input have different values"
    return next((fault for t in types if (fault := _type_fault(t, types))), None)


def _type_fault(own: DocumentType, types: Sequence[DocumentType]) -> str | None:
    if own.documents is None:
        for setting in ("details", "address_of"):
            if getattr(own, setting) is not None:
                return f"type {own.name}: {setting} needs documents of its own"
        return None
    if own.documents.type is not None or own.value is not None:
        return f"type {own.name}: a documents table of its own holds this type only, so it takes no type or value"
    givers = [t.name for t in types if t.address_of is None]
    if own.address_of is not None and own.address_of not in givers:
        return f"type {own.name}: address_of names no type with addresses ({', '.join(givers)})"
    return None
