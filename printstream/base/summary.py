"""The figures of a run as a person reads them in a terminal, and as a machine does.

In: a RunResult or a fault. Out: text. Never: writes it anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from printstream.base.errors import PrintstreamError
from printstream.base.files import Seal
from printstream.base.options import RunResult

if TYPE_CHECKING:
    from printstream.base.places import Place

Row = tuple[str, str, str]

_DONE = {"run": "released", "plan": "planned, nothing drawn", "check": "checked", "verify": "verified"}
_BALANCE = ("printed", "digital", "suppressed", "rejected")
_GOODS = ("pieces", "pages", "sheets", "sides", "trays", "containers", "spools")


def summary_text(command: str, result: RunResult) -> str:
    """Set the figures in aligned columns: documents and money, goods, postage, speed, files."""
    groups = (
        *(_balance(result), _types(result), _preflight(result), _goods(result)),
        *(_postage(result), _speed(result), _files(result)),
    )
    rows = [row for group in groups if group for row in (("", "", ""), *group)]
    label_width = max((len(label) for label, _, _ in rows), default=0)
    figure_width = max((len(figure) for _, figure, _ in rows if len(figure) < 20), default=0)
    lines = [
        f"{label:<{label_width}}  {figure:>{figure_width}}  {note}".rstrip() for label, figure, note in rows
    ]
    title = f"{result.run_dir}: {_DONE.get(command, command)}"
    return "\n".join(("", title, *lines)) + "\n"


def _balance(result: RunResult) -> list[Row]:
    counts, money = result.counts, result.money_out_cents
    if "documents_in" not in counts:
        return []
    rows = [("documents in", f"{counts['documents_in']:,}", _money_note(result.money_in_cents, bool(money)))]
    rows += [
        (f"  {name}", f"{counts[name]:,}", _money_note(money.get(name, 0), bool(money)))
        for name in _BALANCE
        if counts.get(name) or name == "printed"
    ]
    width = max(len(note) for _, _, note in rows)
    return [(label, figure, note.rjust(width)) for label, figure, note in rows]


def _types(result: RunResult) -> list[Row]:
    """Documents of each type, and of those read what was not printed."""
    if not result.types:
        return []
    rows = [("types", "", "")]
    for name, counts in result.types.items():
        others = [f"{counts[outcome]:,} {outcome}" for outcome in _BALANCE[1:] if counts[outcome]]
        rows.append((f"  {name}", f"{counts['printed']:,}", ", ".join(others)))
    return rows


def _preflight(result: RunResult) -> list[Row]:
    """Counts by status; keys only, names never."""
    if not result.preflight:
        return []
    rows = [("addresses", "", "")]
    for row in result.preflight:
        first = (
            f": {', '.join(row.keys)}{', ...' if row.documents > len(row.keys) else ''}" if row.keys else ""
        )
        rows.append((f"  {row.status}", f"{row.documents:,}", row.action + first))
    return rows


def _money_note(cents: int, known: bool) -> str:
    return decimal(cents, 100) if known else ""


def _goods(result: RunResult) -> list[Row]:
    return [(name, f"{result.counts[name]:,}", "") for name in _GOODS if name in result.counts]


def _postage(result: RunResult) -> list[Row]:
    if not result.postage_mills:
        return []
    rows = [("postage", decimal(result.postage_mills, 1000, 2), "")]
    single = result.single_piece_postage_mills
    if single:
        share = f"{100 * result.saving_mills / single:.1f} % less than {decimal(single, 1000, 2)} unsorted"
        rows.append(("saving", decimal(result.saving_mills, 1000, 2), share))
    if result.envelopes_saved or result.household_saving_mills:
        less = f"postage and {result.envelopes_saved:,} envelopes less, because documents share them"
        rows.append(("shared envelopes", decimal(result.household_saving_mills, 1000, 2), less))
    return rows


def _speed(result: RunResult) -> list[Row]:
    rows = []
    if result.pages_per_minute:
        rows.append(("pages a minute", f"{result.pages_per_minute:,.0f}", ""))
    if result.seconds:
        rows.append(("seconds", f"{result.total_seconds:,.2f}", ""))
    if result.peak_memory_bytes:
        rows.append(("peak memory", f"{result.peak_memory_bytes / 1e6:,.0f}", "MB"))
    return rows


def _files(result: RunResult) -> list[Row]:
    rows = [(name, "", str(path)) for name, path in result.files.items()]
    if result.spools:
        spools, last = result.spools, len(result.spools) - 1
        text = str(spools[0]) + (f" to {spools[last].name}" if last else "")
        rows.insert(0, ("print files", "", text))
    return rows


def decimal(units: int, per_whole: int, places: int = 2) -> str:
    """Write whole small units (cents, mills) as a grouped decimal: 123456 cents are 1,234.56."""
    step = per_whole // 10**places
    # Half away from zero, as the post rounds a statement's total.
    shown = (abs(units) + step // 2) // step
    whole, part = divmod(shown, 10**places)
    sign = "-" if units < 0 and shown else ""
    return f"{sign}{whole:,}.{part:0{places}d}"


def json_text(command: str, result: RunResult) -> str:
    """Write the result as one JSON object; sorted keys, so that two runs can be compared."""
    return _dumped(
        {
            "command": command,
            "status": "done",
            "exit_code": 0,
            "run_dir": str(result.run_dir),
            "counts": dict(result.counts),
            "money_in_cents": result.money_in_cents,
            "money_out_cents": dict(result.money_out_cents),
            "postage_mills": result.postage_mills,
            "single_piece_postage_mills": result.single_piece_postage_mills,
            "envelopes_saved": result.envelopes_saved,
            "household_saving_mills": result.household_saving_mills,
            "seconds": _rounded(result.seconds),
            "pages_per_minute": round(result.pages_per_minute),
            "peak_memory_bytes": result.peak_memory_bytes,
            "types": {name: dict(counts) for name, counts in result.types.items()},
            "preflight": [asdict(row) for row in result.preflight],
            "spools": _texts(result.spools),
            "files": {name: str(path) for name, path in result.files.items()},
        }
    )


def proof_text(path: Path, pages: int, sides: int, seal: Seal, *, as_json: bool) -> str:
    """Say where a proof is, as one line or as one JSON object."""
    if not as_json:
        return f"{path}: {pages} pages on {sides} sides, {seal.bytes:,} bytes\n"
    return _dumped(
        {
            "command": "proof",
            "status": "done",
            "exit_code": 0,
            "file": str(path),
            "pages": pages,
            "sides": sides,
            "bytes": seal.bytes,
            "sha256": seal.sha256,
        }
    )


def list_text(path: Path, rows: int, *, as_json: bool) -> str:
    """Say where a list of addresses is, as one line or as one JSON object."""
    if not as_json:
        return f"{path}: {rows:,} addresses\n"
    done = {"command": "addresses", "status": "done", "exit_code": 0, "file": str(path), "rows": rows}
    return _dumped(done)


def fault_json_text(command: str, fault: PrintstreamError) -> str:
    """Write a fault as one JSON object."""
    return _dumped(
        {
            "command": command,
            "status": "failed",
            "exit_code": fault.exit_code,
            "what": fault.what,
            "where": fault.where,
            "next_step": fault.next_step,
        }
    )


def _texts(paths: Iterable[Path | Place]) -> list[str]:
    return [str(path) for path in paths]


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in seconds.items()}


def _dumped(record: Mapping[str, Any]) -> str:
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
