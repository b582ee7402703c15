"""Judges of job tickets: what XJDF allows, written from its specification; and CIP4's own schema, where it is at hand.

CIP4's licence does not let us ship its schema: whoever sells what holds it must be a member. ``PRINTSTREAM_XJDF_SCHEMA``
names a copy (https://schema.cip4.org, or github.com/cip4/XJDF-Schema); then tickets are checked against that too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree import ElementTree

NAMESPACE = "{http://www.CIP4.org/JDFSchema_2_0}"
SCHEMA = "PRINTSTREAM_XJDF_SCHEMA"

_FLOAT = r"-?[0-9]+(\.[0-9]+)?"
_TYPES = {
    "string": r".*",
    "token": r"[A-Za-z0-9._:-]+",
    "tokens": r"[A-Za-z0-9._:-]+( [A-Za-z0-9._:-]+)*",
    "id": r"[A-Za-z_][A-Za-z0-9._-]*",
    "ref": r"[A-Za-z_][A-Za-z0-9._-]*",
    "int": r"-?[0-9]{1,9}",
    "float": _FLOAT,
    "bool": r"true|false",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)",
    "range": r"-?[0-9]+ -?[0-9]+",
    "xy": rf"{_FLOAT} {_FLOAT}",
    "shape": rf"{_FLOAT} {_FLOAT} {_FLOAT}",
    "box": rf"{_FLOAT} {_FLOAT} {_FLOAT} {_FLOAT}",
    "matrix": rf"{_FLOAT}( {_FLOAT}){{5}}",
    "side": "Front|Back",
    "usage": "Input|Output",
    "version": r"2\.[012]",
    "workstyle": "Perfecting|Simplex|WorkAndBack|WorkAndTumble|WorkAndTurn",
    "sides": "OneSided|OneSidedBack|TwoSidedHeadToFoot|TwoSidedHeadToHead",
    "print_sides": "OneSidedFront|OneSidedBack|TwoSided|Unprinted",
    "media": "Paper|Film|Foil|Other",
    "unit": "Continuous|Roll|Sheet",
    "status": "Aborted|Cleanup|Completed|InProgress|Setup|Stopped|Suspended|Waiting",
    "encoding": "ASCII|Barcode|Braille|RFID",
    "purpose": "Label|Separation|Verification",
    "from": "Front|Left",
    "to": "Up|Down",
    "location": "Back|FinishedPage|Front|Overfold",
    "method": "BindIn|BlowIn",
}

# Element: attributes (! behind a required one), then its children in their order (* any number, + one or more).
_GRAMMAR = """
XJDF: DescriptiveName=string JobID!=token JobPartID=token Types!=tokens Version=version / AuditPool Comment* GeneralID* ProductList ResourceSet*
AuditPool: / AuditCreated*
AuditCreated: / Header+
Header: AgentName=string AgentVersion=string DeviceID!=token Time!=time /
Comment: /
GeneralID: IDUsage!=token IDValue!=string /
ProductList: / Product+
Product: Amount=int DescriptiveName=string ID=id IsRoot=bool ProductType=token / Intent*
Intent: Name!=token / LayoutIntent MediaIntent FoldingIntent AssemblingIntent
LayoutIntent: Dimensions=xy FinishedDimensions=shape Sides=sides /
MediaIntent: MediaType!=media Thickness=float Weight=float /
FoldingIntent: / Fold*
AssemblingIntent: Container!=ref / BlowIn*
BlowIn: ChildRef!=ref /
Fold: From!=from To!=to Travel=float /
ResourceSet: CombinedProcessIndex=int Name!=token Unit=token Usage=usage / Comment* GeneralID* Resource*
Resource: DescriptiveName=string ExternalID=token ID=id ResourceWeight=float / AmountPool GeneralID* Part* NodeInfo CustomerInfo RunList DigitalPrintingParams Media Layout CuttingParams FoldingParams InsertingParams Component DeliveryParams
AmountPool: / PartAmount+
PartAmount: Amount=float /
Part: SheetName=token Side=side /
NodeInfo: Status=status /
CustomerInfo: CustomerJobName=string /
RunList: NPage=int Pages=range / FileSpec
FileSpec: FileSize=int MimeType=string URL=string /
DigitalPrintingParams: Sides=print_sides /
Media: Dimension=xy MediaType!=media MediaUnit=unit Thickness=float Weight=float /
Layout: Automated=bool PaperRef=ref SurfaceContentsBox=box WorkStyle=workstyle / PlacedObject* Position*
PlacedObject: CTM!=matrix PositionRef=ref TrimCTM=matrix TrimSize=xy / ContentObject+
ContentObject: /
Position: AbsoluteBox=box BlockName=token ID=id PositionOrd=int StackDepth=int StackOrd=int /
CuttingParams: / CutBlock*
CutBlock: BlockName!=token Box=box /
FoldingParams: / Fold*
InsertingParams: InsertLocation!=location Method=method /
Component: Dimensions=shape MediaRef=ref ProductType=token SurfaceCount=int / IdentificationField*
IdentificationField: BoundingBox=box Encoding=encoding EncodingDetails=token Format=string Position=side Purpose=purpose / BarcodeDetails
BarcodeDetails: XCells=int YCells=int /
DeliveryParams: / DropItem*
DropItem: Amount!=int ItemRef!=ref TotalWeight=float /
"""


def _rules() -> dict[str, tuple[dict[str, tuple[str, bool]], list[str]]]:
    rules = {}
    for line in _GRAMMAR.strip().splitlines():
        name, _, rest = line.partition(":")
        given, _, children = rest.partition("/")
        attributes = {}
        for word in given.split():
            attribute, _, kind = word.partition("=")
            attributes[attribute.rstrip("!")] = kind, attribute.endswith("!")
        rules[name] = attributes, children.split()
    return rules


RULES = _rules()


def faults(ticket: bytes) -> list[str]:
    """Say what is wrong with a ticket: form, references, and what the processes need."""
    try:
        root = ElementTree.fromstring(ticket)
    except ElementTree.ParseError as error:
        return [f"no XML: {error}"]
    if root.tag != f"{NAMESPACE}XJDF":
        return [f"the root is {root.tag}"]
    return [*_form(root), *_references(root), *_process(root)]


def _form(element: ElementTree.Element) -> list[str]:
    name = element.tag.removeprefix(NAMESPACE)
    if name not in RULES:
        return [f"unknown element {name}"]
    attributes, order = RULES[name]
    found = [f"{name} lacks {a}" for a, (_, must) in attributes.items() if must and a not in element.attrib]
    for key, value in element.attrib.items():
        if key not in attributes:
            found.append(f"{name} has no {key}")
        elif not re.fullmatch(_TYPES[attributes[key][0]], value, re.DOTALL):
            found.append(f"{name}@{key} is {value!r}")
    names = [child.tag.removeprefix(NAMESPACE) for child in element]
    if not re.fullmatch("".join(_slot(word) for word in order), "".join(f"{n};" for n in names)):
        found.append(f"{name} holds {' '.join(names)}")
    return found + [fault for child in element for fault in _form(child)]


def _slot(word: str) -> str:
    sign = word[-1] if word[-1] in "*+" else "?"
    return f"(?:{word.rstrip('*+')};){sign}"


def _references(root: ElementTree.Element) -> list[str]:
    ids = [e.attrib["ID"] for e in root.iter() if "ID" in e.attrib]
    found = [f"the ID {i} is there twice" for i in set(ids) if ids.count(i) > 1]
    for element in root.iter():
        rules = RULES.get(element.tag.removeprefix(NAMESPACE), ({}, []))[0]
        for key, (kind, _) in rules.items():
            if kind == "ref" and element.get(key) not in {None, *ids}:
                found.append(f"{key} leads to no ID: {element.get(key)}")
    return found


def _process(root: ElementTree.Element) -> list[str]:
    types = root.get("Types", "").split()
    found = []
    for resources in root.iter(f"{NAMESPACE}ResourceSet"):
        index = int(resources.get("CombinedProcessIndex", "0"))
        if index >= len(types):
            found.append(f"{resources.get('Name')} belongs to process {index}, there are {len(types)}")
        held = [
            resource[-1].tag.removeprefix(NAMESPACE) for resource in resources.iter(f"{NAMESPACE}Resource")
        ]
        name = resources.get("Name")
        found += [f"the set {name} holds {other}" for other in held if other != name]
    sets = [s.get("Name") for s in root.iter(f"{NAMESPACE}ResourceSet")]
    if sets.count("NodeInfo") != 1:
        found.append("a ticket has one NodeInfo")
    if {"Imposition", "Stripping"} & set(types):
        found.append("a device would impose the imposed file again")
    needs = {"Cutting": "CuttingParams", "Folding": "FoldingParams", "Inserting": "InsertingParams"}
    found += [f"{t} lacks its {needs[t]}" for t in types if t in needs and needs[t] not in sets]
    blocks = {b.get("BlockName") for b in root.iter(f"{NAMESPACE}CutBlock")}
    places = {p.get("BlockName") for p in root.iter(f"{NAMESPACE}Position")}
    if blocks and blocks != places:
        found.append("what is cut is not what is placed")
    return found


def schema_faults(ticket: bytes) -> list[str] | None:
    """Say what CIP4's schema finds; None where it is not at hand."""
    path = os.environ.get(SCHEMA)
    if not path:
        return None
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(Path(path)))
    schema.validate(etree.fromstring(ticket))
    return [str(error) for error in schema.error_log]
