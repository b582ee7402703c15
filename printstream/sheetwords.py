"""The words of ``impose`` and ``show``: options, and what they do.

In: parsed words. Out: files, a sentence or JSON. Never: imports numpy or a room before a command runs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from printstream.base import words
from printstream.base.errors import UsageError
from printstream.base.units import parse_length_mpt

IMPOSE = "lay the pages of any PDF on press sheets, by a scheme (docs/imposition.md)"
SHOW = "draw a press sheet with cells, trims, pieces and clear zones over it"


def add_impose(command: argparse.ArgumentParser) -> None:
    """Add the options of ``impose``."""
    add = command.add_argument
    add("scheme", metavar="SCHEME", help="name of a scheme, such as booklet_saddle")
    add("--input", metavar="FILE.pdf", type=Path, required=True, help="the PDF whose pages are imposed")
    add(
        "--out",
        metavar="FILE.pdf",
        type=words.pdf_file,
        required=True,
        help="the file to write; replaced if there",
    )
    add(
        "--sheet",
        metavar="WxH",
        type=_sheet,
        help="press sheet, such as 18inx12in (default: what the pages need)",
    )
    add(
        "--piece-pages",
        metavar="N",
        type=words.count,
        help="pages that stay together in one stack or booklet",
    )
    add("--set", metavar="KEY=VALUE", action="append", default=[], help="change a setting, such as columns=3")
    add(
        "--work-order",
        metavar="FILE.json",
        type=words.json_file,
        help="also write what the shop does with it",
    )
    add("--json", action="store_true", help="result as JSON on standard output")
    add("--quiet", action="store_true", help="faults only")
    add("--debug", action="store_true", help="write the stack of an unforeseen fault to a file")


def add_show(command: argparse.ArgumentParser) -> None:
    """Add the options of ``show``."""
    add = command.add_argument
    add("target", metavar="RUN_OR_SPOOL", type=Path, help="a finished run's folder, or a print file")
    add("--spool", metavar="N", type=words.count, default=1, help="spool of the run (default: 1)")
    add("--sheet", metavar="N", type=words.count, default=1, help="press sheet, from 1 (default: 1)")
    add("--out", metavar="FILE.png", type=Path, required=True, help="the picture to write; replaced if there")
    add("--work-order", metavar="FILE.json", type=Path, help="that of a file made by impose")
    add("--width", metavar="PX", type=words.count, default=1600, help="width of the picture (default: 1600)")
    add("--json", action="store_true", help="result as JSON on standard output")
    add("--quiet", action="store_true", help="faults only")
    add("--debug", action="store_true", help="write the stack of an unforeseen fault to a file")


def impose(arguments: argparse.Namespace) -> str:
    """Impose a PDF; gives what is written to standard output."""
    from printstream.base.files import write_whole
    from printstream.imposition import load_scheme
    from printstream.reimpose import reimpose, work_order

    if arguments.out.is_dir() or arguments.out.resolve() == arguments.input.resolve():
        what = "this cannot be written"
        raise UsageError(what, where=str(arguments.out), next_step="Name another file with --out")
    scheme = load_scheme(arguments.scheme, dict(_setting(text) for text in arguments.set))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    done = reimpose(
        arguments.input, arguments.out, scheme, sheet=arguments.sheet, piece_pages=arguments.piece_pages
    )
    if arguments.work_order is not None:
        text = json.dumps(work_order(done, arguments.out), ensure_ascii=False)
        write_whole(arguments.work_order, f"{text}\n".encode())
    if arguments.json:
        size = {"sheet_width_mpt": done.sheet_mpt[0], "sheet_height_mpt": done.sheet_mpt[1]}
        figures = {"pages": done.pages, "press_sheets": done.press_sheets, "sides": done.sides, **size}
        return json.dumps({"command": "impose", "file": str(arguments.out), **figures}) + "\n"
    width, height = (v / 72_000 for v in done.sheet_mpt)
    return (
        ""
        if arguments.quiet
        else f"{done.pages:,} pages on {done.press_sheets:,} press sheets of {width:.2f} x {height:.2f} in: "
        f"{arguments.out}\n{scheme.finishing}\n"
    )


def show(arguments: argparse.Namespace) -> str:
    """Draw a press sheet; gives what is written to standard output."""
    from printstream.show import draw_sheet, open_spool

    shown = open_spool(arguments.target, arguments.spool, arguments.work_order)
    width, height = draw_sheet(shown, arguments.sheet, arguments.out, arguments.width)
    if arguments.json:
        figures = {"width_px": width, "height_px": height, "press_sheets": shown.spread.press_sheets}
        return json.dumps({"command": "show", "file": str(arguments.out), **figures}) + "\n"
    return "" if arguments.quiet else f"{arguments.out}: {width} x {height} pixels\n"


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
