"""The type: faces that the product ships, their measures, and their subsets for PDF.

In: a face name, the job's code page. Out: widths in 1/1000 em, TrueType subsets, ToUnicode maps. Never: reads
a job's files, draws, knows mail.
"""
