"""The bench: what this machine makes of a job, measured from outside.

In: a job, its input, how often to run it. Out: figures as JSON, text and an HTML page with charts. Never: draws or
decides; keeps the print files that it makes; times anything that a run does not do.

A run is a process of its own, started as an operator starts it, so start-up, memory and the end of the process count.
The floor is what no program can go below on the machine: reading the same Parquet columns, compressing and writing the
very same content.
"""

from __future__ import annotations

from printstream.bench.bench import Settings, run_bench
from printstream.bench.compare import compare, read_record
from printstream.bench.record import FORMAT, Record, json_text
from printstream.bench.save import save
from printstream.bench.summary import summary_text

__all__ = [
    "FORMAT",
    "Record",
    "Settings",
    "compare",
    "json_text",
    "read_record",
    "run_bench",
    "save",
    "summary_text",
]
