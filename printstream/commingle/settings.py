"""The file of a common mailing, ``mailing.yaml``, as a frozen model.

In: the text of the file. Out: ``MailingFile``. Never: reads data, touches the disk.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from printstream.base.model import Model, RelativePath, Slug
from printstream.mailer import MailDat, Papers, Party, TrayLabels

MAILING_FILE = "mailing.yaml"


class JobEntry(Model):
    """A job of the mailing."""

    job: RelativePath
    """Folder that holds its job.yaml, below the mailing's folder."""
    input: RelativePath | None = None
    """Folder of its input, below that of --input, or else below the mailing's; the job's own data folder where absent."""
    owner: Party | None = None
    """Whose mail it is, for Mail.dat; the owner of the job's own maildat where absent."""


class Sharing(Model):
    """How the saving is shared among the jobs."""

    rule: Literal["shapley", "proportional"] = "shapley"
    """shapley: by what each job adds to the saving; proportional: by what each job's mail costs alone."""
    exact_up_to: Annotated[int, Field(ge=1, le=14)] = 10
    """Jobs up to which the Shapley value is exact, which takes 2^jobs sorts; of more it is drawn by lot."""
    permutations: Annotated[int, Field(ge=2, le=100_000)] = 400
    """Orders of the jobs that are drawn by lot, seeded by the jobs' seeds."""


class MailingFile(Model):
    """Jobs that are sorted together."""

    format: Literal["printstream-mailing/1"]
    """Version of this file's form."""
    name: Slug
    """Short name; the folder of the mailing is out/<name>/<run-id>."""
    title: str
    """Name for papers."""
    jobs: Annotated[tuple[JobEntry, ...], Field(min_length=2, max_length=60)]
    """The jobs; their order does not matter."""
    sharing: Sharing = Sharing.preset()
    """How the saving is shared."""
    papers: Papers = Papers.preset()
    """Which papers for the post are made of the mailing as a whole."""
    tray_labels: TrayLabels | None = None
    """What common trays' labels say; as the first job by name has it, with maildat's preparer, where absent."""
    maildat: MailDat | None = None
    """Makes a Mail.dat of the whole mailing: its owner and permit pay, components name each job's owner."""

    @model_validator(mode="after")
    def _jobs_differ(self) -> Self:
        folders = [entry.job.rstrip("/") for entry in self.jobs]
        if len(set(folders)) != len(folders):
            msg = "a job is there twice"
            raise ValueError(msg)
        return self
