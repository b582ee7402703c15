"""What a printer is asked for: sides by the sheet's edges, its own size of sheet, nothing added, nothing silently left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from printstream.base.errors import DeliveryError, UsageError
from printstream.delivery import ippcodec as ipp
from printstream.delivery.jobattributes import Wanted, job_attributes, parse_changes
from printstream.delivery.released import PressJob

PRESS = PressJob(
    width_mpt=1_296_000,
    height_mpt=864_000,
    is_duplex=True,
    turned_over=False,
    press_sheets=10,
    press_sides=20,
    stock="Letter 90 g/m2",
    grammage_gsm=90,
    caliper_um=110,
    is_web=False,
)
SIDES = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")


def size(x: object, y: object, tag: int = ipp.INTEGER) -> ipp.Attributes:
    return {"x-dimension": ipp.one(tag, x), "y-dimension": ipp.one(tag, y)}


def printer(**more: object) -> ipp.Attributes:
    own: ipp.Attributes = {
        "document-format-supported": ipp.many(ipp.MIME_TYPE, ("application/pdf", "image/jpeg")),
        "printer-is-accepting-jobs": ipp.one(ipp.BOOLEAN, data=True),
        "sides-supported": ipp.many(ipp.KEYWORD, SIDES),
        "media-supported": ipp.many(ipp.KEYWORD, ("na_arch-b_12x18in", "iso_a4_210x297mm")),
        "media-size-supported": ipp.many(ipp.BEGIN_COLLECTION, (size(30480, 45720), size(21000, 29700))),
        "media-col-supported": ipp.many(
            ipp.KEYWORD, ("media-size", "media-thickness", "media-weight-metric")
        ),
        "print-scaling-supported": ipp.many(ipp.KEYWORD, ("auto", "none")),
        "orientation-requested-supported": ipp.many(ipp.ENUM, (3, 4)),
    }
    own |= {name.replace("_", "-"): values for name, values in more.items() if values is not None}
    for name, values in more.items():
        if values is None:
            own.pop(name.replace("_", "-"))
    return own


def ask(press: PressJob = PRESS, says: ipp.Attributes | None = None, *words: str) -> Wanted:
    return job_attributes(
        press, "job", "0001.pdf", 2049, says if says is not None else printer(), parse_changes(list(words))
    )


@pytest.mark.parametrize(
    ("is_portrait", "turned_over", "sides"),
    [
        # The press turns the sheet like a page of a book, or like one of a wall calendar.
        (True, False, "two-sided-long-edge"),
        (True, True, "two-sided-short-edge"),
        (False, False, "two-sided-short-edge"),
        (False, True, "two-sided-long-edge"),
    ],
)
def test_sides_are_named_by_the_edge_about_which_the_sheet_turns(
    is_portrait: bool, turned_over: bool, sides: str
) -> None:
    press = replace(PRESS, turned_over=turned_over)
    if is_portrait:
        press = replace(press, width_mpt=PRESS.height_mpt, height_mpt=PRESS.width_mpt)
    asked = ask(press).job
    assert asked["sides"] == ipp.one(ipp.KEYWORD, sides)
    assert asked["orientation-requested"] == ipp.one(ipp.ENUM, 3 if is_portrait else 4)
    assert ask(replace(press, is_duplex=False)).job["sides"] == ipp.one(ipp.KEYWORD, "one-sided")


def test_paper_is_told_by_size_weight_and_thickness() -> None:
    wanted = ask()
    assert wanted.job["media-col"] == ipp.collection(
        {
            "media-size": ipp.collection(size(30480, 45720)),
            "media-thickness": ipp.one(ipp.INTEGER, 11),
            "media-weight-metric": ipp.one(ipp.INTEGER, 90),
        }
    )
    assert wanted.job["print-scaling"] == ipp.one(ipp.KEYWORD, "none")
    assert wanted.notes == ()


def test_what_the_printer_has_no_word_for_is_noted() -> None:
    says = printer(media_col_supported=ipp.one(ipp.KEYWORD, "media-size"), print_scaling_supported=None)
    wanted = ask(PRESS, says)
    assert set(wanted.job["media-col"][0].data) == {"media-size"}
    assert [
        word
        for word in ("media-thickness", "media-weight-metric", "print-scaling")
        if word in str(wanted.notes)
    ]
    assert len(wanted.notes) == 3
    assert ask(PRESS, printer(media_col_supported=None)).job["media"] == ipp.one(
        ipp.KEYWORD, "na_arch-b_12x18in"
    )


@pytest.mark.parametrize(
    ("x", "y", "tag", "fits"),
    [
        (30480, 45720, ipp.INTEGER, True),
        (45700, 30500, ipp.INTEGER, True),
        (30480, 45800, ipp.INTEGER, False),
        ((10000, 33000), (10000, 48700), ipp.RANGE, True),
        ((10000, 33000), (10000, 42000), ipp.RANGE, False),
    ],
)
def test_a_sheet_fits_either_way_up_and_within_what_the_printer_takes(
    x: object, y: object, tag: int, fits: bool
) -> None:
    says = printer(media_size_supported=ipp.one(ipp.BEGIN_COLLECTION, size(x, y, tag)), media_supported=None)
    if not fits:
        with pytest.raises(DeliveryError, match=r"no sheet of 304\.8 x 457\.2 mm"):
            ask(PRESS, says)
        return
    told = ask(PRESS, says).job["media-col"][0].data["media-size"][0].data
    sides = sorted(values[0].data for values in told.values())
    assert all(abs(a - b) <= 50 for a, b in zip(sides, (30480, 45720), strict=True))


def test_a_printers_defaults_add_nothing() -> None:
    says = printer(
        copies_supported=ipp.one(ipp.RANGE, (1, 99)),
        finishings_supported=ipp.many(ipp.ENUM, (3, 4)),
        job_sheets_supported=ipp.many(ipp.NAME, ("none", "standard")),
        number_up_supported=ipp.many(ipp.INTEGER, (1, 2)),
    )
    asked = ask(PRESS, says).job
    plain = {name: asked[name][0].data for name in ("copies", "finishings", "job-sheets", "number-up")}
    assert plain == {"copies": 1, "finishings": 3, "job-sheets": "none", "number-up": 1}
    assert "copies" not in ask().job


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"document_format_supported": ipp.one(ipp.MIME_TYPE, "image/jpeg")}, "document-format"),
        ({"document_format_supported": None}, "document-format"),
        ({"printer_is_accepting_jobs": ipp.one(ipp.BOOLEAN, data=False)}, "printer-is-accepting-jobs"),
        ({"sides_supported": ipp.one(ipp.KEYWORD, "one-sided")}, "sides"),
        ({"sides_supported": None}, "sides"),
        ({"print_scaling_supported": ipp.one(ipp.KEYWORD, "fit")}, "print-scaling"),
        (
            {"media_size_supported": None, "media_supported": ipp.one(ipp.KEYWORD, "iso_a4_210x297mm")},
            "media",
        ),
    ],
)
def test_what_matters_is_refused_by_name(more: dict[str, object], where: str) -> None:
    with pytest.raises(DeliveryError) as raised:
        ask(PRESS, printer(**more))
    assert raised.value.where == where
    assert raised.value.exit_code == 7


def test_amounts_are_told_where_the_printer_takes_them() -> None:
    names = ("job-impressions", "job-media-sheets", "job-k-octets", "job-pages")
    assert not set(names) & ask().operation.keys()
    says = printer(
        job_impressions_supported=ipp.one(ipp.RANGE, (0, 99)),
        job_media_sheets_supported=ipp.one(ipp.RANGE, (0, 99)),
        job_k_octets_supported=ipp.one(ipp.RANGE, (0, 99)),
        job_creation_attributes_supported=ipp.one(ipp.KEYWORD, "job-pages"),
    )
    told = ask(PRESS, says).operation
    assert [told[name][0].data for name in names] == [20, 10, 3, 20]
    assert told["ipp-attribute-fidelity"] == ipp.one(ipp.BOOLEAN, data=True)


def test_an_operator_may_choose_what_the_printer_has() -> None:
    says = printer(output_bin_supported=ipp.many(ipp.KEYWORD, ("top", "stacker-1")))
    wanted = ask(PRESS, says, "output-bin=stacker-1", "sides=one-sided", "print-scaling=")
    assert wanted.job["output-bin"] == ipp.one(ipp.KEYWORD, "stacker-1")
    assert wanted.job["sides"] == ipp.one(ipp.KEYWORD, "one-sided")
    assert "print-scaling" not in wanted.job
    assert ask(PRESS, says, "media=iso_a4_210x297mm").job["media"] == ipp.one(ipp.KEYWORD, "iso_a4_210x297mm")
    for word, said in (
        ("output-bin=floor", "no output-bin=floor"),
        ("print-quality=5", "does not know print-quality"),
    ):
        with pytest.raises(DeliveryError, match=said):
            ask(PRESS, says, word)


@pytest.mark.parametrize(
    "word", ["copies=2", "copies=", "sides", "page-ranges=1-2", "=x", "job-priority=high"]
)
def test_words_that_set_nothing_or_print_twice_are_refused(word: str) -> None:
    with pytest.raises(UsageError):
        ask(PRESS, printer(), word)
