"""Room 4, piece: pages become sheets, documents share envelopes, pieces get a stream, inserts, a weight and a thickness.

In: the documents with their PAGES and what the rules say of households and inserts, the job, price steps. Out: ``Pieces``.
Never: reads files, looks at addresses, decides an order of mailing.
"""

from __future__ import annotations

from printstream.piece.inserts import InsertCount
from printstream.piece.pieces import Pieces, check_inserts, make_pieces

__all__ = ["InsertCount", "Pieces", "check_inserts", "make_pieces"]
