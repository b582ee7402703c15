"""Delivery: finished print files to a print server (IPP) or into a hot folder, each once, and never one too many.

In: a released run folder. Out: print jobs, or files; every step in the run's ledger of deliveries before it is done.
Never: sends what is not as it was released; sends a print file a second time unless told so; changes a sealed file.
"""
