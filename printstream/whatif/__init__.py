"""What if: the same documents planned under other settings, side by side.

In: a plan, words such as ``spool.sheets=2000,5000``. Out: a table, JSON, a page with charts. Never: reads the input
again, breaks pages anew, draws.
"""

from __future__ import annotations

from printstream.whatif.figures import Comparison, compare
from printstream.whatif.page import page_html, write_page
from printstream.whatif.run import compare_job
from printstream.whatif.text import json_text, table_text
from printstream.whatif.variants import Variant, variants_of

__all__ = [
    "Comparison",
    "Variant",
    "compare",
    "compare_job",
    "json_text",
    "page_html",
    "table_text",
    "variants_of",
    "write_page",
]
