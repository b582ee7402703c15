"""What tests of deliveries share: a process that dies at a chosen step, a real IPP printer on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.conftest import require_tool

PRESS = """\
ATTR boolean color-supported false
ATTR integer copies-default 1
ATTR rangeOfInteger copies-supported 1-999
ATTR keyword job-creation-attributes-supported copies,job-name,media,media-col,orientation-requested,print-scaling,sides,job-pages
ATTR keyword media-col-supported media-size,media-thickness,media-weight-metric
ATTR keyword media-default na_arch-b_12x18in
ATTR keyword media-ready na_arch-b_12x18in
ATTR keyword media-supported na_arch-b_12x18in,na_letter_8.5x11in
ATTR collection media-col-default {
  MEMBER collection media-size { MEMBER integer x-dimension 30480 MEMBER integer y-dimension 45720 }
}
ATTR collection media-size-supported {
  MEMBER integer x-dimension 30480
  MEMBER integer y-dimension 45720
},{
  MEMBER integer x-dimension 21590
  MEMBER integer y-dimension 27940
}
ATTR enum orientation-requested-supported 3,4
ATTR keyword output-bin-supported stacker-1,top
ATTR keyword print-scaling-supported auto,none
ATTR keyword sides-supported one-sided,two-sided-long-edge,two-sided-short-edge
"""
"""A press that takes 12 x 18 in, both sides, at 100 %."""


# ---- dying


def die_at(step: int, patch: Callable[[Callable[[], None]], None], work: Callable[[], object]) -> bool:
    """Do the work in a process that is killed with SIGKILL at the n-th call of a tick; True where it got to its end.

    Args:
        step: which tick kills, from 0.
        patch: is given the tick, and puts it wherever the process may die.
        work: what is done.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        count = 0

        def tick() -> None:
            nonlocal count
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

        try:
            patch(tick)
            work()
        finally:
            os._exit(0)
    _, state = os.waitpid(child, 0)
    return os.WIFEXITED(state)


def events(run_dir: Path) -> list[dict[str, Any]]:
    path = run_dir / "deliveries.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- a printer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Press:
    """A running ``ippeveprinter``: a real IPP Everywhere printer, which keeps what it prints."""

    def __init__(
        self, folder: Path, *, formats: str, command: str, conf: str | None, more: tuple[str, ...]
    ) -> None:
        self.folder, self.port = folder, free_port()
        self._bus = subprocess.Popen(
            [
                require_tool("dbus-daemon"),
                "--session",
                f"--address=unix:path={folder}/bus",
                "--nofork",
                "--nopidfile",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait(lambda: (folder / "bus").exists())
        self._words = [require_tool("ippeveprinter"), "-p", str(self.port), "-n", "localhost"]
        self._words += ["-d", str(folder / "kept"), "-k", "-r", "off", "-c", command, "-v", *more]
        if conf is None:
            self._words += ["-f", formats]
        else:
            own = f"ATTR mimeMediaType document-format-supported {formats}\n"
            (folder / "press.conf").write_text(conf + own)
            self._words += ["-a", str(folder / "press.conf")]
        (folder / "kept").mkdir()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def uri(self) -> str:
        return f"ipp://localhost:{self.port}/ipp/print"

    @property
    def kept(self) -> list[Path]:
        """The documents that it has printed, in the order in which it got them."""
        return sorted((self.folder / "kept").glob("*.pdf"), key=lambda p: int(p.name.partition("-")[0]))

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        environment = {
            **os.environ,
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/bus",
            "HOME": str(self.folder),
        }
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen([*self._words, "Press"], env=environment, stdout=log, stderr=log)
        _wait(self._answers)

    def kill(self) -> None:
        self._server.kill()
        self._server.wait()

    def stop(self) -> None:
        for process in (getattr(self, "_server", None), self._bus):
            if process is not None:
                process.kill()
                process.wait()

    def _answers(self) -> bool:
        assert self._server.poll() is None, self.log
        with contextlib.suppress(OSError), socket.create_connection(("localhost", self.port), 1):
            return True
        return False


@contextlib.contextmanager
def press(
    folder: Path,
    *,
    formats: str = "application/pdf",
    command: str = "/bin/true",
    conf: str | None = PRESS,
    more: tuple[str, ...] = (),
) -> Iterator[Press]:
    folder.mkdir(parents=True, exist_ok=True)
    running = Press(folder, formats=formats, command=command, conf=conf, more=more)
    try:
        yield running
    finally:
        running.stop()


def _wait(ready: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until
        time.sleep(0.05)
