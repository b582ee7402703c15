"""Room 4, piece: pages become sheets, sheets become pieces with a stream, a weight and a thickness.

In: the documents with their PAGES, the job. Out: the same rows with SHEETS, STREAM, WEIGHT_MG, THICKNESS_UM.
Never: reads files, looks at addresses, decides an order.
"""

from __future__ import annotations

from printstream.piece.pieces import make_pieces

__all__ = ["make_pieces"]
