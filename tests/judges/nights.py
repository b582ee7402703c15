"""Inputs and finished runs for tests, made once for all test processes, and the command line as a test calls it."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from ruamel.yaml import YAML

from tests.judges.statement import ROOT

JOB = ROOT / "jobs" / "statement"


# ---- once for all processes


def shared(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Give ``folder/name``, made by the first process that asks; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            partial = folder / f"{name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            make(partial)
            partial.rename(made)
    return made


def make_input(scale: str, out: Path) -> None:
    """Make the statement input; a finished one is left alone."""
    command = [sys.executable, str(ROOT / "fixtures" / "tpch.py"), "--scale", scale, "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)


# ---- jobs


def job_with(folder: Path, changes: Mapping[str, Any]) -> Path:
    """Copy the statement job with settings changed: ``{"spool.sheets": 60}``; None takes a setting away."""
    shutil.copytree(JOB, folder)
    change_yaml(folder / "job.yaml", changes)
    return folder


def change_yaml(path: Path, changes: Mapping[str, Any]) -> None:
    """Change settings in a YAML file by dotted paths; numbers in a path count list items."""
    yaml = YAML()
    document = yaml.load(path.read_text())
    for place, value in changes.items():
        *parents, last = (int(part) if part.isdigit() else part for part in place.split("."))
        node = document
        for part in parents:
            node = node[part]
        if value is None:
            del node[last]
        else:
            node[last] = value
    with path.open("w") as file:
        yaml.dump(document, file)


def few_documents(source: Path, folder: Path, count: int = 40) -> None:
    """Cut an input down to its first sound documents, with their lines."""
    documents = pl.read_parquet(source / "documents" / "*.parquet").filter(
        (pl.col("customer_key") <= _last_true_key(source)) & (pl.col("zip5").str.len_bytes() == 5)
    )
    documents = documents.head(count)
    lines = pl.read_parquet(source / "lines" / "*.parquet").join(documents, on="customer_key", how="semi")
    write_input(folder, documents, lines)


def _last_true_key(source: Path) -> int:
    """TPC-H numbers 150,000 customers a scale; what is spoiled lies beyond."""
    scale = float(json.loads((source / "expected.json").read_text())["scale"])
    return round(150_000 * scale)


def write_input(folder: Path, documents: pl.DataFrame, lines: pl.DataFrame) -> None:
    """Write both tables of an input."""
    for name, frame in (("documents", documents), ("lines", lines)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        frame.write_parquet(folder / name / "0000.parquet")


# ---- the command line


@dataclass(frozen=True)
class Outcome:
    """What a command gave: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        """Standard output as the one JSON document that it must be."""
        record: dict[str, Any] = json.loads(self.out)
        return record


def call(*words: object) -> Outcome:
    """Run a command in this process."""
    from printstream.cli import main

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


def command_line(*words: object) -> list[str]:
    """The same command for another process."""
    return [sys.executable, "-m", "printstream", *map(str, words)]


def child_environment() -> dict[str, str]:
    """The environment of another process that must find the package."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def call_apart(*words: object, **settings: Any) -> Outcome:
    """Run a command in a process of its own."""
    done = subprocess.run(
        command_line(*words), capture_output=True, text=True, check=False, env=child_environment(), **settings
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@contextmanager
def started(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A command at work in a process of its own, ended at the end in any case."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command_line(*words), env=child_environment(), **pipes) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def files_below(folder: Path) -> list[str]:
    """Every file below a folder, as relative paths."""
    if not folder.exists():
        return []
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
