"""``report.html``: the run at a glance, in one file that needs nothing else.

In: a record. Out: the page. Never: shows a recipient's data, loads a script, a font or a picture.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base import charts
from printstream.base.cache import cache_root, keep
from printstream.base.charts import Series, bar, histogram
from printstream.base.files import write_whole
from printstream.base.frozen import frozen
from printstream.base.summary import decimal
from printstream.ticket.record import OUTCOMES, RunRecord, TrayRow, container_levels

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment, Template
    from markupsafe import Markup

REPORT_FILE = "report.html"
MAX_TRAYS_LISTED = 400
FILL_BIN_PERCENT = 5

_TEMPLATE = "report.html.j2"
_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€"}
_LEVEL_NAMES = {
    "5d": "5-digit",
    "3d": "3-digit",
    "aadc": "AADC",
    "maadc": "Mixed AADC",
    "single": "Unsorted",
    "mixed": "Mixed",
}
_TRAY_NAMES = {"1ft": "1-foot", "2ft": "2-foot", "emm": "EMM", "none": "Loose"}
_KINDS = ("a", "b", "c", "d")


def write_report(run_dir: Path, record: RunRecord) -> Path:
    """Write the report, whole, and give its path."""
    path = run_dir / REPORT_FILE
    write_whole(path, report_html(record).encode())
    return path


def prepare_report() -> None:
    """Load the report's template, and what reads templates."""
    page_template(_TEMPLATE)


def report_html(record: RunRecord) -> str:
    """Set the report."""
    money = Money(record.currency)
    return page_template(_TEMPLATE).render(
        record=record,
        money=money,
        balance=_balance(record),
        levels=_levels(record),
        postage_bars=_postage_bars(record),
        trays=_Trays.of(record),
        listed_trays=record.trays[:MAX_TRAYS_LISTED],
        container_levels=container_levels(record.containers or ()),
        listed_containers=(record.containers or ())[:MAX_TRAYS_LISTED],
        stages=_stages(record),
        level_name=level_name,
        tray_name=lambda kind: _TRAY_NAMES.get(kind, kind),
    )


def level_name(level: str) -> str:
    """What a level is called in print."""
    return _LEVEL_NAMES.get(level, level)


def page_template(name: str) -> Template:
    """A page of this room."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([Path(__file__).parent, Path(charts.__file__).parent]),
        bytecode_cache=_bytecode_cache(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["grouped"] = lambda number: f"{number:,}"
    environment.filters["figure"] = lambda number: f"{number:,.0f}"
    environment.filters["seconds"] = lambda number: f"{number:,.2f}"
    environment.filters["megabytes"] = lambda number: f"{number / 1e6:,.1f}"
    return environment


def _bytecode_cache() -> BytecodeCache:
    """Keep the compiled template in the cache folder: to compile it takes 0.1 s."""
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    class Kept(BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            # The bucket itself refuses what another version or another template made.
            with suppress(OSError, EOFError, ValueError):
                bucket.bytecode_from_string((cache_root() / "templates" / bucket.key).read_bytes())

        def dump_bytecode(self, bucket: Bucket) -> None:
            keep(cache_root() / "templates" / bucket.key, bucket.bytecode_to_string())

    return Kept()


@frozen
class Money:
    """Writes amounts in the run's currency."""

    currency: str

    def cents(self, cents: int) -> str:
        """Of whole cents."""
        return self._signed(decimal(cents, 100))

    def mills(self, mills: int) -> str:
        """Of mills, rounded to cents."""
        return self._signed(decimal(mills, 1000))

    def mills_exact(self, mills: int) -> str:
        """Of mills, all three decimals."""
        return self._signed(decimal(mills, 1000, 3))

    def _signed(self, text: str) -> str:
        symbol = _SYMBOLS.get(self.currency, self.currency + "\N{NO-BREAK SPACE}")
        return f"\N{MINUS SIGN}{symbol}{text[1:]}" if text.startswith("-") else symbol + text


@frozen
class _Outcome:
    name: str
    documents: int
    cents: int
    bar: Markup


def _balance(record: RunRecord) -> list[_Outcome]:
    whole = record.counts["documents_in"]
    return [
        _Outcome(
            name,
            record.counts[name],
            record.money_out_cents.get(name, 0),
            bar([record.counts[name]], whole, "d" if name == "rejected" else "a"),
        )
        for name in OUTCOMES
    ]


@frozen
class _Level:
    level: str
    pieces: int
    share: float
    postage_mills: int
    mills_a_piece: int
    bar: Markup


def _levels(record: RunRecord) -> list[_Level]:
    pieces = sum(row.pieces for row in record.levels)
    most = max((row.pieces for row in record.levels), default=0)
    return [
        _Level(
            row.level,
            row.pieces,
            100 * row.pieces / pieces if pieces else 0.0,
            row.postage_mills,
            round(row.postage_mills / row.pieces) if row.pieces else 0,
            bar([row.pieces], most),
        )
        for row in record.levels
    ]


def _postage_bars(record: RunRecord) -> tuple[Markup, Markup]:
    """Postage as it is, with the saving beside it, and as it would be unsorted."""
    whole = max(record.single_piece_postage_mills, record.postage_mills)
    sorted_bar = bar([record.postage_mills, max(record.saving_mills, 0)], whole, ("a", "saved"))
    return sorted_bar, bar([record.single_piece_postage_mills], whole, ("c",))


@frozen
class _TrayKind:
    name: str
    trays: int
    pieces: int
    mean_fill: float
    kind: str


@frozen
class _Trays:
    """Trays by type, and how full they are."""

    kinds: tuple[_TrayKind, ...]
    chart: Markup | None
    measured: bool

    @classmethod
    def of(cls, record: RunRecord) -> _Trays:
        """Count trays by type and by fill; a stream without trays has none."""
        real = [tray for tray in record.trays if tray.tray_type != "none"]
        if not real:
            return cls((), None, measured=False)
        names = sorted({t.tray_type for t in real}, key=lambda n: (-sum(t.tray_type == n for t in real), n))
        length_um = {name: _length_um(record, real, name) for name in names}
        fills = {n: [100 * t.thickness_um / length_um[n] for t in real if t.tray_type == n] for n in names}
        kinds = tuple(
            _TrayKind(
                name,
                len(fills[name]),
                sum(t.pieces for t in real if t.tray_type == name),
                sum(fills[name]) / len(fills[name]),
                _KINDS[min(i, len(_KINDS) - 1)],
            )
            for i, name in enumerate(names)
        )
        series = [Series(kind.kind, _binned(fills[kind.name])) for kind in kinds]
        chart = histogram(series, 0, FILL_BIN_PERCENT, " %", "Trays by how full they are")
        return cls(kinds, chart, measured=all(name in record.tray_length_um for name in names))


def _length_um(record: RunRecord, trays: list[TrayRow], name: str) -> int:
    fullest = max(t.thickness_um for t in trays if t.tray_type == name)
    return record.tray_length_um.get(name) or fullest or 1


def _binned(fills: list[float]) -> tuple[int, ...]:
    bins = 100 // FILL_BIN_PERCENT
    counts = Counter(min(bins - 1, int(fill // FILL_BIN_PERCENT)) for fill in fills)
    return tuple(counts[i] for i in range(bins))


@frozen
class _Stage:
    number: int
    name: str
    seconds: float
    share: float
    pages_per_second: float
    bar: Markup


def _stages(record: RunRecord) -> list[_Stage]:
    longest = max((s.seconds for s in record.stages), default=0.0)
    pages = record.counts["pages"]
    return [
        _Stage(
            s.number,
            s.name,
            s.seconds,
            100 * s.seconds / record.total_seconds if record.total_seconds else 0.0,
            pages / s.seconds if s.seconds else 0.0,
            bar([s.seconds], longest),
        )
        for s in record.stages
    ]
