"""Where the price of a piece changes, as the piece room sees it: no schemes, no levels, only limits."""

from __future__ import annotations

from printstream.base.frozen import frozen


@frozen
class PriceSteps:
    """The last weight and thickness of every price step that a stream's pieces may meet; rising, each once.

    Attributes:
        weight_mg, thickness_um: what the pieces pay by where the stream's scheme takes them; without scheme, single prices.
        all_weight_mg, all_thickness_um: those and the steps of the single-piece prices, which a piece that the scheme
            leaves over pays by.
        most_weight_mg, most_thickness_um: beyond these the stream's scheme does not take a piece.
    """

    weight_mg: tuple[int, ...]
    thickness_um: tuple[int, ...]
    all_weight_mg: tuple[int, ...]
    all_thickness_um: tuple[int, ...]
    most_weight_mg: int
    most_thickness_um: int
