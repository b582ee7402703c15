"""The job's bound on amounts."""

from __future__ import annotations

from decimal import ROUND_FLOOR

import numpy as np

from printstream.job import Job

_MOST = int(np.iinfo(np.int64).max)


def max_cents(job: Job) -> int:
    """Greatest amount, either sign, that is not absurd."""
    return min(int((job.input.max_amount * 100).to_integral_value(ROUND_FLOOR)), _MOST)
