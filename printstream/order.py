"""The work order: a job with its template and its inserter's marks, and what its input must have; known before data.

In: the job's folder, the input's footers. Out: ``WorkOrder``, ``Source``. Never: reads a row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from pathlib import Path

from printstream import address, ingest, layout, marks, presort, rules
from printstream.arrange import spool_columns
from printstream.base.addressplace import AddressPlace
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.postcodes import CodeForms
from printstream.base.program import SheetMarks
from printstream.base.yamlfile import load_model
from printstream.job import Job


@frozen
class WorkOrder:
    """A job with its template and its inserter's marks: all that is known before data.

    Attributes:
        job, job_dir: the work order and its folder.
        template: how a document looks.
        marks: what every sheet carries for the inserter.
        wanted, codes: the template's fields; what postal codes look like, where the job names their form.
        types: of a job with several types: the order of each as if it were a job of its own; ``template`` and ``wanted``
            are those of the first.
        fonts: the job's own font files, by path.
    """

    job: Job
    job_dir: Path
    template: layout.Template
    marks: SheetMarks
    wanted: layout.Wanted
    codes: CodeForms | None = None
    types: tuple[WorkOrder, ...] = ()
    fonts: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def address_place(self) -> AddressPlace | None:
        """Where the template prints the address."""
        return layout.address_place(self.template, self.marks.postal, self.fonts)


@frozen
class Source:
    """The input's columns: names and types, and which of them are read."""

    documents: Mapping[str, str]
    lines: Mapping[str, str]
    read_documents: frozenset[str]
    read_lines: frozenset[str]


def read_order(job_dir: Path) -> WorkOrder:
    """Load and check a job with its template and profile; touches no data.

    Raises:
        JobError: with the place.
    """
    job = address.with_diverted(load_model(job_dir / "job.yaml", Job))
    if job.types:
        from printstream import typedorder

        order = typedorder.order_of_types(job, job_dir)
    else:
        order = order_of(job, job_dir)
    presort.check_streams(job, job_dir)
    return order


def order_of(job: Job, job_dir: Path, *, leads: bool = True) -> WorkOrder:
    """Load and check the template and the profile of a job of one type.

    Args:
        job: the job.
        job_dir: its folder.
        leads: whether its documents may lie on top in their envelopes.

    Raises:
        JobError: with the place.
    """
    template = load_model(job_dir / job.template, layout.Template)
    if (template.width, template.height) != (job.stock.width, job.stock.height):
        msg = f"the template's page is not the size of the stock {job.stock.name!r}"
        raise JobError(msg, where=job.template, next_step="Give both the same width and height")
    sheet_marks = marks.sheet_marks(job, job_dir)
    layout.check_postal(template, sheet_marks.postal, leads=leads)
    layout.check_clear_zones(template, sheet_marks)
    fonts = _own_fonts(template, job_dir)
    layout.check_glyphs(template, fonts)
    wanted, codes = layout.wanted_fields(template), presort.code_forms(job, job_dir)
    order = WorkOrder(job, job_dir, template, sheet_marks, wanted, codes, fonts=fonts)
    address.check_block(order.address_place, job)
    return order


def _own_fonts(template: layout.Template, job_dir: Path) -> dict[str, bytes]:
    """Font files of the job's folder that the template names; most jobs have none."""
    names = layout.font_files(template)
    if not names:
        return {}
    from printstream.fonts.own import read_fonts

    return read_fonts(job_dir, names)


def check_source(
    order: WorkOrder,
    input_dir: ingest.Input,
    brought: Mapping[str, str] | None = None,
    also: Collection[str] = (),
) -> Source:
    """Check that the input has what job and template name, from the files' footers only.

    Args:
        order: a job of one type, or one of several types.
        input_dir: the input.
        brought: columns that documents of another type will give, with their types.
        also: columns that are read where the input has them.

    Raises:
        JobError: when the template names a field that does not exist.
        InputError: when a column is missing or of the wrong type.
    """
    # First what the job itself asks of the input: where that is missing, the delivery is at fault.
    ingest.check_input(order.job, input_dir, (), ())
    documents, lines = ingest.available_columns(order.job, input_dir)
    own = frozenset(documents)
    documents |= brought or {}
    derived = frozenset(order.job.rules.derive) | address.columns_made(order.job)
    layout.missing_fields(order.wanted, {**documents, **dict.fromkeys(derived, "")}, lines)
    own_rows = frozenset(name for name in order.wanted.rows if name in lines)
    used = rules.columns_used(order.job.rules) | marks.postal_columns(order.job)
    used |= rules.enclosing_columns(order.job) | set(spool_columns(order.job))
    used |= address.columns_used(order.job)
    rules.check_columns(order.job.rules, documents)
    rules.check_enclosing(order.job, documents)
    needed = (order.wanted.blocks | (order.wanted.rows - own_rows) | used) - derived
    needed = (needed | (own & set(also))) - set(brought or ())
    ingest.check_input(order.job, input_dir, needed, own_rows)
    return Source(documents, lines, frozenset(needed), own_rows)
