"""Which jobs may be sorted together, and which of their streams are.

In: the jobs, their schemes. Out: refusals; classes of mail, the streams and settings of the common mailing. Never: looks at
a piece.

A class is all streams of all jobs that have one scheme and lie in one kind of trays: a sorting line takes envelopes of
either job, the post wants one price list, one day and one office for what lies in a tray.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from printstream import presort
from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.commingle.words import Asked
from printstream.job import Job, StreamSettings
from printstream.mailer import TrayLabels
from printstream.order import WorkOrder

Schemes = Mapping[str, presort.LoadedScheme]
Singles = Mapping[str, presort.LoadedSingle]


@frozen
class Feed:
    """A stream of a job: its envelopes come to the sorting line by themselves.

    Attributes:
        job: place of the job among the mailing's.
        stream: its settings.
    """

    job: int
    stream: StreamSettings


@frozen
class MailClass:
    """Feeds that could share trays.

    Attributes:
        scheme: their presort scheme.
        feeds: in the order of jobs and streams, of at least two jobs.
    """

    scheme: str
    feeds: tuple[Feed, ...]


@frozen
class PriceLists:
    """The schemes and single-piece prices of all jobs, by name."""

    schemes: dict[str, presort.LoadedScheme]
    singles: dict[str, presort.LoadedSingle]


def check_together(orders: Sequence[WorkOrder]) -> None:
    """Refuse jobs that no post would take as one mailing.

    Raises:
        JobError: naming two jobs and what is different.
    """
    names = [order.job.name for order in orders]
    for name in names:
        if names.count(name) > 1:
            what = f"two jobs of the mailing have the name {name!r}"
            raise JobError(what, where="job.name", next_step="Give each client's job a name of its own")
    settings: tuple[tuple[str, str, Callable[[Job], object]], ...] = (
        ("production_date", "are mailed on different days", lambda job: job.production_date),
        ("mailing.origin", "are entered at different places", lambda job: job.mailing.origin),
        ("mailing.barcode", "carry codes of different kinds", lambda job: job.mailing.barcode),
        ("address.form", "have addresses of different posts", lambda job: job.address.form),
    )
    first = orders[0].job
    for where, how, of in settings:
        for order in orders[1:]:
            if of(order.job) != of(first):
                words = f"{first.name}: {of(first)}, {order.job.name}: {of(order.job)}"
                what = f"the jobs {how} ({words})"
                step = "Give them the same, or run them apart"
                raise JobError(what, where=f"job.{where}", next_step=step)


def price_lists(orders: Sequence[WorkOrder]) -> PriceLists:
    """Load the schemes of all jobs; those of one name must be one scheme.

    Raises:
        JobError: a scheme is missing or wrong, or two jobs mean different things by its name.
    """
    schemes: dict[str, presort.LoadedScheme] = {}
    singles: dict[str, presort.LoadedSingle] = {}
    for order in orders:
        own = presort.load_prices(order.job, order.job_dir)
        for name, scheme in own[0].items():
            if schemes.setdefault(name, scheme) != scheme:
                raise _two_of(name, order.job)
        for name, single in own[1].items():
            if singles.setdefault(name, single) != single:
                raise _two_of(name, order.job)
    return PriceLists(schemes, singles)


def _two_of(name: str, job: Job) -> JobError:
    what = f"the scheme {name!r} of job {job.name} is not that of the jobs before it"
    step = "A mailing has one price list and one set of labeling lists: give all jobs the same files"
    return JobError(what, where="schemes", next_step=step)


def mail_classes(orders: Sequence[WorkOrder], schemes: Schemes) -> list[MailClass]:
    """Gather the streams that could share trays; those of a single job are none."""
    found: dict[tuple[str, tuple[str, ...]], list[Feed]] = {}
    for number, order in enumerate(orders):
        for stream in order.job.streams:
            if stream.scheme is not None:
                sets, _ = presort.trays_for(stream, schemes[stream.scheme])
                kind = stream.scheme, tuple(tray.name for tray_set in sets for tray in tray_set.trays)
                found.setdefault(kind, []).append(Feed(number, stream))
    return [
        MailClass(scheme, tuple(feeds))
        for (scheme, _), feeds in found.items()
        if len({feed.job for feed in feeds}) > 1
    ]


def common_job(
    asked: Asked, name: str, orders: Sequence[WorkOrder], classes: Sequence[MailClass]
) -> tuple[Job, dict[tuple[int, str], str]]:
    """Make the settings of the common mailing: a stream for each class, and one for each feed that is in none.

    Args:
        asked: what is to be sorted together.
        name: of the mailing.
        orders: the jobs.
        classes: the streams that share trays.

    Returns:
        a job whose streams, papers, labels and Mail.dat are the mailing's, everything else the first job's; and the
        common stream of each job's stream.
    """
    class_of = {(f.job, f.stream.name): k for k, group in enumerate(classes) for f in group.feeds}
    streams: list[StreamSettings] = []
    stream_of: dict[tuple[int, str], str] = {}
    made: dict[int, str] = {}
    for number, order in enumerate(orders):
        for stream in order.job.streams:
            key = number, stream.name
            group = class_of.get(key)
            if group is not None and group in made:
                stream_of[key] = made[group]
                continue
            own = stream.name if group is not None else f"{order.job.name}-{stream.name}"
            own = _unused(own, streams)
            streams.append(stream.model_copy(update={"name": own}))
            stream_of[key] = own
            if group is not None:
                made[group] = own
    first = orders[0].job
    title = asked.title or " + ".join(order.job.name for order in orders)
    mailing = first.mailing.model_copy(
        update={
            "maildat": asked.maildat,
            "tray_labels": _labels(asked, first),
            **({"papers": asked.papers} if asked.papers is not None else {}),
        }
    )
    changes = {"name": name, "title": title, "streams": tuple(streams), "mailing": mailing}
    return first.model_copy(update=changes), stream_of


def _labels(asked: Asked, first: Job) -> TrayLabels:
    """The trays are whose who prepares the mailing, where that is known."""
    labels = asked.tray_labels or first.mailing.tray_labels
    if labels.mailer_id is not None or asked.maildat is None:
        return labels
    return labels.model_copy(update={"mailer_id": asked.maildat.agent.mailer_id})


def _unused(name: str, streams: Sequence[StreamSettings]) -> str:
    taken = {stream.name for stream in streams}
    numbered = (f"{name}-{k}" for k in range(2, len(taken) + 3))
    return name if name not in taken else next(n for n in numbered if n not in taken)
