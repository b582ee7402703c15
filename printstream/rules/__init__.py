"""Room 2. In: documents and the job's rules. Out: documents with derived columns, and a channel for each.

Never: evaluates code, reads a file, depends on the clock or on chance.
"""

from printstream.rules.apply import CHANNEL, Channel, apply_rules, check_columns, columns_used
from printstream.rules.narrow import narrow_columns
from printstream.rules.rowwise import check_row_wise

__all__ = [
    "CHANNEL",
    "Channel",
    "apply_rules",
    "check_columns",
    "check_row_wise",
    "columns_used",
    "narrow_columns",
]
