"""The cache folder: made once, never trusted when cut short, never needed."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from printstream.base import cache as this
from printstream.base.cache import cache_root, cached
from printstream.kernels.datamatrix import datamatrix_tables, make_datamatrix_tables
from printstream.kernels.imb import imb_tables, make_imb_tables
from printstream.kernels.qr_tables import make_qr_tables, qr_tables


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRINTSTREAM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_content_is_made_once_for_what_it_depends_on(root: Path) -> None:
    made = []

    def make() -> bytes:
        made.append(1)
        return b"content %d" % len(made)

    assert cache_root() == root
    assert cached("things", b"a", make) == b"content 1"
    assert cached("things", b"a", make) == b"content 1"
    assert cached("things", b"b", make) == b"content 2"
    assert cached("others", b"a", make) == b"content 3"


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 40])
def test_a_damaged_copy_is_made_again(root: Path, damage: bytes) -> None:
    cached("things", b"a", lambda: b"sound")
    (path,) = (root / "things").iterdir()
    path.write_bytes(damage)
    assert cached("things", b"a", lambda: b"sound again") == b"sound again"
    assert cached("things", b"a", lambda: b"never made") == b"sound again"


def test_a_folder_that_cannot_be_written_is_done_without(root: Path) -> None:
    root.write_bytes(b"a file where the folder should be")
    assert cached("things", b"a", lambda: b"made") == b"made"
    assert [path.name for path in root.parent.iterdir()] == ["cache"]


@pytest.mark.parametrize(
    ("kept", "make"),
    [
        (qr_tables, make_qr_tables),
        (imb_tables, make_imb_tables),
        (datamatrix_tables, make_datamatrix_tables),
    ],
)
@pytest.mark.usefixtures("root")
def test_kept_tables_are_those_that_were_made(kept: object, make: object) -> None:
    fresh = make()  # type: ignore[operator]
    for again in (kept.__wrapped__(), kept.__wrapped__()):  # type: ignore[attr-defined]
        assert type(again) is type(fresh)
        for name, table in zip(fresh._fields, fresh, strict=True):
            read = getattr(again, name)
            assert read.dtype == table.dtype, name
            assert np.array_equal(read, table), name
            assert read.flags.c_contiguous, name


def _copy(folder: Path) -> ModuleType:
    """The cache's module as one of a package in another folder."""
    place = folder / "package/base/cache.py"
    if not place.exists():
        place.parent.mkdir(parents=True)
        shutil.copy(this.__file__, place)
        (place.parent / "other.py").write_text("a = 1\n")
        (place.parent / "data.txt").write_text("no source")
    spec = importlib.util.spec_from_file_location("copied", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_stamp_knows_a_changed_source_whose_size_and_time_are_as_before(tmp_path: Path) -> None:
    before = _copy(tmp_path).package_stamp()
    other = tmp_path / "package/base/other.py"
    assert _copy(tmp_path).package_stamp() == before
    (other.parent / "data.txt").write_text("is none still")
    assert _copy(tmp_path).package_stamp() == before
    status = other.stat()
    other.write_text("a = 2\n")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (other.stat().st_size, other.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert _copy(tmp_path).package_stamp() != before
