"""What the floor tells: a page for the operator, JSON for machines, result files as the inserter would send them.

In: an outcome. Out: text and files. Never: judges.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from printstream.base.errors import UsageError
from printstream.base.files import write_whole
from printstream.floor.faults import KINDS as MISHAPS
from printstream.floor.findings import KINDS, Envelope
from printstream.floor.result import result_files
from printstream.floor.sampling import CONFIDENCE, faulty_at_most
from printstream.floor.walk import Outcome, Settings

_TOLD = 20
RECORD = "floor.json"


def save(folder: Path, settings: Settings, outcome: Outcome) -> list[Path]:
    """Write findings and, where every sheet was read, the result files.

    Raises:
        UsageError: the folder is the run's own, which is sealed.
    """
    if folder.resolve().is_relative_to(settings.run_dir.resolve()):
        what = "the run folder is sealed"
        raise UsageError(what, where=str(folder), next_step="Name a folder beside it with --save")
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for name, content in result_files(outcome, settings.results):
        write_whole(folder / name, content)
        saved.append(folder / name)
    record = folder / RECORD
    write_whole(record, json_text(settings, outcome, saved).encode())
    return [*saved, record]


def json_text(settings: Settings, outcome: Outcome, saved: list[Path]) -> str:
    """Everything, as JSON."""
    speed = outcome.speed
    record: dict[str, Any] = {
        "command": "floor",
        "job": outcome.order.job,
        "run_id": outcome.order.run_id,
        "profile": outcome.profile.name,
        "heads": list(settings.heads),
        "not_read": list(outcome.profile.unread),
        "shop": outcome.shop.name,
        "finishing": outcome.station.finishing.name,
        "seed": settings.seed,
        "sheets": outcome.sheets,
        "blanks": outcome.blanks,
        "own_sheets": outcome.own_sheets,
        "sheets_read": outcome.read,
        "sides_drawn": speed.sides,
        "seconds_reading": round(speed.seconds, 3),
        "sides_per_second": _rate(speed.sides, speed.seconds),
        "sides_per_core_second": _rate(speed.sides, speed.cpu_seconds),
        "counts": outcome.counts,
        "findings": [
            {
                "kind": f.kind,
                "what": f.what,
                "spool": f.spool,
                "sheet": f.place + 1,
                "piece": f.piece,
                "by": "machine" if f.by_machine else "manifest",
            }
            for f in outcome.findings
        ],
        "files": [str(path) for path in saved],
    }
    if outcome.sampled:
        record["sample"] = {
            "faulty": outcome.faulty_sheets,
            "size": outcome.drawn,
            "confidence": CONFIDENCE,
            "share_faulty_at_most": _bound(outcome),
        }
    else:
        record["envelopes"] = {
            "out": sum(e.goes_out for e in outcome.envelopes),
            "diverted": sum(not e.goes_out for e in outcome.envelopes),
            "diverted_by_their_marks": sum(e.good and e.to_divert for e in outcome.envelopes),
            "wrong_out": outcome.wrong_out,
        }
        record["faults"] = [
            {
                "kind": c.mishap.kind,
                "amount": c.mishap.amount,
                "sheet": c.mishap.place + 1,
                "caught_by_machine": list(c.by_machine),
                "caught_by_manifest": list(c.by_manifest),
            }
            for c in outcome.caught
        ]
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _rate(count: int, seconds: float) -> float | None:
    return round(count / seconds, 1) if seconds > 0 else None


def _bound(outcome: Outcome) -> float:
    return faulty_at_most(outcome.faulty_sheets, outcome.drawn, outcome.sheets)


def text(outcome: Outcome, saved: list[Path]) -> str:
    """A page for the operator."""
    lines = [
        f"{outcome.order.job} {outcome.order.run_id} on the floor: {outcome.profile.name}, {outcome.shop.title}"
    ]
    lines += _what_came(outcome)
    speed = outcome.speed
    wall, core = _rate(speed.sides, speed.seconds) or 0, _rate(speed.sides, speed.cpu_seconds) or 0
    lines.append(
        f"  speed      {speed.sides:,} sides in {speed.seconds:,.1f} s: {wall:,.0f} a second, {core:,.0f} a second and core"
    )
    if outcome.profile.unread:
        lines.append(f"  not read   {', '.join(outcome.profile.unread)}: the floor does not know these parts")
    lines += _mishaps(outcome)
    lines.append(f"  findings   {len(outcome.findings):,}")
    lines += [f"    {count:>7,}  {KINDS[kind]}" for kind, count in outcome.counts.items()]
    lines += [f"    {finding.text}" for finding in outcome.findings[:_TOLD]]
    if len(outcome.findings) > _TOLD:
        lines.append(f"    ... {len(outcome.findings) - _TOLD:,} more in {RECORD}")
    lines.append(f"  saved in   {saved[0].parent}")
    return "\n".join(lines) + "\n"


def _what_came(outcome: Outcome) -> list[str]:
    if outcome.sampled:
        return [
            f"  sample     {outcome.drawn:,} of {outcome.sheets:,} sheets drawn by lot,"
            f" {outcome.faulty_sheets:,} faulty: with {CONFIDENCE:.0%} confidence at most {_bound(outcome):.3%} of all are",
            *_own(outcome),
        ]
    good = sum(envelope.goes_out for envelope in outcome.envelopes)
    return [
        f"  pile       {outcome.sheets:,} sheets, {outcome.blanks:,} blanks at the ends of stacks taken off",
        *_own(outcome),
        f"  envelopes  {good:,} out, {len(outcome.envelopes) - good:,} diverted; {outcome.wrong_out:,} of those that"
        " went out hold wrong sheets",
        f"  weight     {_grams(outcome.envelopes)} out",
    ]


def _own(outcome: Outcome) -> list[str]:
    if not outcome.own_sheets:
        return []
    return [f"  own sheets {outcome.own_sheets:,} banners, tray tags and slips taken off"]


def _grams(envelopes: list[Envelope]) -> str:
    return f"{sum(e.weight_mg for e in envelopes if e.goes_out) / 1e6:,.1f} kg"


def _mishaps(outcome: Outcome) -> list[str]:
    if not outcome.caught:
        return []
    lines = [f"  faults     {len(outcome.caught)} done on purpose"]
    for kind in MISHAPS:
        own = [c for c in outcome.caught if c.mishap.kind == kind]
        if own:
            machine = sum(bool(c.by_machine) for c in own)
            later = sum(bool(c.by_manifest) and not c.by_machine for c in own)
            missed = len(own) - machine - later
            found = f"{machine} caught by the machine, {later} by the manifest, {missed} by nobody"
            lines.append(f"    {kind:<11} {len(own):>4}: {found}")
    return lines
