"""What each post's code says of a document: constants of the job first, then what its columns add.

In: the job's mailing settings. Out: ``Recipe``, with expressions over documents. Never: encodes; evaluates.

A payload is the recipe's head (with the piece's number in it), the document's text, and zeros up to ``fill`` bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

import polars as pl

from printstream.base import columns as c
from printstream.base.frozen import frozen
from printstream.job import Job
from printstream.kernels.datamatrix import RECTANGLE
from printstream.kernels.fourstate_tables import SYMBOLOGIES
from printstream.kernels.posts import MATRIX_BYTES, MATRIX_C40
from printstream.postal import AustraliaPost, DeutschePost, JapanPost, Kix, Mailmark, Mailmark2d, RoyalAddress

_ABROAD = "XY11"
# Royal Mail Mailmark barcode definition document, table 3; of the 2D code any letter may stand at any letter's place.
_BRITISH = (
    r"^([A-Z][0-9][A-Z][0-9][A-Z]{2}[0-9][A-Z] |[A-Z]{2}[0-9]{2}[A-Z]{2}[0-9][A-Z] |[A-Z]{2}[0-9]{3}[A-Z]{2}[0-9][A-Z]|"
    r"[A-Z]{2}[0-9][A-Z][0-9][A-Z]{2}[0-9][A-Z]|[A-Z][0-9]{2}[A-Z]{2}[0-9][A-Z]  |[A-Z][0-9]{3}[A-Z]{2}[0-9][A-Z] )$"
)
_DUTCH = r"^[1-9][0-9]{3}[A-Z]{2}[0-9]{1,5}(X[A-Z0-9]{1,6})?$"
_LATIN1 = r"^[\x{00}-\x{ff}]*$"
_TYPES_2D: Mapping[int, tuple[int, int, int]] = {7: (24, 24, 24), 9: (32, 32, 32), 29: (RECTANGLE, 16, 48)}
"""Key, rows and columns of a Data Matrix by Mailmark 2D's types."""


@frozen
class Recipe:
    """How payloads are made.

    Attributes:
        kind: of kernels.posts.
        text: what a document adds.
        column: the column that is named when a payload is refused.
        columns: all columns that are read.
        head: what all begin with.
        number_at, number_bytes, number_base, limit: where the piece's number stands, base 10 or 256, and what it is below.
        issuer: within what numbers must differ; empty where there are none.
        fill: bytes to which payloads are filled.
        matrix: key, rows and columns of a Data Matrix; zeros for bars.
        rules: what must hold of a document before it is encoded, and what is said where it does not.
    """

    kind: int
    text: pl.Expr
    column: str
    columns: frozenset[str]
    head: bytes = b""
    number_at: int = 0
    number_bytes: int = 0
    number_base: int = 10
    limit: int = 1
    issuer: str = ""
    fill: int = 0
    matrix: tuple[int, int, int] = (0, 0, 0)
    rules: tuple[tuple[pl.Expr, str], ...] = field(default=())


def recipe_of(job: Job) -> Recipe:
    """The recipe of the job's code, which is neither none nor the Intelligent Mail barcode."""
    makes: Mapping[str, Callable[[Job], Recipe]] = {
        "mailmark_c": _mailmark,
        "mailmark_l": _mailmark,
        "mailmark_2d": _mailmark_2d,
        "rm4scc": _rm4scc,
        "kix": _kix,
        "auspost": _auspost,
        "japanpost": _japanpost,
        "postnet": _postnet,
        "planet": _planet,
        "dp_datamatrix": _deutsche_post,
    }
    return makes[job.mailing.barcode](job)


def _text(name: str | None) -> pl.Expr:
    """A column as text, null as nothing."""
    return pl.lit("") if name is None else pl.col(name).cast(pl.String).fill_null("")


def _code(name: str | None) -> pl.Expr:
    """A column as capitals and digits, without spaces."""
    return _text(name).str.replace_all(" ", "", literal=True).str.to_uppercase()


def _named(*names: str | None) -> frozenset[str]:
    return frozenset(name for name in names if name is not None)


def _british(address: RoyalAddress) -> pl.Expr:
    """Postcode and delivery point suffix in one; abroad has no suffix."""
    postcode, suffix = _code(address.postcode), _code(address.suffix)
    suffix = pl.when(suffix == "").then(pl.lit(address.default_suffix)).otherwise(suffix)
    return pl.when(postcode == _ABROAD).then(postcode).otherwise(pl.concat_str(postcode, suffix))


def _british_form(text: pl.Expr, *, abroad: bool) -> tuple[pl.Expr, str]:
    padded = text.str.pad_end(9)
    good = (
        padded.str.contains(_BRITISH) | (padded == _ABROAD.ljust(9))
        if abroad
        else padded.str.contains(_BRITISH)
    )
    return good, "postcode and delivery point suffix have none of the six forms of a UK postcode"


def _mailmark(job: Job) -> Recipe:
    own, barcode = job.mailing.mailmark, job.mailing.barcode
    assert isinstance(own, Mailmark)
    start = f"{own.format}{own.version}{own.mail_class}{own.supply_chain}"
    return Recipe(
        SYMBOLOGIES.index(barcode),
        _british(own).str.pad_end(9),
        own.postcode,
        _named(own.postcode, own.suffix),
        (start + "0" * 8).encode(),
        len(start),
        8,
        limit=10**8,
        issuer=f"mailmark-{own.supply_chain}",
        rules=(_british_form(_british(own), abroad=True),),
    )


def _mailmark_2d(job: Job) -> Recipe:
    own = job.mailing.mailmark_2d
    assert isinstance(own, Mailmark2d)
    start = f"JGB {own.information_type}{own.version}{own.mail_class}{own.supply_chain}"
    middle = own.service + own.return_postcode.ljust(7) + " " * 6
    content = _text(own.content)
    return Recipe(
        MATRIX_C40,
        pl.concat_str(_british(own).str.pad_end(9), pl.lit(middle), content),
        own.postcode,
        _named(own.postcode, own.suffix, own.content),
        (start + "0" * 8).encode(),
        len(start),
        8,
        limit=10**8,
        issuer=f"mailmark-{own.supply_chain}",
        matrix=_TYPES_2D[own.type],
        rules=(
            _british_form(_british(own), abroad=True),
            (content.str.contains(_LATIN1), "the content has characters beyond Latin-1"),
        ),
    )


def _rm4scc(job: Job) -> Recipe:
    own = job.mailing.rm4scc
    assert isinstance(own, RoyalAddress)
    text = _british(own)
    columns = _named(own.postcode, own.suffix)
    rules = (_british_form(text, abroad=False),)
    return Recipe(SYMBOLOGIES.index("rm4scc"), text, own.postcode, columns, rules=rules)


def _kix(job: Job) -> Recipe:
    own = job.mailing.kix
    assert isinstance(own, Kix)
    addition = _code(own.addition)
    text = pl.concat_str(
        _code(own.postcode),
        _code(own.house_number),
        pl.when(addition == "").then(pl.lit("")).otherwise(pl.concat_str(pl.lit("X"), addition)),
    )
    return Recipe(
        SYMBOLOGIES.index("kix"),
        text,
        own.postcode,
        _named(own.postcode, own.house_number, own.addition),
        rules=(
            (text.str.contains(_DUTCH), "postcode, house number and addition are none of the Netherlands"),
        ),
    )


def _auspost(job: Job) -> Recipe:
    own = job.mailing.auspost
    assert isinstance(own, AustraliaPost)
    sorting = _code(own.sorting_code)
    return Recipe(
        SYMBOLOGIES.index("auspost_n" if own.encoding == "digits" else "auspost_c"),
        pl.concat_str(sorting, _text(own.information)),
        own.sorting_code,
        _named(own.sorting_code, own.information),
        own.control.encode(),
        rules=((sorting.str.contains(r"^[0-9]{8}$"), "the sorting code has not eight digits"),),
    )


def _japanpost(job: Job) -> Recipe:
    own = job.mailing.japanpost
    assert isinstance(own, JapanPost)
    postcode = _code(own.postcode).str.replace_all("-", "", literal=True)
    return Recipe(
        SYMBOLOGIES.index("japanpost"),
        pl.concat_str(postcode, _code(own.address)),
        own.postcode,
        _named(own.postcode, own.address),
        rules=((postcode.str.contains(r"^[0-9]{7}$"), "the postcode has not seven digits"),),
    )


def _postnet(job: Job) -> Recipe:
    columns = frozenset[str]()  # the address has them
    plus4 = pl.col(c.PLUS4.name)
    text = pl.concat_str(
        pl.col(c.POSTAL_CODE.name),
        plus4,
        pl.when(plus4 == "").then(pl.lit("")).otherwise(pl.col(c.DELIVERY_POINT.name)),
    )
    return Recipe(SYMBOLOGIES.index("postnet"), text, job.address.zip5 or "", columns)


def _planet(job: Job) -> Recipe:
    own = job.mailing.planet
    assert own is not None
    return Recipe(SYMBOLOGIES.index("planet"), _code(own.code), own.code, _named(own.code))


def _deutsche_post(job: Job) -> Recipe:
    """Order and widths of the fields: public decodings of version 1.5, see docs/postal-barcodes.md."""
    own, day = job.mailing.dp_datamatrix, job.production_date
    assert isinstance(own, DeutschePost)
    posted = day.timetuple().tm_yday * 100 + day.year % 100
    start = b"DEA" + bytes((own.kind, own.price_version)) + int(own.customer).to_bytes(5, "big")
    for value in (own.value_cents, posted, own.product):
        start += value.to_bytes(2, "big")
    end = bytes((own.participation,)) + own.statement.to_bytes(2, "big") + bytes((own.announced,))
    content = _text(own.content)
    room = own.size - len(start) - 3 - len(end)
    return Recipe(
        MATRIX_BYTES,
        content,
        own.content or "",
        _named(own.content),
        start + bytes(3) + end,
        len(start),
        3,
        256,
        limit=1 << 24,
        issuer=f"dp-{own.customer}-{own.statement}",
        fill=own.size,
        matrix=(22, 22, 22) if own.size == 28 else (26, 26, 26),
        rules=(
            (content.str.contains(_LATIN1), "the content has characters beyond Latin-1"),
            (content.str.len_chars() <= room, f"the content is longer than {room} characters"),
        ),
    )
