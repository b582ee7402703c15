"""Room 8, draw: placed pages and marks -> content bytes.

In: the plan's arrays. Out: content streams of press sides, uncompressed. Never: decides, reads files, writes files.
"""

from printstream.draw.draw import Drawing, LaterType, Pen, prepare_codes, prepare_symbols

__all__ = ["Drawing", "LaterType", "Pen", "prepare_codes", "prepare_symbols"]
