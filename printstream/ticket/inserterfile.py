"""Files that tell the inserter what to do with every sheet or piece of a print file, from declarative layouts.

In: a layout, a spool's records as columns. Out: the file's bytes. Never: a Python object a record; a layout's own rules.
"""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import Field as Setting
from pydantic import model_validator

from printstream.base.errors import JobError
from printstream.base.model import Model, Name, Slug
from printstream.base.yamlfile import load_model

_WHERE = "job.inserter.files"


class FileField(Model):
    """One field of a record."""

    name: Annotated[str, Setting(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=64)]
    """Name: the column of a CSV file, the attribute of an XML file."""
    value: Name | None = None
    """Column that it shows (docs/inserters.md lists them)."""
    text: str | None = None
    """Fixed text, instead of value."""
    bits: Annotated[tuple[Name, ...], Setting(min_length=1, max_length=32)] | None = None
    """Columns that are true or not, as digits 0 and 1 one behind the other, instead of value."""
    values: dict[str, str] = Setting(default_factory=dict)
    """What stands for a value: such as "true": Y; other values stay."""
    width: Annotated[int, Setting(ge=1, le=400)] | None = None
    """Characters; needed in fixed files, filled up in others where given."""
    align: Literal["left", "right"] = "left"
    """Where the value stands in its width."""
    pad: Annotated[str, Setting(pattern=r"^[ -~]$")] = " "
    """Character that fills the width."""
    too_long: Literal["refuse", "cut"] = "refuse"
    """What becomes of a value longer than its width; cut keeps the beginning."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.value, self.text, self.bits)) != 1:
            msg = "a field has one of value, text and bits"
            raise ValueError(msg)
        return self


class FileLayout(Model):
    """A file beside each print file."""

    format: Literal["printstream-inserter-file/1"]
    """Version of this file's form."""
    name: Slug
    """Name by which jobs choose it."""
    title: str
    """What it is."""
    form: Literal["fixed", "csv", "xml"]
    """Fixed-length records, separated values, or XML with an element a record."""
    record: Literal["sheet", "piece"]
    """A record a sheet, in the order in which the inserter meets them, or a piece."""
    suffix: Annotated[str, Setting(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    """The file of spool 7 is inserter/0007.SUFFIX."""
    encoding: Literal["ascii", "latin-1", "utf-8"] = "ascii"
    """Encoding; a character that it lacks is refused."""
    newline: Literal["lf", "crlf"] = "crlf"
    """End of a record."""
    separator: Annotated[str, Setting(pattern=r"^[,;|\t]$")] = ","
    """Between the values of a CSV file."""
    names: bool = True
    """Whether a CSV file begins with the fields' names."""
    element: Annotated[str, Setting(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")] = "record"
    """Element of a record in an XML file."""
    root: Annotated[str, Setting(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")] = "records"
    """Root of an XML file; has the header's fields as attributes."""
    header: tuple[FileField, ...] = ()
    """A first record about the whole spool."""
    fields: tuple[FileField, ...] = Setting(min_length=1)
    """The fields of a record, in order."""
    trailer: tuple[FileField, ...] = ()
    """A last record about the whole spool."""

    @model_validator(mode="after")
    def _widths(self) -> Self:
        for field in (*self.header, *self.fields, *self.trailer):
            if self.form == "fixed" and field.width is None:
                msg = f"field {field.name!r} of a fixed file needs a width"
                raise ValueError(msg)
        if self.form == "xml" and self.trailer:
            msg = "an XML file has no trailer"
            raise ValueError(msg)
        return self


def shipped_layouts() -> dict[str, Path]:
    """Files of the shipped layouts by name."""
    folder = Path(str(resources.files("printstream.ticket") / "inserter_files"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_layout(name: str) -> FileLayout:
    """Load a shipped layout by name.

    Raises:
        JobError: when there is none.
    """
    files = shipped_layouts()
    if name not in files:
        msg = f"there is no inserter file {name!r}"
        raise JobError(msg, where=_WHERE, next_step=f"Known are: {', '.join(files)}")
    return load_model(files[name], FileLayout)


def check_layout(layout: FileLayout, columns: set[str], spool_columns: set[str]) -> None:
    """Refuse a layout that shows a column which a record does not have.

    Raises:
        JobError: naming the field.
    """
    parts = ((layout.header, spool_columns), (layout.fields, columns), (layout.trailer, spool_columns))
    for fields, known in parts:
        for field in fields:
            for name in field.bits or ((field.value,) if field.value else ()):
                if name not in known:
                    msg = f"field {field.name!r} of {layout.name!r} shows {name!r}, which is no column"
                    raise JobError(msg, where=_WHERE, next_step=f"Known are: {', '.join(sorted(known))}")


def file_bytes(layout: FileLayout, records: pl.DataFrame, spool: Mapping[str, Any]) -> bytes:
    """The file of one spool.

    Args:
        layout: its form.
        records: a row a record.
        spool: what header and trailer show.

    Raises:
        JobError: when a value is longer than its field, or has a character that the encoding lacks.
    """
    about = pl.DataFrame({name: [value] for name, value in spool.items()})
    lines = _lines(layout, layout.fields, records, f"<{layout.element}", "/>")
    if layout.form == "xml":
        from xml.sax.saxutils import quoteattr  # which imports all that fetches pages from the web

        header = _values(layout, layout.header, about)
        attributes = "".join(
            f" {f.name}={quoteattr(v[0])}" for f, v in zip(layout.header, header, strict=True)
        )
        first = [f'<?xml version="1.0" encoding="{layout.encoding}"?>', f"<{layout.root}{attributes}>"]
        last = [f"</{layout.root}>"]
    else:
        first = _lines(layout, layout.header, about).to_list() if layout.header else []
        if layout.form == "csv" and layout.names:
            first.append(layout.separator.join(field.name for field in layout.fields))
        last = _lines(layout, layout.trailer, about).to_list() if layout.trailer else []
    end = "\n" if layout.newline == "lf" else "\r\n"
    body = [lines.str.join(end).item()] if len(lines) else []
    try:
        return "".join(part + end for part in (*first, *body, *last)).encode(layout.encoding)
    except UnicodeEncodeError as error:
        msg = f"a value has a character that {layout.encoding} lacks (U+{ord(error.object[error.start]):04X})"
        raise JobError(msg, where=f"{_WHERE}: {layout.name}", next_step="Choose another encoding") from error


def _values(layout: FileLayout, fields: tuple[FileField, ...], records: pl.DataFrame) -> list[pl.Series]:
    """Each field's values as text, filled up to its width."""
    shown = records.select(_shown(field).alias(str(k)) for k, field in enumerate(fields))
    for k, field in enumerate(fields):
        longest = shown[str(k)].str.len_chars().max()
        if field.width is not None and isinstance(longest, int) and longest > field.width:
            if field.too_long == "refuse":
                msg = f"field {field.name!r} of {layout.name!r} has {field.width} characters, a value has {longest}"
                raise JobError(msg, where=_WHERE, next_step="Widen the field, or say too_long: cut")
            shown = shown.with_columns(pl.col(str(k)).str.slice(0, field.width))
        if field.width is not None:
            text = pl.col(str(k)).str
            pad = text.pad_end if field.align == "left" else text.pad_start
            shown = shown.with_columns(pad(field.width, field.pad))
    return shown.get_columns()


def _shown(field: FileField) -> pl.Expr:
    if field.text is not None:
        return pl.repeat(field.text, pl.len())
    if field.bits is not None:
        return pl.concat_str(pl.col(name).cast(pl.UInt8).cast(pl.String) for name in field.bits)
    text = pl.col(field.value or "").cast(pl.String).fill_null("")
    return text.replace(field.values) if field.values else text


def _lines(
    layout: FileLayout, fields: tuple[FileField, ...], records: pl.DataFrame, begin: str = "", end: str = ""
) -> pl.Series:
    """Each record as a line."""
    frame = pl.DataFrame([column.alias(str(k)) for k, column in enumerate(_values(layout, fields, records))])
    columns = [pl.col(name) for name in frame.columns]
    if layout.form == "fixed":
        return frame.select(pl.concat_str(columns).alias("line"))["line"]
    if layout.form == "csv":
        quoted = [_quoted(column, layout.separator) for column in columns]
        return frame.select(pl.concat_str(quoted, separator=layout.separator).alias("line"))["line"]
    parts: list[pl.Expr] = [pl.lit(begin)]
    for field, column in zip(fields, columns, strict=True):
        parts += [pl.lit(f' {field.name}="'), _escaped(column), pl.lit('"')]
    return frame.select(pl.concat_str([*parts, pl.lit(end)]).alias("line"))["line"]


def _quoted(column: pl.Expr, separator: str) -> pl.Expr:
    """RFC 4180, 2: a field with a separator, a quote or the end of a line stands in quotes, which are doubled."""
    needs = column.str.contains_any([separator, '"', "\r", "\n"])
    inside = column.str.replace_all('"', '""', literal=True)
    return pl.when(needs).then(pl.concat_str(pl.lit('"'), inside, pl.lit('"'))).otherwise(column)


def _escaped(column: pl.Expr) -> pl.Expr:
    """XML 1.0, 2.4 and 3.3.3: white space of attributes must be written as references to stay what it is."""
    for plain, written in (
        ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\t", "&#9;"), ("\n", "&#10;"), ("\r", "&#13;"),
    ):  # fmt: skip
        column = column.str.replace_all(plain, written, literal=True)
    return column
