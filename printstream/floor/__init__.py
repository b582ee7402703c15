"""The virtual shop floor: press, cutter and inserter in software, which know the finished print files only.

In: print files, the inserter's profile, the work order (run.json), the shop's description; the manifest, to compare with.
Out: every piece as the machine saw it, findings, a result file. Never: sees the plan; imports a room or a kernel that
draws, so that the reading side cannot share a mistake with the writing side.
"""
