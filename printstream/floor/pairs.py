"""A sheet of a sample: by itself, against the manifest, and against the sheet that lies before it.

In: two readings. Out: findings. Never: needs the sheets between.
"""

from __future__ import annotations

from collections.abc import Iterator

from printstream.floor.compare import Manifest
from printstream.floor.findings import Finding
from printstream.floor.inserter import Said, said
from printstream.floor.profile import ReadProfile
from printstream.floor.reader import WINDOW_CUT, WINDOW_EMPTY, Reading
from printstream.floor.setup import Shop

_Wrong = tuple[str, str]


def check_pair(
    profile: ReadProfile,
    shop: Shop,
    place: int,
    spool: int,
    own: Reading,
    former: Reading | None,
    manifest: Manifest,
) -> list[Finding]:
    """Check a sheet.

    Args:
        profile: what is read.
        shop: its tolerances.
        place: of the sheet in the pile.
        spool: 1-based.
        own: its reading.
        former: that of the sheet before it in its stack; None where it is the stack's first.
        manifest: what should be there.
    """
    if own.blank:
        # The fill at the end of a stack; that nothing printed follows it, the sheets behind it show.
        return []
    words = said(own, profile, shop)
    wrong = [
        *words.wrong,
        *_window(words, own),
        *_listed(words, spool, manifest),
        *_follows(words, former, profile, shop),
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


def _follows(words: Said, former: Reading | None, profile: ReadProfile, shop: Shop) -> Iterator[_Wrong]:
    """Whether the sheet may lie behind the one before it."""
    if former is None:
        return
    if former.blank:
        yield "blank_sheet", "before it"
        return
    last = said(former, profile, shop)
    if words.number is not None and last.number is not None and profile.track is not None:
        due = (last.number + 1) % profile.track.numbers
        if words.number != due:
            yield "sequence_break", f"number {words.number} instead of {due}"
    if None not in (words.first, last.last) and words.first is not last.last:
        yield "mis_collation", "a set begins before the last one ends, or goes on behind its end"
    if words.piece and last.piece and words.sheet is not None and last.sheet is not None:
        due_here = (last.piece + 1, 1) if last.sheet == last.sheets else (last.piece, last.sheet + 1)
        if (words.piece, words.sheet) != due_here:
            yield "mis_collation", f"it follows sheet {last.sheet} of piece {last.piece}"
