"""Room 6, impose: mailing sequence -> spools, press sheets, slots.

In: pieces in mailing order with sheets, stream and tray. Out: spools, and where every sheet lies.
Never: splits a piece over two spools, or over two stacks unless the scheme says so; draws a page.
"""

from printstream.impose.geometry import Layout, Place, lay_out, least_sheet
from printstream.impose.impose import Imposed, impose
from printstream.impose.own import OwnSheet
from printstream.impose.reading import in_reading_order
from printstream.impose.sequence import impose_pages
from printstream.impose.spread import Pattern, SpoolSpread
from printstream.impose.workorder import FORMAT as WORK_ORDER_FORMAT
from printstream.impose.workorder import description, spread_of, work_order

__all__ = [
    "WORK_ORDER_FORMAT",
    "Imposed",
    "Layout",
    "OwnSheet",
    "Pattern",
    "Place",
    "SpoolSpread",
    "description",
    "impose",
    "impose_pages",
    "in_reading_order",
    "lay_out",
    "least_sheet",
    "spread_of",
    "work_order",
]
