"""The Arlington PDF model as a judge: entries of dictionaries, their types, which are required, which are indirect.

A walker over its tables (tests/data/arlington); conditions it cannot work out (fn:Eval, fn:IsRequired) it leaves alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

TABLES = Path(__file__).parents[1] / "data" / "arlington"
_KINDS: dict[str, tuple[type, ...]] = {
    "array": (Array,),
    "boolean": (bool,),
    "date": (String,),
    "dictionary": (Dictionary,),
    "integer": (int,),
    "name": (Name,),
    "number": (int, Decimal),
    "stream": (Stream,),
    "string": (String,),
    "string-byte": (String,),
    "string-text": (String,),
}


@cache
def table(name: str) -> dict[str, dict[str, str]]:
    """Rows by key; empty where we do not hold the table."""
    path = TABLES / f"{name}.tsv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8") as file:
        return {row["Key"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def faults(item: Any, name: str) -> Iterator[str]:
    """What the table says against an object and all that it leads to."""
    rows = table(name)
    assert rows, name
    if isinstance(item, Array):
        for value in item:
            yield from _value_faults(value, rows["*"], f"{name}[]")
        return
    entries = item.stream_dict if isinstance(item, Stream) else item
    for key, row in rows.items():
        if row["Required"] == "TRUE" and f"/{key}" not in entries:
            yield f"{name} lacks {key}"
    for key, value in entries.items():
        row = rows.get(key[1:], rows.get("*"))
        if row is None:
            yield f"{name} knows no {key}"
        else:
            yield from _value_faults(value, row, f"{name}{key}")


def _value_faults(value: Any, row: dict[str, str], where: str) -> Iterator[str]:
    kinds = row["Type"].split(";")
    fit = [k for k, kind in enumerate(kinds) if isinstance(value, _KINDS[kind])]
    if not fit or (isinstance(value, bool) and "boolean" not in kinds):
        yield f"{where} is a {type(value).__name__}, not a {row['Type']}"
        return
    indirect = isinstance(value, pikepdf.Object) and value.is_indirect
    if row["IndirectReference"] == "TRUE" and not indirect:
        yield f"{where} must be indirect"
    allowed = row["PossibleValues"].strip("[]")
    if isinstance(value, Name) and allowed and "fn:" not in allowed and ";" not in allowed:
        names = allowed.split(",")
        if "*" not in names and str(value)[1:] not in names:
            yield f"{where} is {value}, not one of {allowed}"
    links = row["Link"].split(";")
    link = links[fit[0]].strip("[]") if fit[0] < len(links) else ""
    if link and "," not in link and table(link) and row["Key"] not in ("Parent", "Start", "End"):
        yield from faults(value, link)
