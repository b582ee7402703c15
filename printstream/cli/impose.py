"""The words of ``impose``: any PDF on press sheets."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from printstream.base import words
from printstream.base.errors import UsageError
from printstream.base.units import parse_length_mpt
from printstream.cli.shared import add_output, is_heard, write

if TYPE_CHECKING:
    from printstream.reimpose import Reimposed


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = command.add_argument
    add("scheme", metavar="SCHEME", help="name of a scheme, such as booklet_saddle")
    add("--input", metavar="FILE.pdf", type=Path, required=True, help="the PDF whose pages are imposed")
    file = "the file to write; replaced if there"
    add("--out", metavar="FILE.pdf", type=words.pdf_file, required=True, help=file)
    sheet = "press sheet, such as 18inx12in (default: what the pages need)"
    add("--sheet", metavar="WxH", type=_sheet, help=sheet)
    pages = "pages that stay together in one stack or booklet"
    add("--piece-pages", metavar="N", type=words.count, help=pages)
    add("--set", metavar="KEY=VALUE", action="append", default=[], help="change a setting, such as columns=3")
    order = "also write what the shop does with it"
    add("--work-order", metavar="FILE.json", type=words.json_file, help=order)
    add_output(command, quiet="faults only")


def perform(arguments: argparse.Namespace) -> int:
    """Impose a PDF, and say how."""
    from printstream.base.files import write_whole
    from printstream.imposition import load_scheme
    from printstream.reimpose import reimpose, work_order

    out: Path = arguments.out
    if out.is_dir() or out.resolve() == arguments.input.resolve():
        what = "this cannot be written"
        raise UsageError(what, where=str(out), next_step="Name another file with --out")
    scheme = load_scheme(arguments.scheme, dict(_setting(text) for text in arguments.set))
    out.parent.mkdir(parents=True, exist_ok=True)
    done = reimpose(arguments.input, out, scheme, sheet=arguments.sheet, piece_pages=arguments.piece_pages)
    if arguments.work_order is not None:
        text = json.dumps(work_order(done, out), ensure_ascii=False)
        write_whole(arguments.work_order, f"{text}\n".encode())
    if is_heard(arguments):
        write(_as_json(out, done) if arguments.json else _as_text(out, done, scheme.finishing))
    return 0


def _as_json(out: Path, done: Reimposed) -> str:
    size = {"sheet_width_mpt": done.sheet_mpt[0], "sheet_height_mpt": done.sheet_mpt[1]}
    figures = {"pages": done.pages, "press_sheets": done.press_sheets, "sides": done.sides, **size}
    return json.dumps({"command": "impose", "file": str(out), **figures}) + "\n"


def _as_text(out: Path, done: Reimposed, finishing: str) -> str:
    width, height = (v / 72_000 for v in done.sheet_mpt)
    sheets = f"{done.press_sheets:,} press sheets of {width:.2f} x {height:.2f} in"
    return f"{done.pages:,} pages on {sheets}: {out}\n{finishing}\n"


def _sheet(text: str) -> tuple[int, int]:
    """Turn ``18inx12in`` into lengths."""
    first, sign, second = text.partition("x")
    try:
        if sign:
            return parse_length_mpt(first), parse_length_mpt(second)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    msg = f"{text!r} is no size; write width and height, such as 18inx12in"
    raise argparse.ArgumentTypeError(msg)


def _setting(text: str) -> tuple[str, Any]:
    """Turn ``columns=3`` or ``marks=crop,fold`` into a key and a value."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        what = f"{text!r} is no setting"
        raise UsageError(what, where="--set", next_step="Write KEY=VALUE, such as columns=3")
    if key in ("marks", "rotate", "turned_over", "perforate"):
        return key, [_plain(part) for part in value.split(",") if part]
    return key, _plain(value)


def _plain(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.lstrip("-").isdigit() and text != "-" else text
