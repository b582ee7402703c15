"""The cache folder: made once, never trusted when cut short, never needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
