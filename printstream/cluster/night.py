"""A run at work on a cluster.

In: what the client was told. Out: ``Night``. Never: does anything.
"""

from __future__ import annotations

from printstream.base.frozen import frozen
from printstream.base.log import Reporter
from printstream.base.places import Place
from printstream.cluster.scheduler import Cluster
from printstream.order import WorkOrder

SCRATCH = "scratch"


@frozen
class Night:
    """Who does it, where it lies, who is told."""

    cluster: Cluster
    order: WorkOrder
    place: Place
    source: Place
    reporter: Reporter

    @property
    def scratch(self) -> Place:
        """Folder that is gone when the run is released."""
        return self.place / SCRATCH
