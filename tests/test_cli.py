"""The command line: light help, options, faults and their exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

import printstream
from printstream.base import errors
from printstream.base.log import QuietReporter
from printstream.base.options import Options, RunResult
from printstream.cli import COMMANDS, EXIT_CODES, main

CORRIDOR = ("run", "plan", "check", "verify")

_HEAVY = ("numpy", "numba", "polars", "pyarrow", "pydantic", "rich", "pikepdf", "jinja2", "psutil")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    (folder / "data").mkdir(parents=True)
    (folder / "job.yaml").write_text("format: printstream-job/1\n")
    return folder


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """A pipeline that remembers its calls and raises what it is told to."""
    fake = types.ModuleType("printstream.pipeline")
    state = types.SimpleNamespace(calls=[], error=None)

    def command(name: str) -> Callable[..., RunResult]:
        def perform(first: Options | Path, reporter: QuietReporter, *rest: int) -> RunResult:
            state.calls.append((name, first, type(reporter), *rest))
            if state.error is not None:
                raise state.error
            return RunResult(
                Path("out/x/1"), {"documents_in": 2, "printed": 2, "pages": 7}, spools=(Path("0001.pdf"),)
            )

        return perform

    for name in CORRIDOR:
        setattr(fake, name, command(name))
    monkeypatch.setitem(sys.modules, "printstream.pipeline", fake)
    monkeypatch.setattr(printstream, "pipeline", fake, raising=False)
    monkeypatch.setenv("POLARS_MAX_THREADS", "2")
    monkeypatch.delenv("PRINTSTREAM_DEBUG", raising=False)
    return state


def test_help_loads_no_machinery_and_is_quick() -> None:
    code = (
        "import sys\n"
        "from printstream.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        f"heavy = [m for m in {_HEAVY} if m in sys.modules]\n"
        "print('HEAVY', heavy)"
    )
    # Processor time, for other tests share the cores; the best of three, for they share the caches too.
    seconds = []
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert "HEAVY []" in child.stdout.read()
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        seconds.append(used.ru_utime + used.ru_stime)
    assert min(seconds) < 0.3


def test_a_command_imports_no_other_commands_words() -> None:
    code = (
        "import sys\n"
        "from printstream.cli import COMMANDS, main\n"
        "try: main([sys.argv[1], '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print('WORDS', [name for name in COMMANDS if f'printstream.cli.{name}' in sys.modules])\n"
        f"print('HEAVY', [m for m in {_HEAVY} if m in sys.modules])"
    )
    for name in ("run", "bench"):
        command = [sys.executable, "-c", code, name]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert f"WORDS ['{name}']\nHEAVY []" in shown


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS), ["addresses", "export"]])
def test_help_is_printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: {' '.join(['printstream', *words])} ")
    if words:
        assert "--debug" in shown or words == ["addresses"]
    else:
        assert all(re.search(rf"^    {name}\b", shown, re.MULTILINE) for name in COMMANDS)


def test_every_command_takes_the_same_options(capsys: pytest.CaptureFixture[str]) -> None:
    taken = set()
    for name in CORRIDOR:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        own = {"--compare", "--save"} if name == "plan" else set()
        taken.add(frozenset(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)) - own)
    assert taken == {
        frozenset(
            [
                "--input",
                "--out",
                "--workers",
                "--limit",
                "--run-id",
                "--serials",
                "--json",
                "--quiet",
                "--debug",
                "--engine",
                "--scheduler",
            ]
        )
    }


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"printstream {printstream.__version__}\n"


def test_words_become_options(job: Path, pipeline: types.SimpleNamespace, tmp_path: Path) -> None:
    words = [
        "run",
        str(job),
        "--input",
        str(tmp_path),
        "--out",
        "o",
        "--workers",
        "3",
        "--limit",
        "9",
        "--run-id",
        "r-1",
    ]
    assert main([*words, "--quiet"]) == 0
    options = Options(job=job, input_dir=tmp_path, out=Path("o"), workers=3, limit=9, run_id="r-1")
    assert pipeline.calls == [("run", options, QuietReporter)]


def test_the_job_file_stands_for_its_folder(job: Path, pipeline: types.SimpleNamespace) -> None:
    assert main(["check", str(job / "job.yaml")]) == 0
    assert pipeline.calls[0][1].job == job


def test_verify_takes_a_run_folder(tmp_path: Path, pipeline: types.SimpleNamespace) -> None:
    (tmp_path / "run.json").write_text("{}")
    assert main(["verify", str(tmp_path), "--workers", "2"]) == 0
    assert pipeline.calls[0][:2] == ("verify", tmp_path)
    assert pipeline.calls[0][3] == 2


def test_the_result_goes_to_standard_output(
    job: Path, pipeline: types.SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(job), "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["counts"] == {"documents_in": 2, "printed": 2, "pages": 7}
    assert shown.err == ""
    main(["run", str(job)])
    assert "out/x/1: released" in capsys.readouterr().out
    main(["run", str(job), "--quiet"])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["print"],
        ["run"],
        ["run", "JOB", "--limit", "0"],
        ["run", "JOB", "--limit", "-1"],
        ["run", "JOB", "--workers", "two"],
        ["run", "JOB", "--run-id", "../x"],
        ["run", "JOB", "--run-id", ".hidden"],
        ["run", "JOB", "--run-id", "a/b"],
        ["run", "JOB", "--colour"],
    ],
)
def test_wrong_words_end_with_2(job: Path, pipeline: types.SimpleNamespace, words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(job) if word == "JOB" else word for word in words])
    assert end.value.code == 2
    assert pipeline.calls == []


def test_a_folder_that_is_not_there_ends_with_2(
    job: Path, pipeline: types.SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(tmp_path / "none")]) == 2
    assert "there is no job.yaml" in capsys.readouterr().err
    assert main(["run", str(job), "--input", str(tmp_path / "none")]) == 2
    assert "--input" in capsys.readouterr().err
    assert main(["verify", str(job)]) == 2
    assert "there is no run.json" in capsys.readouterr().err
    assert pipeline.calls == []


@pytest.mark.parametrize(
    ("error", "code", "part"),
    [
        (
            errors.JobError("unknown key 'x'", where="job.yaml:3:1", next_step="Mend it"),
            3,
            "job.yaml:3:1: unknown key 'x'. Mend it.",
        ),
        (errors.InputError("no column 'zip'"), 4, "no column 'zip'."),
        (errors.BalanceError("3 documents are missing"), 5, "3 documents"),
        (errors.ResourceError("no room"), 6, "no room"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 6, "memory ran out"),
        (OSError(28, "No space left on device", "/x/0001.pdf"), 6, "/x/0001.pdf: No space left on device"),
        (PermissionError(13, "Permission denied", "/x"), 6, "Permission denied"),
        (BrokenProcessPool("gone"), 6, "a worker was killed"),
        (ValueError("Mr Smith, 1 Main St"), 1, "a fault that nobody foresaw (ValueError)"),
        (OSError("strange"), 1, "a fault that nobody foresaw (OSError)"),
    ],
)
def test_a_fault_is_a_sentence_and_a_code(
    job: Path,
    pipeline: types.SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    part: str,
) -> None:
    pipeline.error = error
    assert main(["run", str(job), "--json"]) == code
    shown = capsys.readouterr()
    assert part in shown.err
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err
    assert "Smith" not in shown.err + shown.out
    record = json.loads(shown.out)
    assert (record["status"], record["exit_code"]) == ("failed", code)
    assert code in dict(EXIT_CODES)


def test_debug_writes_the_stack_to_a_file(
    job: Path,
    pipeline: types.SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipeline.error = ValueError("deep inside")
    assert main(["run", str(job)]) == 1
    assert "Run again with --debug" in capsys.readouterr().err
    for words, debug in ((["--debug"], ""), ([], "1")):
        monkeypatch.setenv("PRINTSTREAM_DEBUG", debug)
        assert main(["run", str(job), *words]) == 1
        shown = capsys.readouterr().err
        assert "Traceback" not in shown
        stack = Path(shown.split("Its stack is in ")[1].strip().rstrip("."))
        assert "deep inside" in stack.read_text()
        stack.unlink()


def test_sigterm_ends_with_130(job: Path) -> None:
    """A real process and a real signal: unwinding must happen, so that partial files are removed."""
    code = (
        "import sys, types, time, printstream\n"
        "fake = types.ModuleType('printstream.pipeline')\n"
        "def run(options, reporter):\n"
        "    try:\n"
        "        print('working', flush=True); time.sleep(30)\n"
        "    finally:\n"
        "        print('cleaned', flush=True)\n"
        "fake.run = fake.plan = fake.check = run\n"
        "sys.modules['printstream.pipeline'] = printstream.pipeline = fake\n"
        "from printstream.cli import main\n"
        f"sys.exit(main(['run', {str(job)!r}]))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "working\n"
        child.send_signal(signal.SIGTERM)
        assert child.stdout.read() == "cleaned\n"
    assert child.returncode == 130


def test_a_closed_pipe_is_no_fault(job: Path) -> None:
    code = (
        "import sys, types, printstream; from pathlib import Path\n"
        "from printstream.base.options import RunResult\n"
        "fake = types.ModuleType('printstream.pipeline')\n"
        "fake.run = fake.plan = fake.check = lambda o, r: (sys.stdin.read(), RunResult(Path('x'), {'pages': 1}))[1]\n"
        "sys.modules['printstream.pipeline'] = printstream.pipeline = fake\n"
        "from printstream.cli import main\n"
        f"sys.exit(main(['run', {str(job)!r}]))\n"
    )
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as child:
        child.stdout.close()
        child.stdin.close()
        assert child.stderr.read() == b""
    assert child.returncode == 0


def test_every_fault_class_has_a_documented_code() -> None:
    documented = {code for code, _ in EXIT_CODES}
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)]
    assert {c.exit_code for c in classes} | {0} == documented
    page = (Path(__file__).parents[1] / "docs" / "exit-codes.md").read_text()
    for code, meaning in EXIT_CODES:
        assert f"| {code} | {meaning}" in page
