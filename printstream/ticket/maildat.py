"""A Mail.dat 25-1 file set of the presorted letters: HDR SEG MPU MCR MPA CPT CSM CQT PQT, and PBC or PDR.

In: the mail, the job's settings. Out: file names and the bytes of each. Never: knows a field position (the layout
table does), claims to be certified: what is written is structurally checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from printstream import __version__
from printstream.base import columns as c
from printstream.job import Job
from printstream.mailer import MailDat
from printstream.ticket.mailtables import (
    CONTAINER_TYPES,
    CQT,
    DIVISION,
    GROSS_UNITS,
    MPU,
    NUMBER,
    PACKAGE,
    PARENT,
    RATE,
    SEGMENT,
    UM_PER_IN,
    UNITS,
    MailTables,
    mail_tables,
)
from printstream.ticket.post import CONTAINER_BARCODE, ORIGIN, OWNER, TRAY_BARCODE, Post
from printstream.ticket.records import Values, layouts, records

TABLE = "maildat_25_1.csv"
UNKNOWN = date(1, 1, 1)
"""The specification's non-value of a date, 00010101."""
_SOFTWARE = "printstream"
_CONTAINER_DIGITS = 6
# HDR field codes: record count and file status of each file; those that are never sent come last.
_HEADER = {
    "seg": (1111, 1112),
    "mpu": (1113, 1114),
    "mcr": (1115, 1116),
    "mpa": (1158, 1159),
    "cpt": (1118, 1119),
    "csm": (1120, 1121),
    "cqt": (1126, 1127),
    "pqt": (1128, 1129),
    "pdr": (1138, 1139),
    "pbc": (1178, 1179),
}
_NOT_SENT = (
    *((1181, 1180), (1130, 1131), (1132, 1133), (1136, 1137), (1140, 1141), (1146, 1147), (1172, 1173)),
    *((1184, 1185), (1186, 1187), (1188, 1189), (1190, 1191), (1193, 1194), (1195, 1196), (1201, 1202)),
    *((1203, 1204), (1205, 1206), (1207, 1208)),
)

Fields = dict[str, Values | None]


def maildat_files(post: Post) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Give each file's name and its records.

    Raises:
        JobError: when a value does not fit its field.
    """
    settings = post.job.mailing.maildat
    if settings is None:
        return
    tables = mail_tables(post)
    if tables is None:
        # Too few pieces for any scheme: there is no presorted mailing to tell of.
        return
    contents: dict[str, tuple[int, Fields]] = {
        "seg": _segments(post.job, settings, tables),
        "mpu": _units(settings, tables),
        "mcr": _relations(settings, tables),
        "mpa": _accounts(settings, tables),
        "cpt": _components(post, settings, tables),
        "csm": (tables.containers.height + tables.parents.height, {}),
        "cqt": _quantities(settings, tables),
        "pqt": _packages(tables),
        settings.pieces: _pieces(settings, tables),
    }
    known = layouts(TABLE)
    header = _header(post.job, settings, {name: count for name, (count, _) in contents.items()})
    yield f"{settings.job_id}.hdr", records(known["hdr"], 1, header)
    for name, (count, fields) in contents.items():
        common: Fields = {f"{name.upper()}-1001": settings.job_id, f"{name.upper()}-2000": "O"}
        blocks = [(count, fields)]
        if name == "csm":
            blocks = [_containers(post, settings, tables)]
            blocks += [_parents(post, settings, tables)] if tables.parents.height else []
        made = [records(known[name], some, {**common, **of}) for some, of in blocks]
        yield f"{settings.job_id}.{name}", chain.from_iterable(made)


def _header(job: Job, settings: MailDat, counts: Mapping[str, int]) -> Fields:
    """Who, what and when; how many records each file has."""
    contact = settings.contact
    fields: Fields = {
        "HDR-1001": settings.job_id,
        "HDR-1101": "25-1",
        "HDR-1025": 9999,
        "HDR-1148": "C",
        "HDR-1153": settings.job_id,
        "HDR-1103": _ascii(job.title)[:30],
        "HDR-1104": settings.agent.name,
        "HDR-1105": settings.license_code,
        "HDR-1106": contact.name,
        "HDR-1107": contact.phone,
        "HDR-1157": contact.email,
        "HDR-1108": job.production_date,
        "HDR-1109": settings.prepared_at,
        "HDR-1192": "0.6",
        "HDR-1154": "P",
        "HDR-1183": settings.agent.crid,
    }
    # Vendor's mail address: who runs the software is who can be asked about it.
    for vendor, product, version, email in ((1174, 1175, 1176, 1177), (1150, 1155, 1151, 1156)):
        fields |= {f"HDR-{vendor}": _SOFTWARE, f"HDR-{product}": _SOFTWARE}
        fields |= {f"HDR-{version}": __version__[:10], f"HDR-{email}": contact.email}
    for name, (number, status) in _HEADER.items():
        count = counts.get(name, 0)
        fields |= {f"HDR-{number}": count, f"HDR-{status}": "O" if count else "N"}
    for number, status in _NOT_SENT:
        fields |= {f"HDR-{number}": 0, f"HDR-{status}": "N"}
    return fields


def _segments(job: Job, settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    addresses, entry = settings.addresses, settings.entry
    streams = tables.segments[c.STREAM.name]
    return tables.segments.height, {
        "SEG-1002": tables.segments[SEGMENT].to_numpy(),
        "SEG-1101": f"{_ascii(job.name)}, stream " + streams.str.slice(0, 10),
        "SEG-1102": tables.segments["class"],
        "SEG-1103": "LT",
        "SEG-1112": "P",
        "SEG-1113": "L",
        "SEG-1116": addresses.lot or UNKNOWN,
        "SEG-1118": entry.verification_name,
        "SEG-1119": entry.verification_zip9 or settings.permit.zip9,
        "SEG-1129": addresses.coding,
        "SEG-1130": addresses.carrier_route or UNKNOWN,
        "SEG-1131": UNKNOWN,
        "SEG-1134": addresses.move_update,
        "SEG-1140": settings.agent.crid,
        "SEG-1141": "0",
        "SEG-1145": "N",
        "SEG-1146": "F" if settings.service == "full" else None,
        "SEG-1147": addresses.move_update_method,
        "SEG-1150": UNKNOWN,
        "SEG-1187": "N",
    }


def _units(settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    mpus = tables.mpus
    return mpus.height, {
        "MPU-1002": mpus[SEGMENT].to_numpy(),
        "MPU-1003": mpus[MPU].to_numpy(),
        "MPU-1101": "LETTER " + mpus[MPU].cast(pl.String).str.zfill(5),
        "MPU-1103": mpus[UNITS].to_numpy(),
        "MPU-1104": "C",
        "MPU-1105": settings.weight_status,
        "MPU-1108": _inches(mpus),
        "MPU-1111": _of_segment(tables, mpus, "class"),
        "MPU-1112": "R",
        "MPU-1113": "LT",
        "MPU-1115": "N",
        "MPU-1116": "01",
        "MPU-1123": "Y",
        "MPU-1131": settings.agent.crid,
    }


def _relations(settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    """Each unit is one component; each segment's postage is one statement's."""
    mpus = tables.mpus
    return mpus.height, {
        "MCR-1002": mpus[SEGMENT].to_numpy(),
        "MCR-1003": mpus[MPU].to_numpy(),
        "MCR-1004": mpus[MPU].to_numpy(),
        "MCR-1102": mpus[SEGMENT].to_numpy() + (settings.statement - 1),
    }


def _accounts(settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    owner, agent = settings.owner, settings.agent
    return tables.segments.height, {
        "MPA-1002": tables.segments[SEGMENT].to_numpy() + (settings.statement - 1),
        "MPA-1101": "STREAM " + tables.segments[c.STREAM.name].str.slice(0, 23),
        "MPA-1103": settings.permit.number,
        "MPA-1106": settings.permit.zip9,
        "MPA-1111": "P",
        "MPA-1121": owner.mailer_id,
        "MPA-1122": owner.crid,
        "MPA-1123": agent.mailer_id,
        "MPA-1124": agent.crid,
    }


def _components(post: Post, settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    """A unit each, with the owner of its pieces: accounts say who pays, components whose mail it is."""
    mpus = tables.mpus
    owners = post.owners or (settings.owner,)
    return mpus.height, {
        "CPT-1004": mpus[MPU].to_numpy(),
        "CPT-1102": mpus[UNITS].to_numpy(),
        "CPT-1103": "C",
        "CPT-1104": settings.weight_status,
        "CPT-1107": _inches(mpus),
        "CPT-1109": "N",
        "CPT-1110": _of_segment(tables, mpus, "class"),
        "CPT-1111": "R",
        "CPT-1112": "LT",
        "CPT-1101": _of_owner(mpus, [owner.name for owner in post.owners]) if post.owners else None,
        "CPT-1148": _of_owner(mpus, [owner.mailer_id for owner in owners]),
        "CPT-1149": _of_owner(mpus, [owner.crid for owner in owners]),
    }


def _containers(post: Post, settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    """The trays, each with the container that it travels in (CSM-1109)."""
    trays = tables.containers
    number = trays[c.TRAY_ID.name].to_numpy()
    kinds = trays[c.TRAY_TYPE.name].replace_strict(CONTAINER_TYPES, return_dtype=pl.String)
    pieces = trays[c.PIECES.name].cast(pl.Int64).to_numpy()
    words = {key: paper.list_date for key, paper in post.papers.items()}
    parent = trays[PARENT].cast(pl.String).str.zfill(_CONTAINER_DIGITS).fill_null("")
    return trays.height, {
        **_common(post, settings, _list_dates(words, trays, c.PRESORT_LEVEL.name)),
        "CSM-1002": trays[SEGMENT].to_numpy(),
        "CSM-1005": kinds,
        "CSM-1006": number,
        "CSM-1101": number,
        "CSM-1103": trays["container_zip"],
        "CSM-1104": trays["maildat_level"],
        "CSM-1109": None if post.containers is None else parent,
        "CSM-1120": pieces,
        "CSM-1121": pieces,
        "CSM-1122": trays[UNITS].to_numpy(),
        "CSM-1126": "L",
        "CSM-1150": trays[TRAY_BARCODE],
        "CSM-1198": trays[TRAY_BARCODE],
        "CSM-1152": trays[c.DESTINATION.name].str.slice(0, 30),
        "CSM-1154": trays[c.CONTENT.name].str.slice(0, 30),
        "CSM-1156": trays[ORIGIN].str.slice(0, 30),
        "CSM-1159": trays[c.CIN.name],
    }


def _parents(post: Post, settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    """Pallets and other containers of the trays: no tray themselves, what is in them is in their trays' quantities."""
    table = tables.parents
    words = {
        (stream, level): day
        for stream, paper in post.carriers.items()
        for level, day in paper.list_dates.items()
    }
    of_stream = table[c.STREAM.name]
    kinds = {stream: paper.maildat_type for stream, paper in post.carriers.items()}
    sections = {stream: paper.section for stream, paper in post.carriers.items()}
    pieces = table[c.PIECES.name].cast(pl.Int64).to_numpy()
    return table.height, {
        **_common(post, settings, _list_dates(words, table, c.CONTAINER_LEVEL.name)),
        "CSM-1002": table[SEGMENT].to_numpy(),
        "CSM-1005": of_stream.replace_strict(kinds, return_dtype=pl.String),
        "CSM-1006": table[NUMBER].to_numpy(),
        "CSM-1101": table[c.CONTAINER_ID.name].cast(pl.Int64).to_numpy(),
        "CSM-1103": table["container_zip"],
        "CSM-1104": table["maildat_level"],
        "CSM-1120": pieces,
        "CSM-1121": pieces,
        "CSM-1122": table[UNITS].to_numpy(),
        "CSM-1126": "N",
        "CSM-1137": table[GROSS_UNITS].to_numpy(),
        # Inches without a decimal (CSM-1139), rounded up, so that no container is said to be lower than it is.
        "CSM-1139": -(-table[c.HEIGHT_UM.name].to_numpy() // UM_PER_IN),
        "CSM-1147": of_stream.replace_strict(sections, return_dtype=pl.String),
        "CSM-1150": table[CONTAINER_BARCODE],
        "CSM-1198": table[CONTAINER_BARCODE],
        "CSM-1152": table[c.DESTINATION.name].str.slice(0, 30),
        "CSM-1154": table[c.CONTENT.name].str.slice(0, 30),
        "CSM-1156": table[ORIGIN].str.slice(0, 30),
    }


def _common(post: Post, settings: MailDat, listed: pl.Series) -> Fields:
    """What is the same of trays and of what they travel in: where and when they are handed over, dates of the sort."""
    entry, city_state = settings.entry, settings.addresses.city_state or UNKNOWN
    return {
        "CSM-1105": entry.zip9[:5],
        "CSM-1106": entry.facility,
        "CSM-1167": "ORIGIN",
        "CSM-1168": entry.zip9,
        "CSM-1184": settings.mailing_date or post.job.production_date,
        "CSM-1189": listed,
        "CSM-1190": listed,
        "CSM-1191": city_state,
        "CSM-1192": city_state,
        "CSM-1193": UNKNOWN,
        "CSM-1194": UNKNOWN,
        "CSM-1195": UNKNOWN,
    }


def _list_dates(days: Mapping[tuple[str, str], date | None], table: pl.DataFrame, level: str) -> pl.Series:
    """Effective date of the labeling list of each container's level; the non-value where it has none of its own."""
    words = {
        f"{stream}\0{name}": (day or UNKNOWN).isoformat().replace("-", "")
        for (stream, name), day in days.items()
    }
    both = pl.concat_str(pl.col(c.STREAM.name), pl.col(level), separator="\0")
    return table.select(both.replace_strict(words, return_dtype=pl.String)).to_series()


def _quantities(settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    cqt = tables.quantities
    pieces = cqt[c.PIECES.name].to_numpy()
    return cqt.height, {
        "CQT-1034": cqt[CQT].to_numpy(),
        "CQT-1006": cqt[c.TRAY_ID.name].to_numpy(),
        "CQT-1007": cqt[DIVISION],
        "CQT-1003": cqt[MPU].to_numpy(),
        "CQT-1101": "N",
        "CQT-1105": "N",
        "CQT-1008": cqt[RATE],
        "CQT-1009": "O",
        "CQT-1010": "O",
        "CQT-1011": "O",
        "CQT-1102": pieces,
        "CQT-1103": pieces,
        "CQT-1107": "N",
        "CQT-1112": "F" if settings.service == "full" else "B",
    }


def _packages(tables: MailTables) -> tuple[int, Fields]:
    """A logical package is listed once for each quantity record that it has pieces in."""
    cqt = tables.quantities
    pieces = cqt[c.PIECES.name].to_numpy()
    return cqt.height, {
        "PQT-1034": cqt[CQT].to_numpy(),
        "PQT-1012": cqt[PACKAGE].to_numpy(),
        "PQT-1013": cqt["package_zip"],
        "PQT-1102": cqt["package_level"],
        "PQT-1103": pieces,
        "PQT-1104": pieces,
    }


def _pieces(settings: MailDat, tables: MailTables) -> tuple[int, Fields]:
    count = tables.piece_cqt.size
    if settings.pieces == "pbc":
        return count, {
            "PBC-1002": np.arange(1, count + 1, dtype=np.int64),
            "PBC-1034": tables.piece_cqt,
            "PBC-1012": tables.piece_package,
            "PBC-1122": tables.barcodes,
        }
    return count, {
        "PDR-1034": tables.piece_cqt,
        "PDR-1012": tables.piece_package,
        "PDR-1018": tables.piece_ids,
        # The routing code stands behind the 20 digits of the tracking code (USPS-B-3200).
        "PDR-1108": tables.barcodes.str.slice(20),
        "PDR-1122": tables.barcodes,
        "PDR-1126": settings.agent.mailer_id,
        "PDR-1127": settings.addresses.move_update_method,
    }


def _inches(mpus: pl.DataFrame) -> NDArray[np.int64]:
    """Thickness in 1/10000 in, rounded."""
    inches: NDArray[np.int64] = (mpus[c.THICKNESS_UM.name].to_numpy() * 10_000 + UM_PER_IN // 2) // UM_PER_IN
    return inches


def _of_segment(tables: MailTables, rows: pl.DataFrame, column: str) -> pl.Series:
    words = dict(zip(tables.segments[SEGMENT], tables.segments[column], strict=True))
    return rows[SEGMENT].replace_strict(words, return_dtype=pl.String)


def _of_owner(mpus: pl.DataFrame, words: list[str]) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(mpus[OWNER].cast(pl.UInt32))


def _ascii(text: str) -> str:
    """What fixed records can hold of a text."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)
