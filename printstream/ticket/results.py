"""What an inserter reports of its work, by a declarative layout, and what became of every piece.

In: a result file, a layout, the pieces of the run. Out: a state for each piece. Never: believes a piece done that the
machine did not report.
"""

import io
import xml.etree.ElementTree as ET
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

import polars as pl
from pydantic import Field as Setting
from pydantic import model_validator

from printstream.base.errors import InputError, JobError
from printstream.base.model import Model, Slug
from printstream.base.yamlfile import load_model

DONE, DIVERTED, SPOILED = "done", "diverted", "spoiled"
REPORTED = (DONE, DIVERTED, SPOILED)
"""What a machine says of a piece: in its envelope; whole, but put aside; not whole."""
UNKNOWN, MISSING, DOUBLED, STRANGE = "unknown", "missing", "doubled", "strange"
STATES = (*REPORTED, UNKNOWN, MISSING, DOUBLED, STRANGE)
"""Besides those: a word that the layout does not know; no report; done more than once; a piece that is not of the run."""
_MOST_BYTES = 2 << 30


class ResultField(Model):
    """Where a value stands in a record."""

    column: str | int | None = None
    """CSV: name, or number from 1; XML: attribute or child element."""
    at: Annotated[int, Setting(ge=1)] | None = None
    """Fixed: first character, from 1."""
    width: Annotated[int, Setting(ge=1)] | None = None
    """Fixed: characters."""


class ResultLayout(Model):
    """A machine's result file."""

    format: Literal["printstream-inserter-results/1"]
    """Version of this file's form."""
    name: Slug
    """Name by which it is chosen."""
    title: str
    """What it is."""
    form: Literal["fixed", "csv", "xml"]
    """Fixed-length records, separated values, or XML with an element a record."""
    encoding: Literal["ascii", "latin-1", "utf-8"] = "utf-8"
    """Encoding."""
    separator: Annotated[str, Setting(pattern=r"^[,;|\t]$")] = ","
    """Between the values of a CSV file."""
    names: bool = True
    """Whether a CSV file begins with the fields' names."""
    starts: str | None = None
    """Fixed: only lines that begin so are records."""
    element: str = "record"
    """Element of a record in an XML file."""
    piece: ResultField
    """The piece's number."""
    state: ResultField
    """What became of it."""
    states: dict[str, Literal["done", "diverted", "spoiled"]] = Setting(min_length=1)
    """The machine's words; any other is unknown."""

    @model_validator(mode="after")
    def _fields(self) -> Self:
        for field in (self.piece, self.state):
            if self.form == "fixed" and (field.at is None or field.width is None):
                msg = "the fields of a fixed file have at and width"
                raise ValueError(msg)
            if self.form != "fixed" and field.column is None:
                msg = "the fields of this file have a column"
                raise ValueError(msg)
        return self


def shipped_results() -> dict[str, Path]:
    """Files of the shipped layouts by name."""
    folder = Path(str(resources.files("printstream.ticket") / "inserter_results"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_results_layout(name: str) -> ResultLayout:
    """Load a layout: a shipped one by name, else a file.

    Raises:
        JobError: when there is none, or it is wrong.
    """
    files = shipped_results()
    path = files.get(name, Path(name))
    if not path.is_file():
        msg = f"there is no layout of result files {name!r}"
        next_step = f"Known are: {', '.join(files)}; or name a file"
        raise JobError(msg, where="--layout", next_step=next_step)
    return load_model(path, ResultLayout)


def read_results(path: Path, layout: ResultLayout) -> pl.DataFrame:
    """Read a result file.

    Returns:
        a row a record: ``piece_id`` (null where it is no number), ``state`` (of REPORTED, or unknown).

    Raises:
        InputError: when the file cannot be read by this layout.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            what = "the result file is larger than 2 GiB"
            raise InputError(what, where=str(path), next_step="Give one file at a time")
        text = path.read_bytes().decode(layout.encoding)
        frame = {"csv": _csv, "fixed": _fixed, "xml": _xml}[layout.form](text, layout)
    except OSError as error:
        what = f"the result file cannot be read: {error.strerror}"
        raise InputError(what, where=str(path), next_step="Name the machine's file with --results") from error
    except (UnicodeDecodeError, pl.exceptions.PolarsError, ET.ParseError) as error:
        what = f"the result file does not have the form of layout {layout.name!r}"
        raise InputError(
            what, where=str(path), next_step="Choose the machine's layout with --layout"
        ) from error
    number = pl.col("piece").str.strip_chars()
    state = (
        pl.col("state")
        .str.strip_chars()
        .replace_strict(layout.states, default=UNKNOWN, return_dtype=pl.String)
    )
    return frame.select(
        pl.when(number.str.contains(r"^[0-9]{1,10}$"))
        .then(number)
        .cast(pl.Int64, strict=False)
        .alias("piece_id"),
        state.alias("state"),
    )


def _csv(text: str, layout: ResultLayout) -> pl.DataFrame:
    frame = pl.read_csv(
        io.BytesIO(text.encode()), separator=layout.separator, has_header=layout.names, infer_schema=False
    )

    def pick(field: ResultField) -> pl.Series:
        column = field.column
        name = (
            frame.columns[column - 1]
            if isinstance(column, int) and 0 < column <= frame.width
            else str(column)
        )
        return frame.get_column(name).fill_null("")

    return pl.DataFrame({"piece": pick(layout.piece), "state": pick(layout.state)})


def _fixed(text: str, layout: ResultLayout) -> pl.DataFrame:
    lines = pl.DataFrame({"line": text.splitlines()}, schema={"line": pl.String})
    if layout.starts is not None:
        lines = lines.filter(pl.col("line").str.starts_with(layout.starts))
    line = pl.col("line").str
    return lines.select(
        *(
            line.slice((field.at or 1) - 1, field.width).alias(name)
            for name, field in (("piece", layout.piece), ("state", layout.state))
        )
    )


def _xml(text: str, layout: ResultLayout) -> pl.DataFrame:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        what = "the file declares entities"
        raise ET.ParseError(what)
    rows: dict[str, list[str]] = {"piece": [], "state": []}
    for record in ET.fromstring(text).iter(layout.element):
        for name, field in (("piece", layout.piece), ("state", layout.state)):
            column = str(field.column)
            rows[name].append(record.attrib.get(column) or record.findtext(column) or "")
    return pl.DataFrame(rows, schema={"piece": pl.String, "state": pl.String})


def reconcile_pieces(pieces: pl.Series, results: pl.DataFrame) -> pl.DataFrame:
    """Say what became of every piece, and of what the machine reports besides.

    A piece is done when it was reported done once, whatever happened before; doubled when that was more often, for then
    two envelopes have its number. Diverted, spoiled, unknown follow in this order; without any record it is missing.

    Args:
        pieces: numbers of the run's pieces.
        results: see ``read_results``; of several files one behind the other.

    Returns:
        a row a piece in the order of ``pieces``: ``piece_id``, ``state`` (of STATES), ``records``; then strange ones.
    """
    count = results.group_by("piece_id").agg(
        pl.len().alias("records"),
        *((pl.col("state") == state).sum().alias(state) for state in (*REPORTED, UNKNOWN)),
    )
    own = pl.DataFrame({"piece_id": pieces.cast(pl.Int64).unique(maintain_order=True)})
    state = (
        pl.when(pl.col("records").is_null()).then(pl.lit(MISSING))
        .when(pl.col(DONE) > 1).then(pl.lit(DOUBLED))
        .when(pl.col(DONE) == 1).then(pl.lit(DONE))
        .when(pl.col(DIVERTED) > 0).then(pl.lit(DIVERTED))
        .when(pl.col(SPOILED) > 0).then(pl.lit(SPOILED))
        .otherwise(pl.lit(UNKNOWN))
    )  # fmt: skip
    known = own.join(count, on="piece_id", how="left", maintain_order="left").select(
        "piece_id", state.alias("state"), pl.col("records").fill_null(0).cast(pl.Int64)
    )
    others = count.join(own, on="piece_id", how="anti", nulls_equal=True).sort("piece_id", nulls_last=True)
    strange = others.select("piece_id", pl.lit(STRANGE).alias("state"), pl.col("records").cast(pl.Int64))
    return pl.concat([known, strange])
