"""Room 2a, address: what was found in every address, and what happens to its document.

In: documents, the job's address settings, lists of places. Out: findings, a status and an action a document.

Never: guesses an address, replaces the post's own services (CASS and the like), tells an address to a log.
"""

from printstream.address.duplicates import likenesses, was_there, whole_addresses
from printstream.address.exchange import address_list, replace_addresses
from printstream.address.fit import check_block, visible_box
from printstream.address.judge import DELIVERABLE, Judged, judge_addresses
from printstream.address.part import (
    SETTLED,
    Parted,
    divert,
    keep_apart,
    part_documents,
    settle,
    sortable,
    with_diverted,
)
from printstream.address.places import Places, read_places
from printstream.address.posts import columns_made, columns_used
from printstream.address.preflight import Preflight, preflight_from, preflight_of
from printstream.address.texts import rows_there_twice

__all__ = [
    "DELIVERABLE",
    "SETTLED",
    "Judged",
    "Parted",
    "Places",
    "Preflight",
    "address_list",
    "check_block",
    "columns_made",
    "columns_used",
    "divert",
    "judge_addresses",
    "keep_apart",
    "likenesses",
    "part_documents",
    "preflight_from",
    "preflight_of",
    "read_places",
    "replace_addresses",
    "rows_there_twice",
    "settle",
    "sortable",
    "visible_box",
    "was_there",
    "whole_addresses",
    "with_diverted",
]
