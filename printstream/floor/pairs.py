"""A sheet of a sample: by itself, against the manifest, and against the sheet that lies before it.

In: two readings. Out: findings. Never: needs the sheets between.
"""

from __future__ import annotations

from collections.abc import Iterator

from printstream.floor.compare import Manifest
from printstream.floor.findings import Finding
from printstream.floor.inserter import GAPS, TORN_OFF, Fed, Inserter
from printstream.floor.reader import WINDOW_CUT, WINDOW_EMPTY, Reading
from printstream.floor.saying import Said, said
from printstream.floor.work import Station

_Wrong = tuple[str, str]


def check_pair(
    station: Station,
    place: int,
    spool: int,
    own: Reading,
    former: Reading | None,
    manifest: Manifest,
) -> list[Finding]:
    """Check a sheet.

    Args:
        station: what is read, within which tolerances.
        place: of the sheet in the pile.
        spool: 1-based.
        own: its reading.
        former: that of the sheet before it in its stack; None where it is the stack's first.
        manifest: what should be there.
    """
    if own.blank:
        # The fill at the end of a stack; that nothing printed follows it, the sheets behind it show.
        return []
    words = said(own, station.profile, station.shop)
    wrong = [
        *words.wrong,
        *_window(words, own),
        *_listed(words, spool, manifest),
        *_follows(own, former, station, spool),
    ]
    return [Finding(kind, what, spool, place, words.piece or 0) for kind, what in wrong]


def _window(words: Said, own: Reading) -> Iterator[_Wrong]:
    if words.first and own.window == WINDOW_EMPTY:
        yield "no_address", ""
    if words.first and own.window == WINDOW_CUT:
        yield "address_cut", ""


def _listed(words: Said, spool: int, manifest: Manifest) -> Iterator[_Wrong]:
    """What the manifest says of the piece."""
    if not words.piece:
        return
    at = manifest.at.get(words.piece)
    if at is None:
        yield "unknown_piece", ""
        return
    if words.sheets is not None and words.sheets != manifest.sheets[at]:
        yield "wrong_sheets", f"{words.sheets} instead of {manifest.sheets[at]}"
    if manifest.spools[at] != spool:
        yield "wrong_spool", f"it belongs to spool {manifest.spools[at]}"


def _follows(own: Reading, former: Reading | None, station: Station, spool: int) -> Iterator[_Wrong]:
    """Whether the sheet may lie behind the one before it: what a machine finds that is fed these two."""
    if former is None:
        return
    if former.blank:
        yield "blank_sheet", "before it"
        return
    machine = Inserter(station.profile, station.shop, station.order, midway=True)
    fed = (Fed(spool - 1, place, (), reading) for place, reading in enumerate((former, own)))
    gone = [envelope for sheet in fed for envelope in machine.take(sheet)]
    for finding in [f for envelope in gone for f in envelope.findings] + machine.findings:
        if (finding.kind in GAPS and finding.place == 1) or (
            finding.kind in GAPS and finding.what.startswith(TORN_OFF)
        ):
            yield finding.kind, finding.what
