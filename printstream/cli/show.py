"""The words of ``show``: a press sheet with cells, trims, pieces and clear zones over it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from printstream.base import words
from printstream.cli.shared import add_output, write


def add(command: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = command.add_argument
    add("target", metavar="RUN_OR_SPOOL", type=Path, help="a finished run's folder, or a print file")
    add("--spool", metavar="N", type=words.count, default=1, help="spool of the run (default: 1)")
    add("--sheet", metavar="N", type=words.count, default=1, help="press sheet, from 1 (default: 1)")
    add("--out", metavar="FILE.png", type=Path, required=True, help="the picture to write; replaced if there")
    add("--work-order", metavar="FILE.json", type=Path, help="that of a file made by impose")
    add("--width", metavar="PX", type=words.count, default=1600, help="width of the picture (default: 1600)")
    add_output(command, quiet="faults only")


def perform(arguments: argparse.Namespace) -> int:
    """Draw a press sheet, and say where it is."""
    from printstream.show import draw_sheet, open_spool

    shown = open_spool(arguments.target, arguments.spool, arguments.work_order)
    width, height = draw_sheet(shown, arguments.sheet, arguments.out, arguments.width)
    if arguments.json:
        figures = {"width_px": width, "height_px": height, "press_sheets": shown.spread.press_sheets}
        write(json.dumps({"command": "show", "file": str(arguments.out), **figures}) + "\n")
    elif not arguments.quiet:
        write(f"{arguments.out}: {width} x {height} pixels\n")
    return 0
