"""Plan a job once and compare its variants.

In: options, words. Out: ``Comparison``. Never: draws, writes a file.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from printstream.base import interrupts
from printstream.base.log import Reporter
from printstream.base.options import Options
from printstream.order import read_order
from printstream.plan import make_plan
from printstream.whatif.figures import Comparison, compare
from printstream.whatif.variants import variants_of


def compare_job(options: Options, words: list[str], reporter: Reporter) -> Comparison:
    """Walk rooms 1 to 6 for the job as it is, and rooms 4 to 6 for each variant.

    Args:
        options: job and input.
        words: what to compare, as in ``variants_of``; read before any data.
        reporter: shows progress and the warnings of the job as it is.
    """
    order = read_order(options.job)
    variants = variants_of(options.job, words)
    workers = options.worker_count
    with interrupts.held(), ThreadPoolExecutor(workers) as executor:
        made = make_plan(order, options.data_dir, options.limit, executor, workers, reporter)
    for warning in made.warnings:
        reporter.warn(warning)
    with reporter.stage(6, "compare"):
        return compare(made, variants)
