"""A job ticket as XJDF, the Exchange Job Definition Format of CIP4, versions 2.1 and 2.2.

In: ``JobTicketFacts``. Out: the bytes of an ``.xjdf`` file. Never: reads a clock; asks a device to impose, because the
print file is imposed.

Clauses are those of the XJDF Specification 2.1 (16 August 2020); order and types of elements are those of its schema.
Lengths are points (3.2, units), thickness of media micrometres, weight of media g/m2, of resources grams.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

from printstream.ticket.jobticket import Box, JobTicketFacts, Mark, Material, Sheet

NAMESPACE = "http://www.CIP4.org/JDFSchema_2_0"
AGENT = "printstream"
Element = ElementTree.Element
Attributes = Mapping[str, str | int | None]

_UM_PER_PT = 25_400 / 72
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold (2.2, Char)."""


def xjdf_bytes(facts: JobTicketFacts) -> bytes:
    """Write the ticket of a print file."""
    root = ElementTree.Element("XJDF", {"xmlns": NAMESPACE})
    _set(
        root,
        {
            "DescriptiveName": facts.title,
            "JobID": facts.job_id,
            "JobPartID": facts.part_id,
            "Types": " ".join(_types(facts)),
            "Version": facts.version,
        },
    )
    header = _add(_add(root, "AuditPool"), "AuditCreated")
    time = f"{facts.day.isoformat()}T00:00:00Z"
    _add(
        header,
        "Header",
        {"AgentName": AGENT, "AgentVersion": facts.agent_version, "DeviceID": AGENT, "Time": time},
    )
    _add(root, "Comment").text = _clean(facts.sheet.finishing)
    for usage, value in _ids(facts).items():
        _add(root, "GeneralID", {"IDUsage": usage, "IDValue": value})
    _products(root, facts)
    for write in _RESOURCES:
        write(root, facts)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text + b"\n"


def _types(facts: JobTicketFacts) -> list[str]:
    """The processes in order (chapter 6); neither Stripping nor Imposition, which are done."""
    sheet = facts.sheet
    types = ["Interpreting", "Rendering", "DigitalPrinting"]
    types += ["Cutting"] * sheet.is_cut
    types += ["Folding"] * bool(sheet.signature_folds)
    types += {"saddle": ["Collecting"], "perfect": ["Gathering"]}.get(sheet.binding, [])
    types += ["Folding"] * bool(facts.folds)
    return [*types, "Inserting", "Delivery"]


def _ids(facts: JobTicketFacts) -> dict[str, str | int]:
    return {
        "RunID": facts.run_id,
        "Stream": facts.stream,
        "InserterProfile": facts.inserter_profile,
        "FirstPiece": facts.first_piece,
        "LastPiece": facts.first_piece + facts.pieces - 1,
    }


# ---- the product: a filled envelope (chapter 4)


def _products(root: Element, facts: JobTicketFacts) -> None:
    products = _add(root, "ProductList")
    piece = _product(products, "Product_Piece", "FilledEnvelope", facts.pieces, facts.title, is_root=True)
    assembling = _intent(piece, "AssemblingIntent", {"Container": "Product_Envelope"})
    _add(assembling, "BlowIn", {"ChildRef": "Product_Letter"})
    for insert in facts.inserts:
        _add(assembling, "BlowIn", {"ChildRef": f"Product_Insert{insert.pocket}"})
    _product(products, "Product_Envelope", "Envelope", facts.pieces, facts.envelope.name)
    _letter(_product(products, "Product_Letter", "Letter", facts.pieces, facts.title), facts)
    for insert in facts.inserts:
        _product(products, f"Product_Insert{insert.pocket}", "Insert", insert.amount, insert.name)


def _product(
    products: Element, name: str, kind: str, amount: int, title: str, *, is_root: bool = False
) -> Element:
    return _add(
        products,
        "Product",
        {
            "Amount": amount,
            "DescriptiveName": title,
            "ID": name,
            "IsRoot": "true" if is_root else "false",
            "ProductType": kind,
        },
    )


def _letter(product: Element, facts: JobTicketFacts) -> None:
    sheet = facts.sheet
    size = f"{_pt(sheet.page_width)} {_pt(sheet.page_height)}"
    folded = sheet.page_height // (facts.folds + 1)
    two_sided = "TwoSidedHeadToFoot" if sheet.head_to_foot else "TwoSidedHeadToHead"
    sides = two_sided if len(sheet.sides) > 1 else "OneSided"
    _intent(
        product,
        "LayoutIntent",
        {
            "Dimensions": size,
            "FinishedDimensions": f"{_pt(sheet.page_width)} {_pt(folded)} 0",
            "Sides": sides,
        },
    )
    paper: Attributes = {"MediaType": "Paper", "Thickness": facts.caliper_um, "Weight": facts.grammage_gsm}
    _intent(product, "MediaIntent", paper)
    if facts.folds:
        _folds(_intent(product, "FoldingIntent", {}), facts)


def _intent(product: Element, name: str, attributes: Attributes) -> Element:
    return _add(_add(product, "Intent", {"Name": name}), name, attributes)


# ---- resources (chapter 8)


def _node_info(root: Element, facts: JobTicketFacts) -> None:
    _add(_resource(_set_of(root, "NodeInfo", "Input"), {}), "NodeInfo", {"Status": "Waiting"})


def _customer_info(root: Element, facts: JobTicketFacts) -> None:
    resource = _resource(_set_of(root, "CustomerInfo", "Input"), {})
    _add(resource, "CustomerInfo", {"CustomerJobName": facts.title})


def _run_list(root: Element, facts: JobTicketFacts) -> None:
    """The print file: a page a press side, in the order of printing."""
    resources = _set_of(root, "RunList", "Input", 0)
    resource = _resource(resources, {})
    _add(resource, "GeneralID", {"IDUsage": "SHA-256", "IDValue": facts.sha256})
    pages: Attributes = {"NPage": facts.press_sides, "Pages": f"0 {facts.press_sides - 1}"}
    # FileSpec@CheckSum would be an MD5, so the SHA-256 is an identifier.
    file: Attributes = {"FileSize": facts.file_bytes, "MimeType": "application/pdf", "URL": facts.url}
    _add(_add(resource, "RunList", pages), "FileSpec", file)


def _digital_printing(root: Element, facts: JobTicketFacts) -> None:
    sides = "TwoSided" if len(facts.sheet.sides) > 1 else "OneSidedFront"
    resource = _resource(_set_of(root, "DigitalPrintingParams", "Input", 2), {})
    _add(resource, "DigitalPrintingParams", {"Sides": sides})


def _media(root: Element, facts: JobTicketFacts) -> None:
    sheet, stock = facts.sheet, facts.stock
    metres = round(facts.press_sheets * sheet.height * 25.4 / 72_000 / 1000, 3)
    resources = _set_of(root, "Media", "Input", 2, Unit="m" if sheet.web else None)
    resource = _resource(
        resources,
        {"DescriptiveName": stock.name, "ExternalID": stock.product_id or None, "ID": "Media_Paper"},
        f"{metres:g}" if sheet.web else str(stock.amount),
    )
    _add(
        resource,
        "Media",
        {
            "Dimension": f"{_pt(sheet.width)} {'0' if sheet.web else _pt(sheet.height)}",
            "MediaType": "Paper",
            "MediaUnit": "Roll" if sheet.web else "Sheet",
            "Thickness": facts.caliper_um,
            "Weight": facts.grammage_gsm,
        },
    )


def _layout(root: Element, facts: JobTicketFacts) -> None:
    """Where everything lies, for cutters and cameras; nobody is to impose again."""
    sheet = facts.sheet
    resources = _set_of(root, "Layout", "Input", 2)
    turned = "horizontal" if sheet.over else "vertical"
    said = "The print file is imposed: its pages are press sides."
    if len(sheet.sides) > 1:
        said += f" The sheet is turned about its {turned} axis for its back."
    _add(resources, "Comment").text = said
    for side, places in zip(("Front", "Back"), sheet.sides, strict=False):
        resource = _resource(resources, {})
        _add(resource, "Part", {"SheetName": "Sheet", "Side": side})
        layout = _add(
            resource,
            "Layout",
            {
                "Automated": "false",
                "PaperRef": "Media_Paper",
                "SurfaceContentsBox": f"0 0 {_pt(sheet.width)} {_pt(sheet.height)}",
                "WorkStyle": "Perfecting" if len(sheet.sides) > 1 else "Simplex",
            },
        )
        size = f"{_pt(sheet.page_width)} {_pt(sheet.page_height)}"
        for place in places:
            matrix = " ".join(_number(v) for v in place.matrix)
            placed = {
                "CTM": matrix,
                "PositionRef": f"Position_{place.cell + 1}",
                "TrimCTM": matrix,
                "TrimSize": size,
            }
            _add(_add(layout, "PlacedObject", placed), "ContentObject")
        if side == "Front":
            _positions(layout, sheet)


def _positions(layout: Element, sheet: Sheet) -> None:
    for number, cell in enumerate(sheet.cells, 1):
        _add(
            layout,
            "Position",
            {
                "AbsoluteBox": _box(cell.box),
                "BlockName": f"Cell_{number}",
                "ID": f"Position_{number}",
                "PositionOrd": cell.rank,
                "StackDepth": None if cell.stack is None else sheet.stack_depth,
                "StackOrd": cell.stack,
            },
        )


def _cutting(root: Element, facts: JobTicketFacts) -> None:
    if not facts.sheet.is_cut:
        return
    resource = _resource(_set_of(root, "CuttingParams", "Input", _index(facts, "Cutting")), {})
    params = _add(resource, "CuttingParams")
    for number, cell in enumerate(facts.sheet.cells, 1):
        _add(params, "CutBlock", {"BlockName": f"Cell_{number}", "Box": _box(cell.box)})


def _folding(root: Element, facts: JobTicketFacts) -> None:
    if facts.sheet.signature_folds:
        resource = _resource(_set_of(root, "FoldingParams", "Input", _index(facts, "Folding")), {})
        _signature_folds(_add(resource, "FoldingParams"), facts.sheet)
    if facts.folds:
        last = len(_types(facts)) - 1 - _types(facts)[::-1].index("Folding")
        resource = _resource(_set_of(root, "FoldingParams", "Input", last), {})
        _folds(_add(resource, "FoldingParams"), facts)


def _folds(parent: Element, facts: JobTicketFacts) -> None:
    """Parallel folds of the set from its lower edge: each rolls what is folded over the next panel."""
    panel = _pt(facts.sheet.page_height // (facts.folds + 1))
    for _ in range(facts.folds):
        _add(parent, "Fold", {"From": "Front", "To": "Up", "Travel": panel})


def _signature_folds(parent: Element, sheet: Sheet) -> None:
    """Folds of a cut unit, each in the middle of what is left; the half at the left or the top goes behind."""
    box = sheet.cells[0].box
    width, height = box[2] - box[0], box[3] - box[1]
    for fold in sheet.signature_folds:
        if fold == "left_behind":
            width //= 2
            _add(parent, "Fold", {"From": "Left", "To": "Down", "Travel": _pt(width)})
        else:
            height //= 2
            _add(parent, "Fold", {"From": "Front", "To": "Up", "Travel": _pt(height)})


def _inserting(root: Element, facts: JobTicketFacts) -> None:
    """Loosely into an envelope; the format has no other word for its place than the front."""
    resource = _resource(_set_of(root, "InsertingParams", "Input", _index(facts, "Inserting")), {})
    _add(resource, "InsertingParams", {"InsertLocation": "Front", "Method": "BlowIn"})


def _components(root: Element, facts: JobTicketFacts) -> None:
    """What goes from process to process, with its amounts."""
    sheet = facts.sheet
    printed = _component(root, "Output", 2, "Component_PressSheets", facts.press_sheets, "Press sheets")
    thick = _number(facts.caliper_um / _UM_PER_PT)
    size = f"{_pt(sheet.width)} {_pt(sheet.height)} {thick}"
    attributes: Attributes = {"Dimensions": size, "MediaRef": "Media_Paper", "SurfaceCount": len(sheet.sides)}
    last = _add(printed, "Component", attributes)
    if sheet.is_cut:
        cut = _component(
            root, "Output", _index(facts, "Cutting"), "Component_CutSheets", sheet.units, "Cut sheets"
        )
        box = sheet.cells[0].box
        size = f"{_pt(box[2] - box[0])} {_pt(box[3] - box[1])} {thick}"
        last = _add(cut, "Component", {**attributes, "Dimensions": size})
    for mark in facts.marks:
        _mark(last, mark)
    at = _index(facts, "Inserting")
    _loaded(root, at, "Component_Envelope", facts.envelope, "Envelope")
    for insert in facts.inserts:
        _loaded(root, at, f"Component_Insert{insert.pocket}", insert, "Insert")
    piece = _component(root, "Output", at, "Component_Pieces", facts.pieces, "Filled envelopes")
    _add(piece, "Component", {"ProductType": "FilledEnvelope"})


def _component(root: Element, usage: str, process: int, name: str, amount: int, title: str) -> Element:
    resources = _set_of(root, "Component", usage, process)
    return _resource(resources, {"DescriptiveName": title, "ID": name}, str(amount))


def _loaded(root: Element, process: int, name: str, material: Material, kind: str) -> None:
    resources = _set_of(root, "Component", "Input", process)
    resource = _resource(
        resources,
        {
            "DescriptiveName": material.name,
            "ExternalID": material.product_id or None,
            "ID": name,
            "ResourceWeight": _number(material.weight_mg / 1000) if material.weight_mg else None,
        },
        str(material.amount),
    )
    if material.pocket:
        _add(resource, "GeneralID", {"IDUsage": "Pocket", "IDValue": material.pocket})
    _add(resource, "Component", {"ProductType": kind})


def _mark(component: Element, mark: Mark) -> None:
    """Where a code stands on the page, and what a reader must find."""
    is_code = mark.encoding != "OMR"
    field = _add(
        component,
        "IdentificationField",
        {
            "BoundingBox": _box(mark.box),
            "Encoding": "Barcode" if is_code else None,
            "EncodingDetails": mark.encoding,
            "Format": mark.pattern or None,
            "Position": "Front",
            "Purpose": "Verification" if is_code else None,
        },
    )
    if mark.modules:
        _add(field, "BarcodeDetails", {"XCells": mark.modules, "YCells": mark.modules})


def _delivery(root: Element, facts: JobTicketFacts) -> None:
    resource = _resource(_set_of(root, "DeliveryParams", "Input", _index(facts, "Delivery")), {})
    drop: Attributes = {
        "Amount": facts.pieces,
        "ItemRef": "Product_Piece",
        "TotalWeight": _number(facts.weight_mg / 1000),
    }
    _add(_add(resource, "DeliveryParams"), "DropItem", drop)


_RESOURCES: tuple[Callable[[Element, JobTicketFacts], None], ...] = (
    *(_node_info, _customer_info, _run_list, _digital_printing, _media, _layout),
    *(_cutting, _folding, _inserting, _components, _delivery),
)


# ---- elements


def _set_of(root: Element, name: str, usage: str, process: int | None = None, **more: str | None) -> Element:
    """A ResourceSet; ``process`` is its place in Types (3.7, CombinedProcessIndex)."""
    return _add(root, "ResourceSet", {"CombinedProcessIndex": process, "Name": name, **more, "Usage": usage})


def _resource(resources: Element, attributes: Attributes, amount: str | None = None) -> Element:
    resource = _add(resources, "Resource", attributes)
    if amount is not None:
        _add(_add(resource, "AmountPool"), "PartAmount", {"Amount": amount})
    return resource


def _index(facts: JobTicketFacts, process: str) -> int:
    return _types(facts).index(process)


def _add(parent: Element, name: str, attributes: Attributes | None = None) -> Element:
    element = ElementTree.SubElement(parent, name)
    _set(element, attributes or {})
    return element


def _set(element: Element, attributes: Attributes) -> None:
    for name, value in attributes.items():
        if value is not None:
            element.set(name, _clean(str(value)))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _pt(length_mpt: int) -> str:
    return _number(length_mpt / 1000)


def _number(value: float) -> str:
    """Shortest to a thousandth; never with an exponent, which xs:float has but readers may not."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _box(box: Box) -> str:
    return " ".join(_pt(v) for v in box)
