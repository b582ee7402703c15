"""Files of a folder that are written together: whole and named, or not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from printstream.base.files import Seal, write_folder

CONTENTS = {f"{number:04d}.json": b"%d" % number * number for number in range(4)}


def test_files_of_a_folder_are_named_and_sealed(tmp_path: Path) -> None:
    (tmp_path / "0002.json").write_bytes(b"of an earlier run")
    seals = write_folder(tmp_path, CONTENTS)
    on_disk = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert on_disk == CONTENTS
    assert seals == {n: Seal(hashlib.sha256(data).hexdigest(), len(data)) for n, data in on_disk.items()}


def test_no_file_gets_its_name_where_one_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_folder(tmp_path, CONTENTS | {"no such folder/0005.json": b"5"})
    assert list(tmp_path.iterdir()) == []
