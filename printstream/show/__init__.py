"""A press sheet as a picture: what was printed, and over it cells, trims, pieces and the zones that marks need.

In: a print file and its work order. Out: a PNG. Never: changes a file; guesses where something lies.
"""

from printstream.show.picture import draw_sheet
from printstream.show.source import Shown, open_spool

__all__ = ["Shown", "draw_sheet", "open_spool"]
