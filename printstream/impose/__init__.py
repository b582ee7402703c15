"""Room 6, impose: mailing sequence -> spools, press sheets, slots.

In: pieces in mailing order with sheets, stream and tray. Out: spools, and where every sheet lies.
Never: splits a piece over two spools or two stacks; draws.
"""

from printstream.impose.impose import Imposed, impose

__all__ = ["Imposed", "impose"]
