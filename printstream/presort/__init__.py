"""Room 5, presort: pieces become a mailing: order, levels, trays, postage. Schemes and lists are data.

In: the documents with their address codes and piece columns, the job. Out: ``Presorted``: pieces in mailing
order, trays, warnings. Never: draws, cuts spools, reads anything but schemes and labeling lists.
"""

from __future__ import annotations

from printstream.presort.checks import service_warnings, trays_for
from printstream.presort.coalition import Coalitions
from printstream.presort.load import (
    LoadedScheme,
    LoadedSingle,
    code_forms,
    load_form,
    load_scheme,
    load_single,
)
from printstream.presort.mailing import (
    Presorted,
    check_streams,
    desk_of,
    load_prices,
    presort,
    sort_mailing,
)
from printstream.presort.qualify import Qualification
from printstream.presort.scheme import Scheme
from printstream.presort.single import SinglePiece
from printstream.presort.steps import price_steps

__all__ = [
    "Coalitions",
    "LoadedScheme",
    "LoadedSingle",
    "Presorted",
    "Qualification",
    "Scheme",
    "SinglePiece",
    "check_streams",
    "code_forms",
    "desk_of",
    "load_form",
    "load_prices",
    "load_scheme",
    "load_single",
    "presort",
    "price_steps",
    "service_warnings",
    "sort_mailing",
    "trays_for",
]
