"""A Mail.dat file set read by somebody who knows the layout table and the fixed-width files, and nothing of the writer."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

TABLE = Path(__file__).parents[1] / "data" / "maildat_layout_25_1.csv"
WANTED = ("hdr", "seg", "mpu", "mcr", "mpa", "cpt", "csm", "cqt", "pqt")
NON_VALUE = "00010101"
# Where the header counts each file (field codes of the specification).
COUNTED = {
    "seg": 1111, "mpu": 1113, "mcr": 1115, "mpa": 1158, "cpt": 1118,
    "csm": 1120, "cqt": 1126, "pqt": 1128, "pdr": 1138, "pbc": 1178,
}  # fmt: skip

Row = dict[str, str]


@dataclass(frozen=True)
class Place:
    """A field of the table; start counts from 0."""

    code: str
    start: int
    length: int
    required: bool
    key: bool
    data_type: str
    value_type: str
    values: tuple[str, ...]


def table() -> dict[str, list[Place]]:
    """The layout by extension."""
    lines = (line for line in TABLE.read_text().splitlines() if not line.startswith("#"))
    out: dict[str, list[Place]] = defaultdict(list)
    for row in csv.DictReader(lines):
        values = tuple(json.loads(row["values"])) if row["values"] else ()
        out[row["ext"]].append(
            Place(
                row["field_code"], int(row["start"]) - 1, int(row["length"]),
                row["required"] == "True", row["key"] == "True", row["data_type"], row["value_type"], values,
            )
        )  # fmt: skip
    return out


class FileSet:
    """All records of a file set, and every fault found in them."""

    def __init__(self, folder: Path) -> None:
        self.faults: list[str] = []
        self.rows: dict[str, list[Row]] = {}
        layout = table()
        files = sorted(folder.iterdir())
        if len({f.stem for f in files}) != 1:
            self.faults.append("the files have different names")
        for file in files:
            extension = file.suffix[1:]
            self.rows[extension] = self._read(file.read_bytes(), extension, layout[extension])
        for name in WANTED:
            if name not in self.rows:
                self.faults.append(f"there is no {name}")
        if ("pbc" in self.rows) == ("pdr" in self.rows):
            self.faults.append("pieces must be listed once, in pbc or in pdr")
        if not self.faults:
            self._relate()

    def number(self, row: Row, code: str) -> int:
        return int(row[code])

    def _read(self, data: bytes, extension: str, places: list[Place]) -> list[Row]:
        length = max(p.start + p.length for p in places)
        if len(data) % (length + 2):
            self.faults.append(
                f"{extension}: {len(data)} bytes are no whole number of records of {length} + CR LF"
            )
            return []
        rows = []
        seen: Counter[tuple[str, ...]] = Counter()
        for k in range(0, len(data), length + 2):
            raw = data[k : k + length + 2]
            if raw[length:] != b"\r\n" or any(not 32 <= b <= 126 for b in raw[:length]):
                self.faults.append(f"{extension} {k}: bytes that are no printable ASCII, or no line end")
                continue
            text = raw.decode("ascii")
            row = {p.code: text[p.start : p.start + p.length] for p in places}
            covered = sum(p.length for p in places)
            assert covered == length
            for p in places:
                fault = self._field_fault(p, row[p.code])
                if fault:
                    self.faults.append(f"{extension} {p.code}: {fault}: {row[p.code]!r}")
            seen[tuple(row[p.code] for p in places if p.key)] += 1
            rows.append(row)
        self.faults += [f"{extension}: key {key} is there {n} times" for key, n in seen.items() if n > 1]
        return rows

    @staticmethod
    def _field_fault(p: Place, value: str) -> str:
        if p.value_type == "closing":
            return "" if value == "#" else "no closing character"
        bare = value.strip()
        if not bare:
            return "is required and blank" if p.required else ""
        if p.values:
            return (
                "" if bare in {v.strip() for v in p.values} and not value.startswith(" ") else "unknown code"
            )
        if p.value_type == "date":
            if value == NON_VALUE:
                return ""
            try:
                day = date(int(value[:4]), int(value[4:6]), int(value[6:]))
            except ValueError:
                return "no date"
            return "" if day.year > 1900 else "no likely date"
        if p.value_type == "time":
            return "" if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) else "no time"
        if p.value_type in ("integer", "decimal"):
            return "" if value.isdigit() else "not filled with zeros"
        if p.value_type == "zipcode":
            return "" if re.fullmatch(r"(\d{3}|\d{5}|\d{9}) *", value) else "no ZIP Code"
        return ""

    def _relate(self) -> None:
        """Keys of parents, counts, sums, weights."""
        r = self.rows
        (header,) = r["hdr"]
        for name, code in COUNTED.items():
            told, status = int(header[f"HDR-{code}"]), self._status(header, code)
            there = len(r.get(name, []))
            if told != there or (status == "O") != (there > 0):
                self.faults.append(f"hdr: {told} {name} ({status}), there are {there}")
        job = header["HDR-1001"]
        for name, rows in r.items():
            code = f"{name.upper()}-1001"
            if any(row[code] != job for row in rows):
                self.faults.append(f"{name}: another job id")
        self._parents()
        if self.faults:
            return
        self._sums()
        self._labels()

    @staticmethod
    def _status(header: Row, code: int) -> str:
        keys = list(header)
        return header[keys[keys.index(f"HDR-{code}") + 1]]

    @staticmethod
    def _holds_trays(row: Row) -> bool:
        """Whether a container is one of containers (CSM-1005: pallets, hampers, wire containers), and no tray."""
        return row["CSM-1005"].strip() in set("PABCDGHMRUWZ")

    def _need(
        self,
        name: str,
        codes: tuple[str, ...],
        parent: str,
        parent_codes: tuple[str, ...],
        parents: list[Row] | None = None,
    ) -> None:
        rows = self.rows[parent] if parents is None else parents
        known = {tuple(row[c] for c in parent_codes) for row in rows}
        lost = [k for row in self.rows[name] if (k := tuple(row[c] for c in codes)) not in known]
        if lost:
            self.faults.append(f"{name}: {len(lost)} without their {parent}, such as {lost[0]}")
        unused = known - {tuple(row[c] for c in codes) for row in self.rows[name]}
        if unused:
            self.faults.append(f"{parent}: {len(unused)} that no {name} names")

    def _parents(self) -> None:
        self._need("mpu", ("MPU-1002",), "seg", ("SEG-1002",))
        self._need("mcr", ("MCR-1002", "MCR-1003"), "mpu", ("MPU-1002", "MPU-1003"))
        self._need("mcr", ("MCR-1004",), "cpt", ("CPT-1004",))
        self._need("mcr", ("MCR-1102",), "mpa", ("MPA-1002",))
        self._need("csm", ("CSM-1002",), "seg", ("SEG-1002",))
        trays = [row for row in self.rows["csm"] if not self._holds_trays(row)]
        self._need("cqt", ("CQT-1006",), "csm", ("CSM-1006",), trays)
        self._pallets(trays)
        self._need("cqt", ("CQT-1003",), "mpu", ("MPU-1003",))
        self._need("pqt", ("PQT-1034",), "cqt", ("CQT-1034",))
        kind = self.piece_kind
        if self.faults:
            return
        self._need(kind, (f"{kind.upper()}-1034", f"{kind.upper()}-1012"), "pqt", ("PQT-1034", "PQT-1012"))
        segment = {row["CSM-1006"]: row["CSM-1002"] for row in self.rows["csm"]}
        unit = {row["MPU-1003"]: row["MPU-1002"] for row in self.rows["mpu"]}
        if any(segment[q["CQT-1006"]] != unit[q["CQT-1003"]] for q in self.rows["cqt"]):
            self.faults.append("cqt: container and mail piece unit are of two segments")
        of_mpu = {row["MPU-1003"]: row["MPU-1103"] for row in self.rows["mpu"]}
        of_cpt = {row["CPT-1004"]: row["CPT-1102"] for row in self.rows["cpt"]}
        if any(of_mpu[x["MCR-1003"]] != of_cpt[x["MCR-1004"]] for x in self.rows["mcr"]):
            self.faults.append("mcr: a unit weighs other than its component")

    def _pallets(self, trays: list[Row]) -> None:
        """Parents (CSM-1109): there, no trays, of the same segment, not empty, as heavy as what is in them."""
        pallets = {row["CSM-1006"]: row for row in self.rows["csm"] if self._holds_trays(row)}
        inside: dict[str, list[Row]] = {number: [] for number in pallets}
        for row in trays:
            parent = row["CSM-1109"]
            if not parent.strip():
                continue
            if parent not in pallets:
                self.faults.append(
                    f"csm {row['CSM-1006']}: there is no container {parent} that it could be in"
                )
                continue
            inside[parent].append(row)
            if row["CSM-1002"] != pallets[parent]["CSM-1002"]:
                self.faults.append(f"csm {parent}: holds a tray of another segment")
        for number, rows in inside.items():
            pallet = pallets[number]
            if not rows:
                self.faults.append(f"csm {number}: nothing is in it")
            if pallet["CSM-1109"].strip():
                self.faults.append(f"csm {number}: is in a container itself")
            for code, what in (("CSM-1120", "copies"), ("CSM-1121", "pieces"), ("CSM-1122", "weight")):
                if int(pallet[code]) != sum(int(row[code]) for row in rows):
                    self.faults.append(f"csm {number}: {what} are not those of its trays")
            if int(pallet["CSM-1137"] or 0) <= int(pallet["CSM-1122"]) or int(pallet["CSM-1139"] or 0) < 1:
                self.faults.append(f"csm {number}: weighs no more than its mail, or has no height")
            if pallet["CSM-1104"].strip() == "G" and {row["CSM-1103"] for row in rows} != {
                pallet["CSM-1103"]
            }:
                self.faults.append(f"csm {number}: a 5-digit container with trays of another ZIP Code")

    @property
    def piece_kind(self) -> str:
        return "pbc" if "pbc" in self.rows else "pdr"

    def pieces(self) -> list[tuple[int, str, str]]:
        """CQT, package and barcode of every piece, in the order of the file."""
        kind = self.piece_kind.upper()
        code = {"PBC": "PBC-1122", "PDR": "PDR-1122"}[kind]
        return [
            (int(row[f"{kind}-1034"]), row[f"{kind}-1012"], row[code].strip())
            for row in self.rows[kind.lower()]
        ]

    def _sums(self) -> None:
        r = self.rows
        in_container: Counter[str] = Counter()
        weight: Counter[str] = Counter()
        unit_weight = {row["MPU-1003"]: int(row["MPU-1103"]) for row in r["mpu"]}
        for q in r["cqt"]:
            in_container[q["CQT-1006"]] += int(q["CQT-1103"])
            weight[q["CQT-1006"]] += int(q["CQT-1103"]) * unit_weight[q["CQT-1003"]]
            if q["CQT-1102"] != q["CQT-1103"]:
                self.faults.append("cqt: copies are not pieces")
        for row in r["csm"]:
            if self._holds_trays(row):
                continue
            if int(row["CSM-1121"]) != in_container[row["CSM-1006"]] or row["CSM-1120"] != row["CSM-1121"]:
                self.faults.append(f"csm {row['CSM-1006']}: pieces are not those of its quantities")
            if int(row["CSM-1122"]) != weight[row["CSM-1006"]]:
                self.faults.append(f"csm {row['CSM-1006']}: weight is not that of its quantities")
        packages: Counter[str] = Counter()
        for row in r["pqt"]:
            packages[row["PQT-1034"]] += int(row["PQT-1104"])
        listed = Counter((cqt, package) for cqt, package, _ in self.pieces())
        for q in r["cqt"]:
            if int(q["CQT-1103"]) != packages[q["CQT-1034"]]:
                self.faults.append(f"cqt {q['CQT-1034']}: pieces are not those of its packages")
        for row in r["pqt"]:
            if int(row["PQT-1104"]) != listed[int(row["PQT-1034"]), row["PQT-1012"]]:
                self.faults.append(f"pqt {row['PQT-1034']}: pieces are not those that are listed")

    def _labels(self) -> None:
        """ZIP Codes agree from piece to tray label."""
        division = {int(q["CQT-1034"]): q["CQT-1007"].strip() for q in self.rows["cqt"]}
        codes = self.pieces()
        for cqt, _, barcode in codes:
            if not re.fullmatch(r"\d{25}|\d{29}|\d{31}", barcode) or not barcode[20:].startswith(
                division[cqt]
            ):
                self.faults.append(f"piece of cqt {cqt}: barcode {barcode!r} is not of {division[cqt]}")
        if len({barcode[:20] for _, _, barcode in codes}) != len(codes):
            self.faults.append("two pieces have the same tracking code")
        trays = [row["CSM-1150"] for row in self.rows["csm"]]
        if len(set(trays)) != len(trays):
            self.faults.append("two containers have the same barcode")
        for row in self.rows["csm"]:
            tray, zip_code = row["CSM-1150"], row["CSM-1103"].strip()
            if self._holds_trays(row):
                # USPS-B-3215: application identifier 99, type M, mailer identifier and serial, 21 characters.
                if (
                    not re.fullmatch(r"99M(9\d{8}\d{9}|[0-8]\d{5}\d{12})", tray.strip())
                    or tray != row["CSM-1198"]
                ):
                    self.faults.append(f"csm: {tray!r} is no container barcode")
                continue
            if not re.fullmatch(r"\d{24}", tray) or tray != row["CSM-1198"]:
                self.faults.append(f"csm: {tray!r} is no tray barcode")
            elif tray[:5] != zip_code.ljust(5, "0") or tray[5:8] != row["CSM-1159"].strip():
                self.faults.append(f"csm: {tray} is not of {zip_code}, content {row['CSM-1159']}")
        five = {
            row["CSM-1006"]: row["CSM-1103"].strip()
            for row in self.rows["csm"]
            if row["CSM-1104"].strip() == "G"
        }
        for q in self.rows["cqt"]:
            if q["CQT-1006"] in five and q["CQT-1007"] != five[q["CQT-1006"]]:
                self.faults.append("cqt: another ZIP Code in a 5-digit tray")
