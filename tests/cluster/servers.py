"""A scheduler, workers and a store with S3's interface, as processes of their own on loopback, for tests to use and kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.judges.nights import child_environment

STORE_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Worker:
    """A worker process, and the folder in which its tasks make their temporary ones."""

    process: subprocess.Popen[bytes]
    temporary: Path

    def is_at(self, work: str) -> bool:
        """Whether a task of this kind (``part``, ``group``) is at work now."""
        return any(self.temporary.glob(f"printstream-{work}-*"))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Cluster:
    scheduler: str
    workers: tuple[Worker, ...]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    settings = {**child_environment(), **STORE_ACCOUNT, "POLARS_MAX_THREADS": "1", **environment}
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, env=settings)
        try:
            yield child
        finally:
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()


def _wait_for_port(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and child.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(log.read_text())


def _dask(*words: str) -> list[str]:
    return [sys.executable, "-m", "dask", *words]


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    port = free_port()
    log = folder / "scheduler.log"
    words = ("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with _process(_dask(*words), log) as child:
        _wait_for_port(port, child, log)
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A scheduler and workers of one thread each; no nanny, so who is killed stays away."""
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(folder))
        made = []
        for k in range(workers):
            temporary = folder / f"worker-{k}"
            temporary.mkdir()
            words = (
                "--nthreads",
                "1",
                "--no-nanny",
                "--no-dashboard",
                "--local-directory",
                str(temporary / "dask"),
            )
            command = _dask("worker", address, *words)
            process = stack.enter_context(
                _process(command, folder / f"worker-{k}.log", TMPDIR=str(temporary))
            )
            made.append(Worker(process, temporary))
        _wait_for_workers(folder, workers)
        yield Cluster(address, tuple(made))


def _wait_for_workers(folder: Path, count: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        logs = [folder / f"worker-{k}.log" for k in range(count)]
        if all(b"Registered to" in log.read_bytes() for log in logs if log.exists()):
            return
        time.sleep(0.05)
    raise RuntimeError((folder / "worker-0.log").read_text())


@contextmanager
def store(folder: Path) -> Iterator[str]:
    """A store with S3's interface and one bucket; gives ``s3://night{}?...``, to be filled with a path."""
    port = free_port()
    log = folder / "store.log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _process(command, log) as child:
        _wait_for_port(port, child, log)
        settings = f"endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
        _make_bucket(f"s3://night?{settings}&allow_bucket_creation=true")
        yield f"s3://night{{}}?{settings}"


def _make_bucket(uri: str) -> None:
    code = "import sys; from pyarrow import fs; f, p = fs.FileSystem.from_uri(sys.argv[1]); f.create_dir(p)"
    subprocess.run([sys.executable, "-c", code, uri], check=True, env={**os.environ, **STORE_ACCOUNT})
