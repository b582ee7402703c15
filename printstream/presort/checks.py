"""What a scheme cannot promise, as sentences for the operator; and which trays an envelope needs.

In: schemes, the job. Out: warnings, a tray set. Never: changes the sort.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from printstream.base.errors import JobError
from printstream.base.postcodes import PostalForm
from printstream.job import Job, StreamSettings
from printstream.presort.load import LoadedScheme, LoadedSingle
from printstream.presort.scheme import EnvelopeSize, Rates, TraySet


def scheme_warnings(name: str, loaded: LoadedScheme, production_date: date) -> Iterator[str]:
    """Dates that do not fit, and lists that are stand-ins."""
    yield from rate_warnings(name, loaded.scheme.card(production_date), production_date)
    for key, settings in loaded.scheme.labeling_lists.items():
        where = f"Scheme {name}: the labeling list {settings.file}"
        if settings.stand_in:
            yield f"{where} is a STAND-IN, not the post's own; put the current list there before mailing."
        last_day = settings.expires or loaded.lists[key].grace
        if last_day is not None and production_date > last_day:
            yield (
                f"{where} EXPIRED on {last_day}, before the production date {production_date}; "
                "trays and prices may be wrong: put the current list in its place."
            )
        if production_date < settings.effective:
            yield (
                f"{where} is effective only from {settings.effective}, "
                f"after the production date {production_date}."
            )


def rate_warnings(name: str, rates: Rates, production_date: date) -> Iterator[str]:
    """Prices that are not confirmed, or not those of the production date."""
    if rates.stand_in:
        yield f"Scheme {name}: the prices are a STAND-IN, not the post's own; put those of your contract there."
    elif not rates.confirmed:
        yield f"Scheme {name}: the prices of {rates.effective} are not confirmed by the post's price list."
    if production_date < rates.effective:
        yield (
            f"Scheme {name}: the prices are effective only from {rates.effective}, "
            f"after the production date {production_date}."
        )
    if rates.expires is not None and production_date > rates.expires:
        yield (
            f"Scheme {name}: the prices EXPIRED on {rates.expires}, before the production date "
            f"{production_date}; postage is wrong."
        )


def check_containers(job: Job, schemes: dict[str, LoadedScheme]) -> None:
    """Refuse containers that a stream's scheme does not have.

    Raises:
        JobError: naming the stream.
    """
    for number, stream in enumerate(job.streams):
        if stream.containers is None or stream.scheme is None:
            continue
        known = schemes[stream.scheme].scheme.containers
        if stream.containers not in known:
            what = f"scheme {stream.scheme} has no containers {stream.containers!r}"
            step = (
                f"Known are {', '.join(known)}"
                if known
                else "Leave containers out, or describe them in the scheme"
            )
            raise JobError(what, where=f"job.streams.{number}.containers", next_step=step)


def container_warnings(job: Job, schemes: dict[str, LoadedScheme]) -> Iterator[str]:
    """Containers whose limits and levels are not the post's own, each once."""
    for scheme, name in dict.fromkeys((s.scheme, s.containers) for s in job.streams):
        if scheme is None or name is None:
            continue
        container = schemes[scheme].scheme.containers[name]
        where = f"Scheme {scheme}: limits and levels of the containers {name}"
        if container.stand_in:
            yield f"{where} are a STAND-IN, not the post's own; put the post's there before mailing."
        elif not container.confirmed:
            yield f"{where} are not confirmed by the post's current text."


def service_warnings(job: Job, schemes: dict[str, LoadedScheme]) -> Iterator[str]:
    """A service type in the Intelligent Mail barcode that is not one of the class that pays the scheme's prices."""
    if job.mailing.barcode != "imb":
        return
    service_type = job.mailing.service_type
    for stream in job.streams:
        known = schemes[stream.scheme].scheme.service_types if stream.scheme is not None else None
        if known is not None and service_type not in known.all:
            yield (
                f"Stream {stream.name}: service_type {service_type} is none of those of scheme {stream.scheme}; the post "
                "would read another class or service from the barcode."
            )


def check_currencies(schemes: dict[str, LoadedScheme], singles: dict[str, LoadedSingle]) -> str:
    """Give the one currency of all schemes of a job.

    Raises:
        JobError: schemes have different currencies, so that postage cannot be added up.
    """
    currency = {name: s.scheme.currency for name, s in schemes.items()}
    currency |= {name: s.single.currency for name, s in singles.items()}
    if len(set(currency.values())) > 1:
        listed = ", ".join(f"{name} {code}" for name, code in sorted(currency.items()))
        what = f"the schemes have different currencies ({listed})"
        raise JobError(what, where="streams", next_step="Use schemes of one post in a job")
    return next(iter(currency.values()))


def form_of(schemes: dict[str, LoadedScheme], singles: dict[str, LoadedSingle]) -> PostalForm:
    """Give the one form of postal codes of all schemes of a job.

    Raises:
        JobError: schemes have different forms, so that one document's code fits one scheme only.
    """
    forms = {name: s.form for name, s in schemes.items()} | {name: s.form for name, s in singles.items()}
    first = next(iter(forms.values()))
    if any(form != first for form in forms.values()):
        listed = ", ".join(f"{name}: {form.title}" for name, form in sorted(forms.items()))
        what = f"the schemes have different postal codes ({listed})"
        raise JobError(what, where="streams", next_step="Use schemes of one post in a job")
    return first


def trays_for(stream: StreamSettings, loaded: LoadedScheme) -> tuple[tuple[TraySet, ...], str]:
    """Give the tray sets that the stream's envelope may lie in, and a warning or nothing.

    Raises:
        JobError: no tray takes the envelope.
    """
    sets = loaded.scheme.tray_sets
    size = _size_of(stream.envelope, loaded.scheme.envelopes)
    if size is None:
        return sets[:1], (
            f"Stream {stream.name}: the size of the envelope {stream.envelope!r} is not in scheme "
            f"{stream.scheme}; {sets[0].trays[0].name} trays are assumed."
        )
    fitting = tuple(
        s for s in sets if size.length <= s.max_envelope_length and size.height <= s.max_envelope_height
    )
    if fitting:
        return (fitting if loaded.scheme.any_tray_set else fitting[:1]), ""
    what = f"no tray of scheme {stream.scheme} takes the envelope {stream.envelope!r}"
    raise JobError(
        what,
        where=f"stream {stream.name}",
        next_step="Use a smaller envelope, or leave the scheme out",
    )


def _size_of(envelope: str, sizes: dict[str, EnvelopeSize]) -> EnvelopeSize | None:
    """The size whose name is the longest that the text starts with, at a word's end."""
    words = envelope.lower()
    fitting = [n for n in sizes if words == n.lower() or words.startswith(n.lower() + " ")]
    return sizes[max(fitting, key=len)] if fitting else None
