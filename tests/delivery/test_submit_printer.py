"""Print files to a real IPP printer on loopback (CUPS' ippeveprinter): each once, whoever dies when."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from printstream.base.errors import DeliveryError
from printstream.base.log import QuietReporter
from printstream.delivery import ippclient, ledger
from printstream.delivery import submit as submitting
from printstream.delivery.ippclient import Printer, PrinterUri
from printstream.delivery.submit import SubmitSettings, submit
from tests.delivery.deliverykit import PRESS, Press, die_at, events, free_port, press, sha256
from tests.judges.nights import call


@pytest.fixture(scope="module")
def printer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    with press(tmp_path_factory.mktemp("press")) as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Press]:
    """A printer of this test alone, which it may kill."""
    with press(tmp_path / "press") as running:
        yield running


def spool(run_dir: Path, number: int) -> str:
    return sha256(run_dir / "spool" / f"{number:04d}.pdf")


def fresh(released: Path, folder: Path, run_id: str) -> Path:
    """A copy of the run by another name, which a printer has never seen."""
    run_dir = Path(shutil.copytree(released, folder / run_id, copy_function=os.link))
    record = json.loads((run_dir / "run.json").read_text())
    (run_dir / "run.json").unlink()
    (run_dir / "run.json").write_text(json.dumps({**record, "run_id": run_id}))
    return run_dir


def settings(run_dir: Path, printer: Press, **more: object) -> SubmitSettings:
    return SubmitSettings(run_dir, printer.uri, timeout_s=10.0, **more)  # type: ignore[arg-type]


def test_every_print_file_arrives_byte_for_byte_and_is_followed_to_its_end(run_dir: Path, own: Press) -> None:
    done = call("submit", run_dir, "--printer", own.uri, "--wait", "--json")
    assert done.code == 0, done.err
    assert [sha256(path) for path in own.kept] == [spool(run_dir, k) for k in (1, 2, 3)]
    rows = done.record["spools"]
    assert [(row["state"], row["job_id"]) for row in rows] == [
        ("completed", 1),
        ("completed", 2),
        ("completed", 3),
    ]
    steps = [(e["spool"], e["event"]) for e in events(run_dir)]
    for number in (1, 2, 3):
        own_steps = [word for k, word in steps if k == number]
        assert own_steps == ["sending", "created", "accepted", "completed"]
    assert own.kept[0].name == f"1-statement_r1_0001_{spool(run_dir, 1)[:8]}.pdf"
    again = call("submit", run_dir, "--printer", own.uri, "--wait", "--json", "--quiet")
    assert again.code == 0
    assert len(own.kept) == 3
    assert call("verify", run_dir, "--quiet").code == 0


def test_the_printer_gets_what_the_press_must_know(run_dir: Path, printer: Press) -> None:
    done = call("submit", run_dir, "--printer", printer.uri, "--dry-run", "--json", "--spool", 2)
    assert done.code == 0, done.err
    (row,) = done.record["spools"]
    order = json.loads((run_dir / "workorder" / "0002.json").read_text())
    told = row["facts"]
    assert told["document-format"] == "application/pdf"
    assert told["sides"] == "two-sided-short-edge"
    assert told["print-scaling"] == "none"
    assert told["orientation-requested"] == 4
    assert told["job-pages"] == order["press_sides"]
    assert told["copies"] == 1
    assert told["media-col"]["media-size"] == {"x-dimension": 30480, "y-dimension": 45720}
    assert told["media-col"]["media-weight-metric"] == order["stock"]["grammage_gsm"]
    assert events(run_dir) == []
    text = call("submit", run_dir, "--printer", printer.uri, "--dry-run").out
    assert "nothing is sent" in text


def test_a_copy_of_the_run_folder_sends_nothing_that_the_printer_has(
    released: Path, tmp_path: Path, own: Press
) -> None:
    first, second = (Path(shutil.copytree(released, tmp_path / n / "r1")) for n in ("a", "b"))
    assert call("submit", first, "--printer", own.uri, "--wait", "--spool", 1, "--quiet").code == 0
    done = call("submit", second, "--printer", own.uri, "--spool", 1)
    assert done.code == 7
    assert "has this print file already, as job 1" in done.err
    assert len(own.kept) == 1


def test_the_hot_folder_knows_what_the_printer_got(released: Path, tmp_path: Path, printer: Press) -> None:
    run_dir = fresh(released, tmp_path, "both")
    hot = tmp_path / "hot"
    hot.mkdir()
    assert call("submit", run_dir, "--printer", printer.uri, "--wait", "--spool", 1, "--quiet").code == 0
    assert call("deliver", run_dir, "--to", hot, "--quiet").code == 0
    assert sorted(p.name for p in hot.glob("*.pdf")) == ["statement-both-0002.pdf", "statement-both-0003.pdf"]
    before = len(printer.kept)
    assert call("submit", run_dir, "--printer", printer.uri, "--quiet").code == 0
    assert len(printer.kept) == before


# ---- refusals


@pytest.mark.parametrize(
    ("uri", "code", "said"),
    [
        ("ipp://localhost:{port}/ipp/wrong", 7, "no such printer"),
        ("ipp://localhost:{free}/ipp/print", 7, "cannot be reached"),
        ("ipp://no-such-host.invalid/ipp/print", 7, "cannot be reached"),
        ("http://localhost:{port}/ipp/print", 2, "no printer's URI"),
        ("ipp://user:secret@localhost/", 2, "no printer's URI"),
        ("localhost", 2, "no printer's URI"),
    ],
)
def test_a_wrong_printer_is_told(
    run_dir: Path, printer: Press, uri: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ippclient, "_WAITS_S", (0.01, 0.01))
    done = call("submit", run_dir, "--printer", uri.format(port=printer.port, free=free_port()))
    assert done.code == code
    assert said in done.err
    assert "secret" not in done.err
    assert events(run_dir) == []


@pytest.mark.parametrize(
    ("formats", "conf", "said"),
    [
        ("image/jpeg", PRESS, "takes no application/pdf"),
        (
            "application/pdf",
            PRESS.replace("one-sided,two-sided-long-edge,two-sided-short-edge", "one-sided"),
            "cannot print two-sided-short-edge",
        ),
        ("application/pdf", None, "no sheet of 304.8 x 457.2 mm"),
    ],
)
def test_what_the_printer_does_not_support_is_refused_before_anything_is_sent(
    run_dir: Path, tmp_path: Path, formats: str, conf: str | None, said: str
) -> None:
    more = () if conf else ("-2",)
    with press(tmp_path / "press", formats=formats, conf=conf, more=more) as other:
        done = call("submit", run_dir, "--printer", other.uri)
        assert done.code == 7
        assert said in done.err
        assert "Create-Job" not in other.log
    assert events(run_dir) == []


def test_a_run_that_changed_is_not_sent(run_dir: Path, printer: Press) -> None:
    path = run_dir / "spool" / "0003.pdf"
    path.write_bytes(path.read_bytes()[:-1])
    before = len(printer.kept)
    done = call("submit", run_dir, "--printer", printer.uri, "--spool", 1)
    assert done.code == 5
    assert len(printer.kept) == before
    assert events(run_dir) == []


def test_a_file_that_changes_under_way_is_never_whole(
    run_dir: Path, own: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last bytes are held back until all of them are what was released."""
    former = ippclient._chunks

    def changed(path: Path) -> Iterator[bytes]:
        for chunk in former(path):
            yield bytes([chunk[0] ^ 1]) + chunk[1:]

    monkeypatch.setattr(ippclient, "_chunks", changed)
    monkeypatch.setattr(ippclient, "_CHUNK_BYTES", 10_000)
    outcome = submit(settings(run_dir, own, spools=(1,)), QuietReporter())
    assert outcome.exit_code == 7
    assert outcome.failure is not None
    assert "changed while it was sent" in outcome.failure.what
    assert outcome.rows[0].state == "unknown"
    assert all(path.stat().st_size < (run_dir / "spool" / "0001.pdf").stat().st_size for path in own.kept)


def test_a_secure_printer_must_be_trusted(run_dir: Path, tmp_path: Path) -> None:
    """ippeveprinter makes a certificate of its own, which nobody has signed."""
    keys = tmp_path / "keys"
    keys.mkdir()
    with press(tmp_path / "press", more=("-K", str(keys))) as secure:
        uri = secure.uri.replace("ipp://", "ipps://")
        refused = call("submit", run_dir, "--printer", uri)
        assert refused.code == 7
        assert "certificate is not trusted" in refused.err
        assert events(run_dir) == []
        certificate = next(keys.glob("*.crt"))
        trusted = call(
            "submit", run_dir, "--printer", uri, "--ca", certificate, "--spool", 1, "--wait", "--quiet"
        )
        assert trusted.code == 0, trusted.err
        assert [sha256(path) for path in secure.kept] == [spool(run_dir, 1)]


# ---- dying


def test_a_printer_that_dies_in_the_middle_leaves_it_open_and_nothing_is_sent_again(
    run_dir: Path, own: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = ippclient._chunks

    def dying(path: Path) -> Iterator[bytes]:
        for k, chunk in enumerate(former(path)):
            if k == 3:
                own.kill()
            yield chunk

    with monkeypatch.context() as patched:
        patched.setattr(ippclient, "_chunks", dying)
        patched.setattr(ippclient, "_CHUNK_BYTES", 10_000)
        patched.setattr(ippclient, "_WAITS_S", (0.01,))
        done = call("submit", run_dir, "--printer", own.uri, "--json", "--quiet")
    assert done.code == 7
    states = [row["state"] for row in done.record["spools"]]
    assert states == ["unknown", "open", "open"]
    own.start()
    # Cron comes again: what is open is sent, what is not known is not.
    again = call("submit", run_dir, "--printer", own.uri, "--wait", "--json", "--quiet")
    assert again.code == 7
    whole = [sha256(path) for path in own.kept]
    assert spool(run_dir, 1) not in whole
    assert [spool(run_dir, k) in whole for k in (2, 3)] == [True, True]
    # A person has looked.
    assert (
        call("submit", run_dir, "--printer", own.uri, "--wait", "--again", "--spool", 1, "--quiet").code == 0
    )
    assert spool(run_dir, 1) in [sha256(path) for path in own.kept]
    assert call("submit", run_dir, "--printer", own.uri, "--quiet").code == 0


def _patched(tick: Callable[[], None]) -> None:
    """A process that may die before and after every line of the ledger, and in the middle of a document."""
    write, chunks = ledger.Ledger.write, ippclient._chunks

    def torn_write(self: ledger.Ledger, *words: object, **facts: object) -> None:
        tick()
        write(self, *words, **facts)  # type: ignore[arg-type]
        tick()

    def torn_chunks(path: Path) -> Iterator[bytes]:
        for chunk in chunks(path):
            yield chunk
            tick()

    ledger.Ledger.write = torn_write  # type: ignore[method-assign]
    ippclient._chunks = torn_chunks
    ippclient._CHUNK_BYTES = 100_000


@pytest.mark.long
def test_killed_anywhere_no_print_file_is_printed_twice(released: Path, tmp_path: Path, own: Press) -> None:
    """Killed at each step in turn and started again three times, as cron would, the printer gets a file once or not yet."""
    step, dead = 0, True
    while dead:
        run_dir = fresh(released, tmp_path, f"k{step}")
        asked = settings(run_dir, own, spools=(1,), wait=True)
        dead = not die_at(step, _patched, lambda s=asked: submit(s, QuietReporter()))
        outcomes = [submit(asked, QuietReporter()) for _ in range(3)]
        kept = [path for path in own.kept if f"statement_k{step}_0001" in path.name]
        whole = [path for path in kept if sha256(path) == spool(run_dir, 1)]
        assert len(whole) <= 1, (step, events(run_dir))
        state = outcomes[-1].rows[0].state
        assert state in ("completed", "unknown"), (step, events(run_dir))
        # Either it is printed and known to be, or somebody is called.
        assert (outcomes[-1].exit_code == 0) == (state == "completed")
        if state == "completed":
            assert len(whole) == 1, (step, events(run_dir))
        shutil.rmtree(run_dir)
        step += 1
    assert step > 9


def _without_create_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an old printer: Create-Job is optional in IPP/1.1."""
    former = Printer.attributes

    def old(self: Printer) -> dict[str, list[ippclient.ipp.Value]]:
        says = former(self)
        says["operations-supported"] = [
            v for v in says["operations-supported"] if v.data != ippclient.CREATE_JOB
        ]
        return says

    monkeypatch.setattr(Printer, "attributes", old)


def test_a_printer_without_create_job_gets_it_at_once(
    run_dir: Path, own: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_create_job(monkeypatch)
    assert call("submit", run_dir, "--printer", own.uri, "--wait", "--quiet").code == 0
    assert [sha256(path) for path in own.kept] == [spool(run_dir, k) for k in (1, 2, 3)]
    assert "Create-Job" not in own.log
    assert [e["event"] for e in events(run_dir) if e["spool"] == 1] == ["sending", "accepted", "completed"]


def test_a_printer_without_create_job_that_dies_leaves_it_open(
    run_dir: Path, own: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_create_job(monkeypatch)
    former = ippclient._chunks

    def dying(path: Path) -> Iterator[bytes]:
        for k, chunk in enumerate(former(path)):
            if k == 3:
                own.kill()
            yield chunk

    with monkeypatch.context() as patched:
        patched.setattr(ippclient, "_chunks", dying)
        patched.setattr(ippclient, "_CHUNK_BYTES", 10_000)
        assert submit(settings(run_dir, own, spools=(1,)), QuietReporter()).exit_code == 7
    assert events(run_dir)[-1]["event"] == "sending"
    own.start()
    again = submit(settings(run_dir, own, spools=(1,)), QuietReporter())
    assert (again.exit_code, again.rows[0].state) == (7, "unknown")
    assert spool(run_dir, 1) not in [sha256(path) for path in own.kept]


def test_a_job_that_was_cut_off_does_not_block_the_printer_and_is_not_sent_again(
    released: Path, tmp_path: Path, own: Press
) -> None:
    """Killed between Create-Job and the ledger's line, the job is found by its name and canceled."""
    run_dir = fresh(released, tmp_path, "lost")
    asked = settings(run_dir, own, spools=(1,), wait=True)

    def before_created(tick: Callable[[], None]) -> None:
        write = ledger.Ledger.write

        def dying(self: ledger.Ledger, event: str, *words: object, **facts: object) -> None:
            if event == "created":
                tick()
            write(self, event, *words, **facts)  # type: ignore[arg-type]

        ledger.Ledger.write = dying  # type: ignore[method-assign]

    assert not die_at(0, before_created, lambda: submit(asked, QuietReporter()))
    assert events(run_dir)[-1]["event"] == "sending"
    again = call("submit", run_dir, "--printer", own.uri, "--wait", "--spool", 1, "--json", "--quiet")
    assert again.code == 7
    assert again.record["spools"][0]["state"] == "unknown"
    assert own.kept == []
    assert call("submit", run_dir, "--printer", own.uri, "--wait", "--spool", 2, "--quiet").code == 0
    assert len(own.kept) == 1


def test_a_printer_that_counts_anew_is_not_believed_about_anothers_job(
    released: Path, tmp_path: Path, own: Press
) -> None:
    first, second = (fresh(released, tmp_path, name) for name in ("one", "two"))
    assert submit(settings(first, own, spools=(1,)), QuietReporter()).exit_code == 0
    own.kill()
    own.start()
    # Its job 1 is another's now.
    assert submit(settings(second, own, spools=(1,), wait=True), QuietReporter()).exit_code == 0
    told = call("submit", first, "--status", "--json", "--quiet").record["spools"][0]
    assert (told["job_id"], told["state"]) in ((1, "forgotten"), (1, "completed"))
    if told["state"] == "completed":
        assert [e["at"] for e in events(first)][-1] < events(second)[0]["at"]


# ---- the wire


def test_busy_and_unreachable_printers_are_asked_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    printer = Printer(PrinterUri.of(f"ipp://localhost:{free_port()}/"), tries=3, sleep=waits.append)
    with pytest.raises(DeliveryError, match="cannot be reached"):
        printer.attributes()
    assert waits == [1.0, 2.0]


def test_a_busy_printer_is_waited_for(released: Path, tmp_path: Path) -> None:
    """ippeveprinter works at one job at a time, and says that it is busy."""
    with press(tmp_path / "press", command=_slow(tmp_path)) as slow:
        run_dir = fresh(released, tmp_path, "busy")
        assert call("submit", run_dir, "--printer", slow.uri, "--wait", "--quiet").code == 0
        assert "server-error-busy" in slow.log
        assert [sha256(path) for path in slow.kept] == [spool(run_dir, k) for k in (1, 2, 3)]


def _slow(folder: Path) -> str:
    script = folder / "slow"
    script.write_text("#!/bin/sh\nsleep 0.7\n")
    script.chmod(0o755)
    return str(script)


def test_a_job_that_the_printer_aborts_calls_somebody(released: Path, tmp_path: Path) -> None:
    with press(tmp_path / "press", command="/bin/false") as broken:
        run_dir = fresh(released, tmp_path, "abort")
        done = call("submit", run_dir, "--printer", broken.uri, "--wait", "--spool", 1, "--json", "--quiet")
        assert done.code == 7
        assert done.record["spools"][0]["state"] == "aborted"
        assert call("submit", run_dir, "--printer", broken.uri, "--spool", 1, "--quiet").code == 7
        assert len(broken.kept) == 1
        told = call("submit", run_dir, "--status")
        assert told.code == 0
        assert "aborted" in told.out


def test_what_is_no_ipp_is_told(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import http.server
    import threading

    class Web(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Web) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        done = call("submit", run_dir, "--printer", f"ipp://127.0.0.1:{server.server_port}/")
        server.shutdown()
        thread.join()
    assert done.code == 7
    assert "no IPP message" in done.err


def test_words_that_do_not_fit(run_dir: Path, printer: Press) -> None:
    for more in (
        (),
        ("--printer", printer.uri, "--again"),
        ("--printer", printer.uri, "--attribute", "copies=2"),
        ("--printer", printer.uri, "--spool", 9),
        ("--printer", "ipps://localhost/", "--ca", run_dir / "missing.pem"),
    ):
        assert call("submit", run_dir, *more).code == 2
    assert events(run_dir) == []


def test_waiting_has_an_end(run_dir: Path, own: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(submitting.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(submitting._Sender, "look_after", lambda self: None)
    outcome = submit(
        settings(run_dir, own, spools=(1,), wait=True, wait_minutes=5), QuietReporter(), sleep=lambda _: None
    )
    assert outcome.rows[0].attempt is not None
    assert outcome.rows[0].attempt.state == "accepted"
