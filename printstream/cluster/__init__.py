"""Past one machine. In: options with a scheduler's address. Out: a run folder in a store that all machines see.

The rooms are the same as on one machine, walked by parts: input files are dealt out by key, parts are read and laid out
by themselves, the client sorts narrow columns, spools are drawn by whoever is free (docs/scaling.md). Never: is imported
by a run on one machine, but for ``staging``; decides anything that the rooms decide.
"""
