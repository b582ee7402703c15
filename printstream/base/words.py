"""Single words of the command line -> values; what is wrong is said in the user's terms."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from printstream.base.errors import UsageError

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


def folder(word: str) -> Path | str:
    """A folder of this machine; a URI stays as it is, for a path would lose a slash."""
    return word if "://" in word else Path(word)


def count(word: str) -> int:
    """A whole number of 1 or more."""
    if not re.fullmatch(r"[1-9][0-9]{0,11}", word):
        msg = f"{word!r} is not a whole number of 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return int(word)


def scale(word: str) -> str:
    """A scale factor, in its shortest form."""
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,6})?", word) or not 0.001 <= float(word) <= 1000:
        msg = f"{word!r} is no scale factor: a number from 0.001 to 1000"
        raise argparse.ArgumentTypeError(msg)
    # One folder a scale: 1, 1.0 and 01 are the same.
    return f"{float(word):f}".rstrip("0").rstrip(".")


def json_file(word: str) -> Path:
    """A file that ends with .json."""
    return _file(word, ".json")


def html_file(word: str) -> Path:
    """A file that ends with .html."""
    return _file(word, ".html")


def pdf_file(word: str) -> Path:
    """A file that ends with .pdf."""
    return _file(word, ".pdf")


def _file(word: str, ending: str) -> Path:
    if not word.endswith(ending):
        msg = f"{word!r} does not end with {ending}"
        raise argparse.ArgumentTypeError(msg)
    return Path(word)


def run_id(word: str) -> str:
    """A name for a run folder."""
    if not _RUN_ID.match(word):
        msg = (
            f"{word!r} is no run id; take up to 64 letters, digits, '.', '_' and '-', a letter or digit first"
        )
        raise argparse.ArgumentTypeError(msg)
    return word


def engine(arguments: argparse.Namespace) -> dict[str, str]:
    """Check that engine and scheduler fit together and to the command."""
    name, scheduler = getattr(arguments, "engine", "local"), getattr(arguments, "scheduler", "")
    if arguments.command != "run" and (name, scheduler) != ("local", ""):
        what = f"{arguments.command} works on this machine"
        raise UsageError(what, next_step="Leave --engine and --scheduler out")
    if name == "local" and scheduler:
        what = "--scheduler is of no use to the local engine"
        raise UsageError(what, next_step="Add --engine dask, or leave --scheduler out")
    if name == "dask" and not scheduler:
        what = "--engine dask needs the address of a scheduler"
        raise UsageError(what, next_step="Add --scheduler tcp://host:8786")
    if name == "dask" and not _is_installed("distributed"):
        what = "--engine dask needs the package distributed, which is not installed"
        raise UsageError(what, next_step="Install it: pip install 'printstream[cluster]'")
    return {"engine": name, "scheduler": scheduler}


def _is_installed(package: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(package) is not None
