"""The register of serial numbers against a plain model of it, and through crashes, damage and rivals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from printstream.base.errors import JobError, ResourceError
from printstream.marks import Wanted, reserve_serials

DAY = date(2026, 3, 1)
BASE = Wanted("imb-123456", 1_000, 10, 0, DAY, 45, "job/1")


def lines(folder: Path) -> list[bytes]:
    return (folder / "imb-123456.jsonl").read_bytes().splitlines()


def test_runs_follow_one_another(tmp_path: Path) -> None:
    assert reserve_serials(tmp_path / "new" / "register", BASE) == 0
    folder = tmp_path / "new" / "register"
    assert reserve_serials(folder, replace(BASE, run="job/2", count=5)) == 10
    assert reserve_serials(folder, replace(BASE, run="job/3")) == 15
    assert len(lines(folder)) == 3
    assert json.loads(lines(folder)[1])["first"] == 10


def test_the_same_run_again_gets_the_same_numbers_and_writes_nothing(tmp_path: Path) -> None:
    first = reserve_serials(tmp_path, BASE)
    reserve_serials(tmp_path, replace(BASE, run="job/2"))
    before = lines(tmp_path)
    assert reserve_serials(tmp_path, BASE) == first
    assert lines(tmp_path) == before
    # Another number of pieces or another day is another mailing.
    assert reserve_serials(tmp_path, replace(BASE, count=11)) == 20
    assert reserve_serials(tmp_path, replace(BASE, day=DAY + timedelta(1))) == 31


def test_the_same_run_gets_others_when_its_own_were_given_away(tmp_path: Path) -> None:
    small = replace(BASE, limit=25, days=10)
    assert reserve_serials(tmp_path, small) == 0
    later = DAY + timedelta(30)
    assert reserve_serials(tmp_path, replace(small, run="job/2", day=later)) == 10
    assert reserve_serials(tmp_path, replace(small, run="job/3", day=later)) == 0
    with pytest.raises(JobError):
        reserve_serials(tmp_path, small)


def test_looking_reserves_nothing(tmp_path: Path) -> None:
    assert reserve_serials(tmp_path / "none", BASE, write=False) == 0
    assert not (tmp_path / "none").exists()
    reserve_serials(tmp_path, BASE)
    assert reserve_serials(tmp_path, replace(BASE, run=""), write=False) == 10
    assert len(lines(tmp_path)) == 1


def test_numbers_are_free_again_after_their_days(tmp_path: Path) -> None:
    full = replace(BASE, limit=20)
    assert reserve_serials(tmp_path, full) == 0
    assert reserve_serials(tmp_path, replace(full, run="job/2", day=DAY + timedelta(44))) == 10
    with pytest.raises(JobError, match="10 serial numbers in a row") as caught:
        reserve_serials(tmp_path, replace(full, run="job/3", day=DAY + timedelta(44)))
    assert "45 days" in str(caught.value)
    assert caught.value.next_step
    assert len(lines(tmp_path)) == 2
    assert reserve_serials(tmp_path, replace(full, run="job/3", day=DAY + timedelta(45))) == 0


def test_a_day_to_come_counts_too(tmp_path: Path) -> None:
    """A mailing prepared for later must not meet one that is sent before."""
    reserve_serials(tmp_path, replace(BASE, limit=15, day=DAY + timedelta(400)))
    with pytest.raises(JobError):
        reserve_serials(tmp_path, replace(BASE, limit=15, run="job/2"))


def test_numbers_start_where_the_job_says(tmp_path: Path) -> None:
    assert reserve_serials(tmp_path, replace(BASE, least=500)) == 500
    assert reserve_serials(tmp_path, replace(BASE, least=500, run="job/2", count=485)) == 510
    with pytest.raises(JobError):
        reserve_serials(tmp_path, replace(BASE, least=500, run="job/3"))
    assert reserve_serials(tmp_path, replace(BASE, least=400, run="job/3")) == 400


def test_issuers_do_not_meet(tmp_path: Path) -> None:
    assert reserve_serials(tmp_path, BASE) == 0
    assert reserve_serials(tmp_path, replace(BASE, issuer="mailmark-22")) == 0


requests = st.lists(
    st.tuples(st.integers(1, 30), st.integers(0, 120), st.integers(0, 5)), min_size=1, max_size=25
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(requests, st.integers(1, 60), st.integers(20, 100))
def test_no_number_twice_within_its_days(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[tuple[int, int, int]], days: int, limit: int
) -> None:
    """A plain model: every number printed remembers its days; a refusal means that no gap was there."""
    folder = tmp_path_factory.mktemp("register")
    printed: dict[tuple[str, int, int], range] = {}
    taken: list[tuple[int, range]] = []
    for count, day, name in wanted:
        asked = replace(
            BASE, limit=limit, count=count, day=DAY + timedelta(day), days=days, run=f"job/{name}"
        )
        busy = {number for other, numbers in taken if day - other < days for number in numbers}
        try:
            first = reserve_serials(folder, asked)
        except JobError:
            free = [number not in busy for number in range(limit)]
            assert not any(all(free[k : k + count]) for k in range(limit - count + 1))
            continue
        numbers = range(first, first + count)
        assert 0 <= first <= limit - count
        if printed.get((asked.run, count, day)) == numbers:
            continue  # the same run again
        assert busy.isdisjoint(numbers)
        printed[asked.run, count, day] = numbers
        taken.append((day, numbers))


# ---- crashes


@pytest.mark.parametrize("kept", range(1, 90, 7))
def test_a_line_cut_short_by_a_crash_counts_for_nothing(tmp_path: Path, kept: int) -> None:
    """The dead writer had not been told its numbers, so they are free; nothing later is lost."""
    reserve_serials(tmp_path, BASE)
    path = tmp_path / "imb-123456.jsonl"
    whole = path.read_bytes()
    reserve_serials(tmp_path, replace(BASE, run="job/2"))
    second = path.read_bytes()[len(whole) :]
    path.write_bytes(whole + second[:kept])
    confirmed = kept >= len(second) - 1  # all but its end of line
    assert reserve_serials(tmp_path, replace(BASE, run="job/3")) == (20 if confirmed else 10)
    assert reserve_serials(tmp_path, replace(BASE, run="job/4")) == (30 if confirmed else 20)
    assert reserve_serials(tmp_path, BASE) == 0


def test_damage_is_seen_and_nothing_is_handed_out(tmp_path: Path) -> None:
    for k in range(3):
        reserve_serials(tmp_path, replace(BASE, run=f"job/{k}"))
    path = tmp_path / "imb-123456.jsonl"
    whole = path.read_bytes()
    second = len(whole.splitlines()[0]) + 3
    for place in range(second, second + 60, 5):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(ResourceError, match="damaged") as caught:
            reserve_serials(tmp_path, replace(BASE, run="job/9"))
        assert "line 2" in caught.value.where
        assert path.read_bytes() == bytes(damaged)


def test_a_killed_writer_leaves_a_sound_register(tmp_path: Path) -> None:
    """Death after the file was flushed, before anything is printed: the numbers stay taken."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from datetime import date\n"
        "from printstream.marks import Wanted, reserve_serials\n"
        "import printstream.marks.serials as s\n"
        "s.sync_folder = lambda folder: os._exit(9)\n"
        "reserve_serials(Path(sys.argv[1]), Wanted('imb-123456', 1000, 10, 0, date(2026, 3, 1), 45, 'job/dead'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == 9
    assert reserve_serials(tmp_path, BASE) == 10


def test_rivals_never_get_the_same_numbers(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from datetime import date\n"
        "from printstream.marks import Wanted, reserve_serials\n"
        "for k in range(15):\n"
        "    w = Wanted('imb-123456', 10**6, 10, 0, date(2026, 3, 1), 45, f'job/{sys.argv[2]}-{k}')\n"
        "    print(reserve_serials(Path(sys.argv[1]), w))\n"
    )
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(r)], stdout=subprocess.PIPE, text=True
        )
        for r in range(3)
    ]
    got = [int(line) for rival in rivals for line in rival.communicate()[0].split()]
    assert sorted(got) == list(range(0, 450, 10))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written") as caught:
        reserve_serials(tmp_path / "file" / "register", BASE)
    assert caught.value.next_step


def test_the_line_is_on_the_disk_before_the_number_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    real: Callable[[int], None] = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        path = tmp_path / "imb-123456.jsonl"
        seen.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    reserve_serials(tmp_path, BASE)
    assert seen
    assert b'"first":0' in seen[0]
