"""What a printer is asked for, and whether it can: a print file's facts as IPP attributes; pure.

In: what a printer must be told, what it says of itself, what the operator wants otherwise. Out: attributes, notes; or the
first thing that the printer does not support. Never: leaves away silently what changes the print.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from printstream.base.errors import DeliveryError, UsageError
from printstream.base.frozen import frozen
from printstream.base.units import MPT_PER_IN
from printstream.delivery import ippcodec as ipp
from printstream.delivery.released import PressJob

PDF = "application/pdf"
PORTRAIT, LANDSCAPE = 3, 4
_HUNDREDTHS_PER_MPT = 2540 / MPT_PER_IN
"""PWG 5100.7, 6.3: sizes in hundredths of a millimetre."""
_TOLERANCE = 50
"""Half a millimetre: sizes of printers are rounded (18 in are 457 mm)."""
_SIZE_NAME = re.compile(r".*_([0-9.]+)x([0-9.]+)(in|mm)")
"""PWG 5101.1, 5.1: a media size name ends with its dimensions."""
_SYNTAX: Mapping[str, int] = {
    "copies": ipp.INTEGER,
    "finishings": ipp.ENUM,
    "ipp-attribute-fidelity": ipp.BOOLEAN,
    "job-account-id": ipp.NAME,
    "job-hold-until": ipp.KEYWORD,
    "job-message-to-operator": ipp.TEXT,
    "job-priority": ipp.INTEGER,
    "job-sheets": ipp.KEYWORD,
    "media": ipp.KEYWORD,
    "orientation-requested": ipp.ENUM,
    "output-bin": ipp.KEYWORD,
    "print-color-mode": ipp.KEYWORD,
    "print-quality": ipp.ENUM,
    "print-scaling": ipp.KEYWORD,
    "sides": ipp.KEYWORD,
}
"""Attributes that an operator may set."""
_OPERATION = frozenset({"ipp-attribute-fidelity"})
_PLAIN: tuple[tuple[str, int, str | int], ...] = (
    ("copies", ipp.INTEGER, 1),
    ("finishings", ipp.ENUM, 3),
    ("imposition-template", ipp.KEYWORD, "none"),
    ("job-sheets", ipp.KEYWORD, "none"),
    ("number-up", ipp.INTEGER, 1),
)
"""What a printer's own defaults must not add: a second copy, a banner sheet, pages side by side."""


@frozen
class Wanted:
    """A job for one printer.

    Attributes:
        operation: operation attributes, but for charset, language and printer.
        job: job template attributes.
        notes: what the printer knows nothing of, for the operator.
    """

    operation: ipp.Attributes
    job: ipp.Attributes
    notes: tuple[str, ...]


def parse_changes(words: list[str]) -> dict[str, str]:
    """Read ``NAME=VALUE`` of the command line; an empty value leaves the attribute out.

    Raises:
        UsageError: when one is not of this form, or no attribute that can be set.
    """
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or name not in _SYNTAX:
            what = f"{word!r} sets no attribute"
            next_step = f"Write NAME=VALUE with one of {', '.join(sorted(_SYNTAX))}"
            raise UsageError(what, where="--attribute", next_step=next_step)
        if name == "copies" and value != "1":
            what = "a mailing is printed once: a second copy would be a second letter"
            raise UsageError(what, where="--attribute", next_step="Leave copies out")
        found[name] = value
    return found


def job_attributes(
    press: PressJob,
    name: str,
    file_name: str,
    file_bytes: int,
    printer: ipp.Attributes,
    changes: Mapping[str, str],
) -> Wanted:
    """Say what a printer is asked for a print file.

    Args:
        press: the print file's facts.
        name: of the job.
        file_name: of the file.
        file_bytes: its length.
        printer: what the printer says of itself.
        changes: what the operator wants otherwise.

    Raises:
        DeliveryError: when the printer does not support something that matters.
        UsageError: when a value of ``changes`` is none of its attribute's.
    """
    _check_printer(printer)
    notes: list[str] = []
    job = {n: ipp.one(tag, v) for n, tag, v in _PLAIN if _supports(printer, n, tag, v)}
    if "sides" not in changes:
        job |= _sides(press, printer)
    if "media" not in changes:
        job |= _media(press, printer, notes)
    if "print-scaling" not in changes:
        job |= _scaling(printer, notes)
    if "orientation-requested" not in changes:
        wanted = LANDSCAPE if press.width_mpt > press.height_mpt else PORTRAIT
        if wanted in _data(printer, "orientation-requested-supported"):
            job["orientation-requested"] = ipp.one(ipp.ENUM, wanted)
    operation: ipp.Attributes = {
        "job-name": ipp.one(ipp.NAME, name),
        "ipp-attribute-fidelity": ipp.one(ipp.BOOLEAN, data=True),
        "document-name": ipp.one(ipp.NAME, file_name),
        "document-format": ipp.one(ipp.MIME_TYPE, PDF),
        **_amounts(press, file_bytes, printer),
    }
    for attribute, text in changes.items():
        group = operation if attribute in _OPERATION else job
        group.pop(attribute, None)
        if text:
            group[attribute] = [_changed(attribute, text, printer)]
    return Wanted(operation, job, tuple(notes))


def _check_printer(printer: ipp.Attributes) -> None:
    formats = _data(printer, "document-format-supported")
    if PDF not in formats:
        what = (
            f"the printer takes no {PDF} (it takes {', '.join(map(str, formats)) or 'nothing that it names'})"
        )
        raise DeliveryError(what, where="document-format", next_step="Choose a printer that takes PDF")
    if _data(printer, "printer-is-accepting-jobs") == [False]:
        what = "the printer does not accept jobs"
        raise DeliveryError(what, where="printer-is-accepting-jobs", next_step="Let the operator enable it")


def _sides(press: PressJob, printer: ipp.Attributes) -> ipp.Attributes:
    """How backs lie behind fronts: the long edge is at the side of a portrait sheet (RFC 8011, 5.2.8)."""
    wanted = "one-sided"
    if press.is_duplex:
        is_portrait = press.height_mpt >= press.width_mpt
        wanted = "two-sided-long-edge" if is_portrait != press.turned_over else "two-sided-short-edge"
    supported = _data(printer, "sides-supported")
    if wanted not in supported and (supported or press.is_duplex):
        what = (
            f"the printer cannot print {wanted} (it can {', '.join(map(str, supported)) or 'only one side'})"
        )
        raise DeliveryError(
            what,
            where="sides",
            next_step="Choose another printer, or leave it to the queue with --attribute sides=",
        )
    return {"sides": ipp.one(ipp.KEYWORD, wanted)} if supported else {}


def _media(press: PressJob, printer: ipp.Attributes, notes: list[str]) -> ipp.Attributes:
    """The press sheet by size, and by weight and thickness where the printer has words for them (PWG 5100.7, 6.3)."""
    width, height = sorted(round(v * _HUNDREDTHS_PER_MPT) for v in (press.width_mpt, press.height_mpt))
    size = _supported_size(printer, width, height)
    members = set(_data(printer, "media-col-supported"))
    if size is None:
        shown = f"{width / 100:g} x {height / 100:g} mm"
        sizes = ", ".join(sorted(map(str, _data(printer, "media-supported")))[:8]) or "none that it names"
        what = f"the printer has no sheet of {shown} (it has {sizes})"
        next_step = (
            "Load it, choose another printer, name its own with --attribute media=NAME, or none with media="
        )
        raise DeliveryError(what, where="media", next_step=next_step)
    if "media-size" not in members:
        notes.append("the printer knows no media-col: weight and thickness of the paper are not told")
        return {"media": ipp.one(ipp.KEYWORD, _size_name(printer, size))}
    told: ipp.Attributes = {
        "media-size": ipp.collection(
            {"x-dimension": ipp.one(ipp.INTEGER, size[0]), "y-dimension": ipp.one(ipp.INTEGER, size[1])}
        )
    }
    # PWG 5100.7, 6.3.1.13 and 6.3.1.15: g/m2, and hundredths of a millimetre.
    for member, value in (
        ("media-thickness", round(press.caliper_um / 10)),
        ("media-weight-metric", press.grammage_gsm),
    ):
        if member in members:
            told[member] = ipp.one(ipp.INTEGER, value)
        else:
            notes.append(f"the printer has no {member}: it is not told")
    return {"media-col": ipp.collection(told)}


def _supported_size(printer: ipp.Attributes, width: int, height: int) -> tuple[int, int] | None:
    """The printer's own size of a sheet, either way up: one that it lists, or within what it takes."""
    for wide, high in ((width, height), (height, width)):
        for size in _data(printer, "media-size-supported"):
            x, y = (_within(size.get(key), v) for key, v in (("x-dimension", wide), ("y-dimension", high)))
            if x is not None and y is not None:
                return x, y
        for name in _data(printer, "media-supported"):
            own = _named_size(str(name))
            if own and abs(own[0] - wide) <= _TOLERANCE and abs(own[1] - high) <= _TOLERANCE:
                return own
    return None


def _within(values: list[ipp.Value] | None, wanted: int) -> int | None:
    data = values[0].data if values else None
    if isinstance(data, tuple):
        return wanted if data[0] <= wanted <= data[1] else None
    return data if isinstance(data, int) and abs(data - wanted) <= _TOLERANCE else None


def _size_name(printer: ipp.Attributes, size: tuple[int, int]) -> str:
    for name in _data(printer, "media-supported"):
        own = _named_size(str(name))
        if own and all(abs(a - b) <= _TOLERANCE for a, b in zip(own, size, strict=True)):
            return str(name)
    width, height = (f"{v / 100:g}" for v in size)
    return f"custom_{width}x{height}mm_{width}x{height}mm"


def _named_size(name: str) -> tuple[int, int] | None:
    found = _SIZE_NAME.fullmatch(name)
    if found is None:
        return None
    factor = 2540 if found[3] == "in" else 100
    try:
        return round(float(found[1]) * factor), round(float(found[2]) * factor)
    except ValueError:
        return None


def _scaling(printer: ipp.Attributes, notes: list[str]) -> ipp.Attributes:
    """An imposed sheet must come out at its size (PWG 5100.13, print-scaling)."""
    supported = _data(printer, "print-scaling-supported")
    if not supported:
        notes.append("the printer has no print-scaling: see that it prints at 100 %")
        return {}
    if "none" not in supported:
        what = f"the printer cannot leave the size as it is (it can {', '.join(map(str, supported))})"
        raise DeliveryError(what, where="print-scaling", next_step="Choose another printer")
    return {"print-scaling": ipp.one(ipp.KEYWORD, "none")}


def _amounts(press: PressJob, file_bytes: int, printer: ipp.Attributes) -> ipp.Attributes:
    """How large the job is (RFC 8011, 4.2.1.1); ``job-pages`` only where the printer names it (PWG 5100.7)."""
    found = {
        "job-k-octets": ipp.one(ipp.INTEGER, -(-file_bytes // 1024)),
        "job-impressions": ipp.one(ipp.INTEGER, press.press_sides),
        "job-media-sheets": ipp.one(ipp.INTEGER, press.press_sheets),
        "job-pages": ipp.one(ipp.INTEGER, press.press_sides),
    }
    named = _data(printer, "job-creation-attributes-supported")
    taken = {name for name in found if f"{name}-supported" in printer or name in named}
    return {name: value for name, value in found.items() if name in taken}


def _changed(name: str, text: str, printer: ipp.Attributes) -> ipp.Value:
    """An operator's value, if the printer has it."""
    tag = _SYNTAX[name]
    value: str | int | bool = text
    if tag in (ipp.INTEGER, ipp.ENUM):
        if not re.fullmatch(r"[0-9]{1,9}", text):
            what = f"{name} is a whole number, {text!r} is none"
            raise UsageError(what, where="--attribute", next_step="Write NAME=VALUE")
        value = int(text)
    if tag == ipp.BOOLEAN:
        value = text == "true"
    supported = printer.get(f"{name}-supported")
    if supported is None:
        if name in _OPERATION:
            return ipp.Value(tag, value)
        what = f"the printer does not know {name}"
        raise DeliveryError(what, where="--attribute", next_step="Leave it out")
    if not _supports(printer, name, tag, value):
        shown = ", ".join(str(own.data) for own in supported[:12])
        what = f"the printer has no {name}={text} (it has {shown})"
        raise DeliveryError(what, where="--attribute", next_step="Choose one of them")
    return ipp.Value(tag, value)


def _supports(printer: ipp.Attributes, name: str, tag: int, value: str | int | bool) -> bool:
    return any(_takes(own, tag, value) for own in printer.get(f"{name}-supported", ()))


def _takes(own: ipp.Value, tag: int, value: str | int | bool) -> bool:
    if isinstance(own.data, tuple):
        return bool(own.data[0] <= value <= own.data[1])
    if own.tag == ipp.BOOLEAN and tag != ipp.BOOLEAN:
        return bool(own.data)
    # job-priority-supported counts levels; every number is taken (RFC 8011, 5.2.1).
    return tag == ipp.INTEGER or own.data == value


def _data(attributes: ipp.Attributes, name: str) -> list[Any]:
    return [value.data for value in attributes.get(name, ()) if value.data is not None]
