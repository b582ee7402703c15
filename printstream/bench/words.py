"""How each figure is called and written; terminal and page share it."""

from __future__ import annotations

from printstream.base.frozen import frozen


@frozen
class Label:
    """One figure's words.

    Attributes:
        name: as a person says it.
        places: digits behind the point.
        per_unit: what the value is divided by before it is written.
        unit: behind the value.
        less_is_better: for comparisons; None where neither is.
    """

    name: str
    places: int = 0
    per_unit: float = 1.0
    unit: str = ""
    less_is_better: bool | None = False

    def text(self, value: float) -> str:
        """Write a value with its unit."""
        shown = f"{value / self.per_unit:,.{self.places}f}"
        return f"{shown} {self.unit}" if self.unit else shown


LABELS = {
    "pages_per_minute": Label("pages a minute"),
    "pieces_per_minute": Label("pieces a minute"),
    "sheets_per_minute": Label("sheets a minute"),
    "pages_per_minute_per_core": Label("pages a minute and worker"),
    "pages_per_cpu_second": Label("pages a second of processor time"),
    "cores_busy": Label("cores busy", places=2, less_is_better=None),
    "seconds": Label("seconds, whole command", places=2, less_is_better=True),
    "floor_seconds": Label("seconds, floor", places=2, less_is_better=None),
    "run_over_floor": Label("run ÷ floor", places=2, less_is_better=True),
    "run_over_floor_flushed": Label("run ÷ floor with the flush to disk", places=2, less_is_better=True),
    "all_over_one_worker": Label("all workers against one worker", places=2, unit="×"),
    "all_over_one_core": Label("all workers against one core", places=2, unit="×"),
    "floor_all_over_one": Label(
        "the floor: all workers against one worker", places=2, unit="×", less_is_better=None
    ),
    "peak_memory_bytes": Label("peak memory", per_unit=1e6, unit="MB", less_is_better=True),
    "small_job_seconds": Label("small job, seconds", places=2, less_is_better=True),
    "compile_seconds": Label("compilation, once a machine, seconds", places=1, less_is_better=True),
}
