"""printstream: a night's mail, from billing data to verified print spools."""

__version__ = "0.1.0"
