"""9 spool: the print files. Fonts and forms once, a content stream a side, read back before release.

In: faces, forms, compressed sides in page order. Out: verified PDF files under their final names. Never:
plans, draws a page, opens a file of its own to change it.
"""
