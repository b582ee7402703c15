"""The ledger on disk: torn lines, damage, two processes, a folder that cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from printstream.base.errors import BalanceError, DeliveryError
from printstream.delivery.ledger import open_ledger, read_history
from tests.delivery.deliverykit import events

TARGET = "ipp://press:631/"


def write(folder: Path, *words: str) -> None:
    with open_ledger(folder) as ledger:
        for word in words:
            ledger.write(word, 1, 1, TARGET, job_id=7)


def test_steps_are_read_again(tmp_path: Path) -> None:
    write(tmp_path, "sending", "created")
    write(tmp_path, "accepted")
    assert [e["event"] for e in events(tmp_path)] == ["sending", "created", "accepted"]
    last = read_history(tmp_path).last(1)
    assert last is not None
    assert (last.state, last.job_id) == ("accepted", 7)


@pytest.mark.parametrize("kept", [1, 20, -2])
def test_a_torn_line_is_a_step_that_was_not_taken(tmp_path: Path, kept: int) -> None:
    write(tmp_path, "sending", "created")
    path = tmp_path / "deliveries.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:kept])
    last = read_history(tmp_path).last(1)
    assert last is not None
    assert last.state == "sending"
    write(tmp_path, "failed")
    assert [e["event"] for e in events(tmp_path)] == ["sending", "failed"]


@pytest.mark.parametrize("damage", [b"{}\n", b"[]\n", b"x\n", b'{"at": 1}\n', b"\xff\n", b"\n"])
def test_a_damaged_line_is_named(tmp_path: Path, damage: bytes) -> None:
    write(tmp_path, "sending")
    path = tmp_path / "deliveries.jsonl"
    path.write_bytes(damage + path.read_bytes())
    for read in (read_history, lambda folder: write(folder, "created")):
        with pytest.raises(BalanceError, match="line 1"):
            read(tmp_path)


def test_a_step_that_cannot_follow_is_not_written(tmp_path: Path) -> None:
    write(tmp_path, "sending")
    with pytest.raises(BalanceError):
        write(tmp_path, "completed")
    assert [e["event"] for e in events(tmp_path)] == ["sending"]


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with open_ledger(tmp_path), pytest.raises(DeliveryError, match="another process"), open_ledger(tmp_path):
        pass
    write(tmp_path, "sending")
