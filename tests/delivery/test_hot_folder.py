"""Hot folder: every print file once, whole, in order, whoever kills the delivery when."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from printstream.base.log import QuietReporter
from printstream.delivery import hotfolder, ledger
from printstream.delivery.hotfolder import DeliverSettings, deliver
from tests.delivery.deliverykit import die_at, events, sha256
from tests.judges.nights import call
from tests.judges.xjdf import faults


@pytest.fixture
def hot(tmp_path: Path) -> Path:
    folder = tmp_path / "hot"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def spools(run_dir: Path) -> dict[str, str]:
    """SHA-256 of each print file by the name that it has in the folder."""
    return {f"statement-r1-{p.stem}.pdf": sha256(p) for p in sorted((run_dir / "spool").iterdir())}


def test_everything_arrives_whole_and_in_order(run_dir: Path, hot: Path) -> None:
    done = call("deliver", run_dir, "--to", hot, "--with", "tickets", "inserter", "--json", "--quiet")
    assert done.code == 0, done.err
    wanted = spools(run_dir)
    assert len(wanted) == 3
    assert {n: sha256(hot / n) for n in wanted} == wanted
    endings = ("pdf", "pdf.done", "pieces.csv", "xjdf")
    assert names(hot) == [f"statement-r1-{k:04d}.{ending}" for k in (1, 2, 3) for ending in endings]
    marker = json.loads((hot / "statement-r1-0002.pdf.done").read_text())
    assert marker["files"] == [
        {
            "file": "statement-r1-0002.pdf",
            "bytes": (hot / "statement-r1-0002.pdf").stat().st_size,
            "sha256": wanted["statement-r1-0002.pdf"],
        }
    ]
    order = [(e["spool"], e["event"]) for e in events(run_dir)]
    steps = ("copying", "releasing", "placed", "delivered")
    assert order == [(k, step) for k in (1, 2, 3) for step in steps]
    assert [row["state"] for row in done.record["spools"]] == ["delivered"] * 3
    # Papers come before the print file, the marker last.
    times = [
        (hot / f"statement-r1-0001.{e}").stat().st_ctime_ns for e in ("xjdf", "pieces.csv", "pdf", "pdf.done")
    ]
    assert times == sorted(times)
    assert call("verify", run_dir, "--quiet").code == 0


def test_a_ticket_leads_to_the_file_beside_it(run_dir: Path, hot: Path) -> None:
    assert (
        call("deliver", run_dir, "--to", hot, "--with", "tickets", "--name", "x{spool}", "--quiet").code == 0
    )
    given, sealed = (hot / "x0002.xjdf").read_bytes(), (run_dir / "ticket" / "0002.xjdf").read_bytes()
    assert faults(given) == []
    assert given == sealed.replace(b'URL="../spool/0002.pdf"', b'URL="x0002.pdf"')
    assert given != sealed


def test_papers_that_the_run_has_not_are_missed_before_anything_is_copied(run_dir: Path, hot: Path) -> None:
    record = json.loads((run_dir / "run.json").read_text())
    (run_dir / "ticket" / "0003.xjdf").unlink()
    del record["files"]["ticket/0003.xjdf"]
    (run_dir / "run.json").write_text(json.dumps(record))
    done = call("deliver", run_dir, "--to", hot, "--with", "tickets")
    assert done.code == 2
    assert "no tickets for 0003.pdf" in done.err
    assert names(hot) == []


def test_a_second_delivery_brings_nothing(run_dir: Path, hot: Path) -> None:
    assert call("deliver", run_dir, "--to", hot, "--quiet").code == 0
    for path in hot.iterdir():
        path.unlink()  # the watcher took it
    other = hot.parent / "other"
    other.mkdir()
    for folder in (hot, other):
        again = call("deliver", run_dir, "--to", folder, "--quiet", "--json")
        assert again.code == 0
        assert names(folder) == []
    assert call("deliver", run_dir, "--to", other, "--quiet", "--again").code == 2
    assert call("deliver", run_dir, "--to", other, "--quiet", "--again", "--spool", 2).code == 0
    assert names(other) == ["statement-r1-0002.pdf", "statement-r1-0002.pdf.done"]


def test_nothing_is_replaced(run_dir: Path, hot: Path) -> None:
    (hot / "statement-r1-0002.pdf").write_bytes(b"another's")
    done = call("deliver", run_dir, "--to", hot)
    assert done.code == 7
    assert "there already" in done.err
    assert (hot / "statement-r1-0002.pdf").read_bytes() == b"another's"
    # The mail has an order: nothing goes before the one that failed.
    assert names(hot) == ["statement-r1-0001.pdf", "statement-r1-0001.pdf.done", "statement-r1-0002.pdf"]
    (hot / "statement-r1-0002.pdf").unlink()
    assert call("deliver", run_dir, "--to", hot, "--quiet").code == 0
    assert {n: sha256(hot / n) for n in spools(run_dir)} == spools(run_dir)


def test_a_name_that_appears_at_the_last_moment_is_not_replaced(
    run_dir: Path, hot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = hotfolder._rename

    def late(source: Path, target: Path) -> None:
        if not target.exists():
            target.write_bytes(b"another's")
        former(source, target)

    monkeypatch.setattr(hotfolder, "_rename", late)
    outcome = deliver(DeliverSettings(run_dir, hot), QuietReporter())
    assert outcome.exit_code == 7
    assert (hot / "statement-r1-0001.pdf").read_bytes() == b"another's"
    assert names(hot) == ["statement-r1-0001.pdf"]


def test_a_file_system_without_the_call_still_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Old:
        def __init__(self, *_: object, **__: object) -> None:
            pass

    monkeypatch.setattr(hotfolder.ctypes, "CDLL", Old)
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    with pytest.raises(FileExistsError):
        hotfolder._rename(tmp_path / "a", tmp_path / "b")
    hotfolder._rename(tmp_path / "a", tmp_path / "c")
    assert names(tmp_path) == ["b", "c"]


@pytest.mark.parametrize("markers", ["each", "run", "none"])
def test_markers_are_as_asked(run_dir: Path, hot: Path, markers: str) -> None:
    assert call("deliver", run_dir, "--to", hot, "--done", markers, "--quiet").code == 0
    assert call("deliver", run_dir, "--to", hot, "--done", markers, "--quiet").code == 0
    found = [name for name in names(hot) if name.endswith(".done")]
    each = [f"{name}.done" for name in spools(run_dir)]
    assert found == {"each": each, "run": ["statement-r1.done"], "none": []}[markers]
    if markers == "run":
        files = json.loads((hot / "statement-r1.done").read_text())["files"]
        assert {f["file"]: f["sha256"] for f in files} == spools(run_dir)


def test_the_marker_of_a_run_waits_for_all_of_it(run_dir: Path, hot: Path) -> None:
    assert call("deliver", run_dir, "--to", hot, "--done", "run", "--spool", 1, 3, "--quiet").code == 0
    assert "statement-r1.done" not in names(hot)
    assert call("deliver", run_dir, "--to", hot, "--done", "run", "--quiet").code == 0
    assert "statement-r1.done" in names(hot)


# ---- dying


def _patched(tick: Callable[[], None]) -> None:
    """A process that may die before and after every line of the ledger and every rename, and in the middle of a copy."""
    write, rename, read = ledger.Ledger.write, hotfolder._rename, os.read

    def torn_write(self: ledger.Ledger, *words: object, **facts: object) -> None:
        tick()
        write(self, *words, **facts)  # type: ignore[arg-type]
        tick()

    def torn_rename(source: Path, target: Path) -> None:
        tick()
        rename(source, target)
        tick()

    def torn_read(descriptor: int, size: int) -> bytes:
        tick()
        return read(descriptor, min(size, 60_000))

    ledger.Ledger.write = torn_write  # type: ignore[method-assign]
    hotfolder._rename = torn_rename
    hotfolder.os.read = torn_read


class Watcher:
    """What stands behind a hot folder: it takes whatever has a final name, at once and for ever."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[tuple[str, str]] = []

    def look(self) -> None:
        for path in sorted(self.folder.iterdir()):
            if not path.name.startswith("."):
                self.taken.append((path.name, sha256(path)))
                path.unlink()

    def pdfs(self) -> list[tuple[str, str]]:
        return [(name, seal) for name, seal in self.taken if name.endswith(".pdf")]


@pytest.mark.parametrize(
    ("markers", "greedy"),
    [
        ("each", True),
        *(pytest.param(*case, marks=pytest.mark.long) for case in (("each", False), ("none", True))),
    ],
)
def test_killed_anywhere_and_run_again_every_file_comes_once(
    released: Path, tmp_path: Path, markers: str, greedy: bool
) -> None:
    """Killed at each step in turn; a greedy watcher takes files between the two runs, another one only at the end."""
    wanted = {k: v for k, v in spools(released).items() if k.endswith("1.pdf")}
    step, dead = 0, True
    while dead:
        run_dir = Path(shutil.copytree(released, tmp_path / f"{step}" / "r1", copy_function=os.link))
        hot = run_dir.parent / "hot"
        hot.mkdir()
        settings = DeliverSettings(run_dir, hot, spools=(1,), markers=markers)
        watcher = Watcher(hot)
        dead = not die_at(step, _patched, lambda s=settings: deliver(s, QuietReporter()))
        if greedy:
            watcher.look()
        outcome = deliver(settings, QuietReporter())
        assert outcome.exit_code == 0, (step, events(run_dir))
        watcher.look()
        # The seals say that they were whole, also right after the kill.
        assert sorted(watcher.pdfs()) == sorted(wanted.items()), (step, events(run_dir))
        assert names(hot) == [], "a hidden copy was left behind"
        if markers == "each" and not greedy:
            marks = [name for name, _ in watcher.taken if name.endswith(".done")]
            assert sorted(marks) == [f"{name}.done" for name in sorted(wanted)]
        step += 1
    assert step > 12


def test_killed_at_the_marker_of_a_run_it_comes_once(released: Path, tmp_path: Path) -> None:
    first = Path(shutil.copytree(released, tmp_path / "first" / "r1"))
    (first.parent / "hot").mkdir()
    deliver(DeliverSettings(first, first.parent / "hot", markers="none"), QuietReporter())
    step, dead = 0, True
    while dead:
        # The same place each time, which the ledger names.
        run_dir, hot = tmp_path / "r1", first.parent / "hot"
        shutil.copytree(first, run_dir)
        settings = DeliverSettings(run_dir, hot, markers="run")
        dead = not die_at(step, _patched, lambda s=settings: deliver(s, QuietReporter()))
        watcher = Watcher(hot)
        watcher.look()
        assert deliver(settings, QuietReporter()).exit_code == 0
        watcher.look()
        assert [name for name, _ in watcher.taken if name.endswith(".done")] == ["statement-r1.done"], step
        shutil.rmtree(run_dir)
        step += 1
    assert step == 7


def test_a_folder_that_is_not_the_same_any_more_proves_nothing(run_dir: Path, hot: Path) -> None:
    """An unmounted disk leaves an empty folder of the same name: the file was not taken, and may not be sent twice."""

    def work() -> None:
        deliver(DeliverSettings(run_dir, hot, spools=(1,)), QuietReporter())

    def before_rename(tick: Callable[[], None]) -> None:
        hotfolder._rename = lambda *_: tick()

    assert not die_at(0, before_rename, work)
    assert events(run_dir)[-1]["event"] == "releasing"
    away = hot.with_name("away")
    hot.rename(away)
    hot.mkdir()
    done = call("deliver", run_dir, "--to", hot, "--quiet", "--spool", 1)
    assert done.code == 7
    assert "not there to tell" in done.err
    assert names(hot) == []
    hot.rmdir()
    away.rename(hot)
    assert call("deliver", run_dir, "--to", hot, "--quiet", "--spool", 1).code == 0
    assert names(hot) == ["statement-r1-0001.pdf", "statement-r1-0001.pdf.done"]


# ---- bad words, bad runs


@pytest.mark.parametrize(
    "name", ["{job}", "../{spool}", "{spool}/x", ".{spool}", "{spool}{nr}", "a b{spool}", ""]
)
def test_names_must_be_names(run_dir: Path, hot: Path, name: str) -> None:
    done = call("deliver", run_dir, "--to", hot, "--name", name)
    assert done.code == 2
    assert "name" in done.err
    assert names(hot) == []


def test_a_run_that_changed_is_not_delivered(run_dir: Path, hot: Path) -> None:
    spool = run_dir / "spool" / "0002.pdf"
    content = bytearray(spool.read_bytes())
    content[len(content) // 2] ^= 1
    spool.write_bytes(content)
    done = call("deliver", run_dir, "--to", hot)
    assert done.code == 5
    assert "spool/0002.pdf has changed" in done.err
    assert names(hot) == []
    assert events(run_dir) == []


def test_a_file_that_changes_while_it_is_copied_has_no_name(
    run_dir: Path, hot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = hotfolder._pour

    def changed(source: int, target: int) -> hotfolder.Seal:
        seal = former(source, target)
        return hotfolder.Seal(seal.sha256[::-1], seal.bytes)

    monkeypatch.setattr(hotfolder, "_pour", changed)
    outcome = deliver(DeliverSettings(run_dir, hot), QuietReporter())
    assert outcome.exit_code == 7
    assert names(hot) == []


def test_a_disk_that_loses_bytes_is_found_out(
    run_dir: Path, hot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = hotfolder._read_back

    def lossy(path: Path) -> hotfolder.Seal:
        with path.open("r+b") as file:
            file.truncate(1000)
        return former(path)

    monkeypatch.setattr(hotfolder, "_read_back", lossy)
    outcome = deliver(DeliverSettings(run_dir, hot), QuietReporter())
    assert outcome.exit_code == 7
    assert outcome.failure is not None
    assert "not what was sent" in outcome.failure.what
    assert names(hot) == []


def test_a_full_disk_is_told_and_the_rest_comes_later(
    run_dir: Path, hot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(hotfolder.os, "write", full)
        with pytest.raises(hotfolder.ResourceError, match="No space left"):
            deliver(DeliverSettings(run_dir, hot), QuietReporter())
    assert names(hot) == []
    assert deliver(DeliverSettings(run_dir, hot), QuietReporter()).exit_code == 0


def test_folders_that_cannot_be(run_dir: Path, hot: Path) -> None:
    for folder in (hot / "missing", run_dir / "spool"):
        assert call("deliver", run_dir, "--to", folder).code == 2
    assert call("deliver", hot, "--to", hot).code == 2
    done = call("deliver", run_dir, "--to", hot, "--spool", 9)
    assert done.code == 2
    assert "There are 1 to 3" in done.err
