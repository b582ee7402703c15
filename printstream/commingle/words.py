"""Words on the command line, or a mailing file -> which jobs are sorted together, and of what input.

In: folders, options. Out: ``Asked``. Never: imports a room; reads a job.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base.errors import UsageError
from printstream.base.frozen import frozen

if TYPE_CHECKING:
    from printstream.commingle.settings import MailingFile, Sharing
    from printstream.mailer import MailDat, Papers, Party, TrayLabels

MAILING_FILE = "mailing.yaml"
RECORD_FILE = "mailing.json"
_LONGEST_NAME = 80


@frozen
class Client:
    """A job of the mailing: its folder, its input's, whose mail it is."""

    job_dir: Path
    input_dir: Path
    owner: Party | None = None


@frozen
class Asked:
    """What is to be sorted together.

    Attributes:
        clients: the jobs.
        name, title: of the mailing; empty where the jobs' own make them.
        file: where it was read; None where the command line names the jobs.
        sharing, papers, tray_labels, maildat: as in the mailing's file.
    """

    clients: tuple[Client, ...]
    name: str = ""
    title: str = ""
    file: Path | None = None
    sharing: Sharing | None = None
    papers: Papers | None = None
    tray_labels: TrayLabels | None = None
    maildat: MailDat | None = None


@dataclass
class Targets:
    """The words of ``run``, ``plan`` and ``check`` that may be there several times."""

    folders: list[Path] = field(default_factory=list)
    inputs: list[Path | str] = field(default_factory=list)

    @property
    def mailing_file(self) -> Path | None:
        """The mailing's file, where one is named; a folder with a job.yaml is a job."""
        first = self.folders[0]
        if first.name == MAILING_FILE:
            return first
        file = first / MAILING_FILE
        return file if file.is_file() and not (first / "job.yaml").is_file() else None


def is_mailing(arguments: argparse.Namespace) -> bool:
    """Tell whether several jobs are asked for; of one job, put its words where every command has them."""
    if arguments.command == "verify":
        target: Path = arguments.target
        return target.name == RECORD_FILE or (target / RECORD_FILE).is_file()
    if arguments.command not in ("run", "plan", "check"):
        return False
    words = Targets(arguments.target, arguments.input or [])
    if len(words.folders) > 1 or words.mailing_file is not None:
        return True
    if len(words.inputs) > 1:
        what = f"{len(words.inputs)} inputs are given for one job"
        raise UsageError(what, where="--input", next_step="Name one folder; several jobs take one each")
    arguments.target = words.folders[0]
    arguments.input = words.inputs[0] if words.inputs else None
    return False


def asked_of(arguments: argparse.Namespace) -> Asked:
    """Check the words, and read the mailing's file where one is named.

    Raises:
        UsageError: the words do not fit together, or a folder is not there.
        JobError: the mailing's file is wrong.
    """
    _refuse_single(arguments)
    words = Targets(arguments.target, arguments.input or [])
    inputs = [Path(word) for word in words.inputs]
    file = words.mailing_file
    if file is None:
        folders = [folder.parent if folder.name == "job.yaml" else folder for folder in words.folders]
        asked = Asked(tuple(map(Client, folders, _inputs(folders, inputs))))
    else:
        if len(words.folders) > 1:
            what = "a mailing's file names all of its jobs"
            raise UsageError(what, where=str(file), next_step="Name it alone, or the jobs one by one")
        asked = _read(file, inputs)
    _need_folders(asked)
    return asked


def _refuse_single(arguments: argparse.Namespace) -> None:
    """What works with one job at a time."""
    if getattr(arguments, "compare", None) or getattr(arguments, "save", None):
        what = "variants are compared of one job at a time"
        raise UsageError(what, where="--compare", next_step="Name one job")
    if arguments.engine != "local":
        what = "several jobs are sorted together on one machine"
        raise UsageError(what, where="--engine", next_step="Leave --engine and --scheduler out")
    if any(isinstance(word, str) for word in [*(arguments.input or []), arguments.out]):
        what = "several jobs are read from, and written to, folders of this machine"
        raise UsageError(what, next_step="Copy the input from the store, and name the copies")


def _inputs(folders: Sequence[Path], inputs: Sequence[Path]) -> list[Path]:
    """An input for each job: its own data folder, one for all, or one each."""
    if not inputs:
        return [folder / "data" for folder in folders]
    if len(inputs) == 1:
        return [inputs[0]] * len(folders)
    if len(inputs) != len(folders):
        what = f"{len(inputs)} inputs are given for {len(folders)} jobs"
        raise UsageError(what, where="--input", next_step="Give one for all, or one for each in their order")
    return list(inputs)


def _read(file: Path, inputs: Sequence[Path]) -> Asked:
    from printstream.base.yamlfile import load_model
    from printstream.commingle.settings import MailingFile

    read = load_model(file, MailingFile)
    folders = [file.parent / entry.job for entry in read.jobs]
    clients = map(Client, folders, _listed_inputs(file, read, inputs), [entry.owner for entry in read.jobs])
    return Asked(
        tuple(clients),
        read.name,
        read.title,
        file,
        read.sharing,
        read.papers,
        read.tray_labels,
        read.maildat,
    )


def _listed_inputs(file: Path, read: MailingFile, inputs: Sequence[Path]) -> list[Path]:
    """Inputs of a mailing file's jobs: below the folder of the command line, or one each."""
    if len(inputs) > 1:
        return _inputs([file.parent / entry.job for entry in read.jobs], inputs)
    root = inputs[0] if inputs else file.parent
    # Without a word of it anywhere, a job's input is where it is when the job runs alone.
    alone = [root if inputs else file.parent / entry.job / "data" for entry in read.jobs]
    return [root / entry.input if entry.input else own for entry, own in zip(read.jobs, alone, strict=True)]


def _need_folders(asked: Asked) -> None:
    for client in asked.clients:
        if not (client.job_dir / "job.yaml").is_file():
            what = "there is no job.yaml in this folder"
            raise UsageError(what, where=str(client.job_dir), next_step="Name the folder that holds job.yaml")
        if not client.input_dir.is_dir():
            what = "there is no such input folder"
            next_step = "Name the folder of the data with --input, one for all jobs or one for each"
            raise UsageError(what, where=str(client.input_dir), next_step=next_step)


def name_of(jobs: Sequence[str]) -> str:
    """Name of a mailing whose jobs the command line names.

    Raises:
        UsageError: when it would be too long.
    """
    name = "+".join(jobs)
    if len(name) > _LONGEST_NAME:
        what = f"{len(jobs)} jobs make too long a name for the mailing's folder"
        raise UsageError(what, next_step=f"List them in a {MAILING_FILE}, which has a name of its own")
    return name
