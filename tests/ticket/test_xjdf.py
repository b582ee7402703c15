"""Job tickets as XJDF: right in form for every scheme, and a judge that sees when one is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import polars as pl
import pytest

from printstream.base import columns as c
from printstream.base.program import CodeItem
from printstream.impose import impose
from printstream.imposition import load_scheme, scheme_names
from printstream.jobtickets import _item, _pattern, _sheet
from printstream.ticket.jobticket import Cell, JobTicketFacts, Mark, Material, PlacedPage, Sheet
from printstream.ticket.xjdf import xjdf_bytes
from tests.draw.drawkit import job_of
from tests.judges.xjdf import NAMESPACE, faults, schema_faults

SHEET = Sheet(
    width=1_296_000,
    height=864_000,
    page_width=612_000,
    page_height=792_000,
    cells=(Cell((36_000, 36_000, 648_000, 828_000), 0, 0), Cell((648_000, 36_000, 1_260_000, 828_000), 1, 0)),
    sides=((PlacedPage(0, 1, (1, 0, 0, 1, 36, 36)),), (PlacedPage(0, 2, (1, 0, 0, 1, 648, 36)),)),
    over=False,
    web=False,
    stack_depth=50,
    units=99,
    finishing="Cut between the pages & stack.",
)
FACTS = JobTicketFacts(
    version="2.2",
    job_id="4711",
    part_id="spool-0001",
    run_id="20260102T030405",
    title='Letters <of> "May"',
    day=date(2026, 5, 1),
    agent_version="0.1.0",
    url="../spool/0001.pdf",
    sha256="ab" * 32,
    file_bytes=12_345,
    press_sides=100,
    press_sheets=50,
    pieces=40,
    first_piece=1,
    sheets=99,
    weight_mg=400_001,
    stream="letter",
    inserter_profile="omr_basic",
    sheet=SHEET,
    stock=Material("Letter 90 g/m2", "P-90", 50),
    grammage_gsm=90,
    caliper_um=110,
    envelope=Material("#10 window", "", 40, 4_700),
    inserts=(Material("summer", "S-1", 12, 3_000, pocket=2),),
    folds=2,
    marks=(
        Mark("OMR", (0, 0, 10_000, 70_000)),
        Mark("DATAMATRIX", (5, 5, 10_005, 10_005), 20, "A[0-9]{3}"),
    ),
)


def good(ticket: bytes) -> None:
    assert faults(ticket) == []
    assert not schema_faults(ticket)


def find(ticket: bytes, name: str, **attributes: str) -> list[ElementTree.Element]:
    found = ElementTree.fromstring(ticket).iter(f"{NAMESPACE}{name}")
    return [e for e in found if all(e.get(k) == v for k, v in attributes.items())]


def test_a_ticket_is_right_in_form() -> None:
    ticket = xjdf_bytes(FACTS)
    good(ticket)
    assert ticket == xjdf_bytes(FACTS)
    root = ElementTree.fromstring(ticket)
    assert root.get("Types") == "Interpreting Rendering DigitalPrinting Cutting Folding Inserting Delivery"
    assert root.get("DescriptiveName") == FACTS.title


def test_version_2_1_says_so() -> None:
    good(xjdf_bytes(replace(FACTS, version="2.1")))
    assert ElementTree.fromstring(xjdf_bytes(replace(FACTS, version="2.1"))).get("Version") == "2.1"


def test_amounts_and_pockets_are_told() -> None:
    ticket = xjdf_bytes(FACTS)
    amounts = {
        resource.get("ID"): resource.find(f"{NAMESPACE}AmountPool/{NAMESPACE}PartAmount").get("Amount")
        for resource in find(ticket, "Resource")
        if resource.find(f"{NAMESPACE}AmountPool") is not None
    }
    assert amounts == {
        "Media_Paper": "50",
        "Component_PressSheets": "50",
        "Component_CutSheets": "99",
        "Component_Envelope": "40",
        "Component_Insert2": "12",
        "Component_Pieces": "40",
    }
    assert [e.get("IDValue") for e in find(ticket, "GeneralID", IDUsage="Pocket")] == ["2"]
    assert find(ticket, "DropItem")[0].get("TotalWeight") == "400.001"


def test_letters_that_xml_cannot_hold_become_marks() -> None:
    ticket = xjdf_bytes(replace(FACTS, title="bell\x07 \ud800 ok"))
    good(ticket)
    assert ElementTree.fromstring(ticket).get("DescriptiveName") == "bell\ufffd \ufffd ok"


def test_nothing_is_cut_where_page_and_sheet_are_one() -> None:
    whole = replace(
        SHEET,
        width=612_000,
        height=792_000,
        cells=(Cell((0, 0, 612_000, 792_000), None, 0),),
        sides=SHEET.sides[:1],
    )
    ticket = xjdf_bytes(replace(FACTS, sheet=whole, folds=0))
    good(ticket)
    assert (
        ElementTree.fromstring(ticket).get("Types")
        == "Interpreting Rendering DigitalPrinting Inserting Delivery"
    )
    assert find(ticket, "Layout")[0].get("WorkStyle") == "Simplex"
    assert find(ticket, "Position")[0].get("StackOrd") is None
    # The codes are on what leaves the press.
    assert len(find(ticket, "IdentificationField")) == 2


def test_a_roll_is_measured_in_metres() -> None:
    ticket = xjdf_bytes(replace(FACTS, sheet=replace(SHEET, web=True, height=720_000)))
    good(ticket)
    media = find(ticket, "ResourceSet", Name="Media")[0]
    assert media.get("Unit") == "m"
    assert find(ticket, "Media")[0].get("Dimension") == "1296 0"
    # 50 frames of 10 in.
    assert media.find(f".//{NAMESPACE}PartAmount").get("Amount") == "12.7"


@pytest.mark.parametrize("name", [n for n in scheme_names() if load_scheme(n).order != "copies"])
def test_every_scheme_has_its_ticket(name: str) -> None:
    scheme = load_scheme(name)
    size = {"sheet_width": "60in", "sheet_height": "60in"}
    job = job_of(imposition={"scheme": name, **size})
    leaves = scheme.leaves(2 * scheme.unit.pages)
    columns = {
        c.DOCUMENT.name: [0, 1, 2],
        c.SHEETS.name: [leaves] * 3,
        c.TRAY_ID.name: [1] * 3,
        c.STREAM.name: ["letter"] * 3,
    }
    pieces = pl.DataFrame(columns, schema_overrides={c.DOCUMENT.name: pl.UInt32, c.SHEETS.name: pl.UInt32})
    spread = impose(pieces, job, 612_000, 792_000).spreads[0]
    sheet = _sheet(spread)
    ticket = xjdf_bytes(replace(FACTS, sheet=sheet))
    good(ticket)
    assert len(find(ticket, "PlacedObject")) == len(spread.pattern.layout.fronts) * len(sheet.sides)
    boxes = [tuple(float(v) for v in e.get("Box", "").split()) for e in find(ticket, "CutBlock")]
    assert boxes == [tuple(v / 1000 for v in box) for box in spread.pattern.layout.cells]
    stacks = {e.get("StackOrd") for e in find(ticket, "Position")}
    assert (None in stacks) == (scheme.order == "sheets")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (' JobID="4711"', "", "XJDF lacks JobID"),
        ('Version="2.2"', 'Version="1.5"', "XJDF@Version"),
        ('PaperRef="Media_Paper"', 'PaperRef="Media_Card"', "PaperRef leads to no ID"),
        ('ID="Media_Paper"', 'ID="Component_Pieces"', "there twice"),
        ('CombinedProcessIndex="6"', 'CombinedProcessIndex="7"', "belongs to process 7"),
        ("Interpreting", "Imposition", "impose the imposed file again"),
        ('BlockName="Cell_2" Box', 'BlockName="Cell_3" Box', "what is cut is not what is placed"),
        ("<ContentObject />", "", "PlacedObject holds"),
        ('Travel="264"', 'Travel="2e2"', "Fold@Travel"),
        ("AuditPool>", "ProductPool>", "unknown element ProductPool"),
        ('<NodeInfo Status="Waiting" />', '<CustomerInfo CustomerJobName="x" />', "the set NodeInfo holds"),
        ("</XJDF>", "", "no XML"),
    ],
)
def test_the_judge_sees_a_broken_ticket(old: str, new: str, fault: str) -> None:
    ticket = xjdf_bytes(FACTS).decode()
    assert old in ticket
    assert any(fault in found for found in faults(ticket.replace(old, new).encode()))


def test_what_a_reader_must_find_is_a_pattern() -> None:
    assert _pattern("PS.1{piece:pad8}{sheet:pad3}") == r"PS\.1[0-9]{8}[0-9]{3}"
    assert _pattern("{piece}") == ""
    assert _item(CodeItem("number", "sheet", 2, 16)) == "[0-9A-Z]{2}"
    assert _item(CodeItem("check", "mod43")) == "."
