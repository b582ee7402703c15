"""Room 2. In: documents and the job's rules. Out: documents with derived columns, channel, household keys, inserts wanted.

Never: evaluates code, reads a file, depends on the clock or on chance.
"""

from printstream.rules.apply import CHANNEL, Channel, apply_rules, check_columns, columns_used
from printstream.rules.enclose import (
    check_enclosing,
    enclose,
    enclosing_columns,
    enclosing_results,
    household_facts,
    number_households,
)
from printstream.rules.match import Unmatched, bad_keys, match_types, no_document, unmatched
from printstream.rules.narrow import narrow_columns
from printstream.rules.rowwise import check_row_wise

__all__ = [
    "CHANNEL",
    "Channel",
    "Unmatched",
    "apply_rules",
    "bad_keys",
    "check_columns",
    "check_enclosing",
    "check_row_wise",
    "columns_used",
    "enclose",
    "enclosing_columns",
    "enclosing_results",
    "household_facts",
    "match_types",
    "narrow_columns",
    "no_document",
    "number_households",
    "unmatched",
]
