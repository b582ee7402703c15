"""A comparison as a page with charts, in one file that needs nothing else.

In: a ``Comparison``. Out: the page. Never: loads a script, a font or a picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from printstream.base.charts import bar
from printstream.base.files import write_whole
from printstream.whatif.figures import Comparison

if TYPE_CHECKING:
    from jinja2 import Template


def write_page(path: Path, comparison: Comparison) -> Path:
    """Write the page, whole, and give its path."""
    write_whole(path, page_html(comparison).encode())
    return path


def page_html(comparison: Comparison) -> str:
    """Set the page."""
    rows = comparison.rows
    levels = list(dict.fromkeys((x.stream, x.level) for f in rows for x in f.levels))
    dearest = max((f.postage_mills for f in rows), default=0)
    most = max((f.trays for f in rows), default=0)
    heaviest = max((f.paper_mg for f in rows), default=0)
    return _template().render(
        comparison=comparison,
        rows=[
            {
                "figures": f,
                "postage": bar([f.postage_mills], dearest),
                "trays": bar([f.trays], most),
                "paper": bar([f.paper_mg], heaviest),
                "levels": [{(x.stream, x.level): x for x in f.levels}.get(key) for key in levels],
            }
            for f in rows
        ],
        levels=levels,
        first=rows[0],
        carried=any(f.containers is not None for f in rows),
    )


def _template() -> Template:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("printstream.whatif", "."), PackageLoader("printstream.base", ".")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("whatif.html.j2")
