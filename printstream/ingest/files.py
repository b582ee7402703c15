"""Which files the job names: files, globs and folders below the input folder, never outside of it."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from printstream.base.errors import InputError
from printstream.base.frozen import frozen

_MAGIC = frozenset("*?[")


@frozen
class InputTables:
    """An input in memory instead of a folder, whose tables are judged like any other's.

    Attributes:
        tables: each table, by the setting that would name its files on disk.
    """

    tables: dict[str, pa.Table]

    @classmethod
    def of(cls, documents: pa.Table, details: pa.Table | None) -> InputTables:
        """Take Arrow tables."""
        tables = {"input.documents.files": documents, "input.details.files": details}
        # What was picked out of many row groups comes in as many pieces.
        whole = {k: table.combine_chunks() for k, table in tables.items() if table is not None}
        return cls(whole)


Input: TypeAlias = Path | InputTables
"""A folder, or tables in memory."""
Place: TypeAlias = Path | pa.Table


def find_files(input_dir: Input, patterns: Sequence[str], setting: str) -> list[tuple[Place, str]]:
    """List the files, each once, sorted by their name relative to the input folder.

    Args:
        input_dir: folder that the patterns are relative to, or tables in memory, whose names do not matter.
        patterns: files, globs, or folders (of which every ``*.parquet`` below is taken).
        setting: the setting that holds the patterns, for messages.

    Returns:
        path, or table in memory, and name relative to ``input_dir`` of every file.

    Raises:
        InputError: when a pattern finds nothing, or leads outside of the folder, by name or by symlink.
    """
    if isinstance(input_dir, InputTables):
        if setting not in input_dir.tables:
            what = "the job has detail lines, but none were given"
            raise InputError(
                what, where=setting, next_step="Give the lines' table, without rows where there are none."
            )
        return [(input_dir.tables[setting], setting.split(".")[1])]
    if not input_dir.is_dir():
        what = "there is no such input folder"
        raise InputError(what, where=str(input_dir), next_step="Check the path.")
    root = input_dir.resolve()
    found: dict[str, Path] = {}
    for pattern in patterns:
        matches = _matches(input_dir, pattern)
        if not matches:
            what = f"{pattern!r} finds no file"
            raise InputError(what, where=setting, next_step=f"Check the setting and the folder {input_dir}.")
        for path in matches:
            _check_inside(path, root, setting)
            found[path.relative_to(input_dir).as_posix()] = path
    return [(found[name], name) for name in sorted(found)]


def _matches(input_dir: Path, pattern: str) -> list[Path]:
    if _MAGIC & set(pattern):
        names = glob.glob(pattern, root_dir=input_dir, recursive=True)  # noqa: PTH207 (follows symlinks, which _check_inside judges)
    else:
        names = [pattern] if (input_dir / pattern).exists() else []
    paths: list[Path] = []
    for name in names:
        path = input_dir / name
        paths.extend(path.rglob("*.parquet") if path.is_dir() else [path])
    return [p for p in paths if not p.is_dir()]


def _check_inside(path: Path, root: Path, setting: str) -> None:
    real = path.resolve()
    if not real.is_relative_to(root):
        what = f"{path.name!r} leads outside of the input folder"
        raise InputError(what, where=setting, next_step="Put the file itself into the input folder.")
    if not real.is_file():
        what = f"{path.name!r} is not a regular file"
        raise InputError(what, where=setting, next_step="Name Parquet files only.")
