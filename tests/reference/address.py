"""What is wrong with one US address, from docs/addresses.md, a document at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SEVERITY = ("print", "divert", "digital", "suppress", "reject")
OWN_NAMES = {"UNITED STATES", "UNITED STATES OF AMERICA", "USA", "U S A", "US"}
REGIONS = {
    "AA": {"340"},
    "AE": {f"{n:03}" for n in range(90, 100)},
    "AP": {"962", "963", "964", "965", "966"},
}


@dataclass(frozen=True)
class Verdict:
    status: str
    action: str
    codes: tuple[str, ...]


def plain(text: str) -> str:
    """Capitals, no dots, commas, apostrophes; blanks and hyphens are one blank."""
    kept = "".join(c for c in text.upper() if c not in ".,'")
    return " ".join(kept.replace("-", " ").split())


def judge(
    rows: Sequence[Mapping[str, str]],
    known: Mapping[str, str],
    cities: Mapping[str, set[str]] | None,
    countries: set[str],
    policy: Mapping[str, str],
) -> list[Verdict]:
    """Judge documents with name, street, extra, city, state, zip, plus4, point, country.

    Lines above the city are name, street, extra. ``known``: state by ZIP. ``cities``: by ZIP, None: not compared.
    """
    seen: set[tuple[str, ...]] = set()
    verdicts = []
    for row in rows:
        findings = list(_findings(row, known, cities, countries))
        if row["name"].strip() and row["street"].strip():
            zip5, _ = _zip(row)
            who = " ".join(row[k] for k in ("name", "street", "extra"))
            key = (plain(who), plain(row["city"].strip()), zip5, plain(row["country"].strip()))
            if key in seen:
                findings.append(("duplicate", "A80"))
            seen.add(key)
        if not _is_foreign(row, countries) and row["state"].strip().upper() in REGIONS:
            findings.append(("military", "A90"))
        order = {code: k for k, (_, code) in enumerate(findings)}
        ranked = sorted(findings, key=lambda f: (-SEVERITY.index(policy[f[0]]), order[f[1]]))
        status = ranked[0][0] if ranked else "deliverable"
        action = policy[status] if ranked else "print"
        verdicts.append(Verdict(status, action, tuple(code for _, code in findings)))
    return verdicts


def _zip(row: Mapping[str, str]) -> tuple[str, str]:
    text, plus4 = row["zip"].strip().upper(), row["plus4"].strip()
    both = re.fullmatch(r"([0-9]{5})-?([0-9]{4})", text)
    if both:
        return both[1], plus4 or both[2]
    return text, plus4


def _is_foreign(row: Mapping[str, str], countries: set[str]) -> bool:
    country = plain(row["country"].strip())
    if country:
        return country not in OWN_NAMES
    last = row["extra"].strip() or row["street"].strip()
    strange = not re.fullmatch("[0-9]{5}", _zip(row)[0])
    return plain(last) in countries or (plain(row["city"].strip()) in countries and strange)


def _findings(row, known, cities, countries):  # type: ignore[no-untyped-def]
    abroad = _is_foreign(row, countries)
    zip5, plus4 = _zip(row)
    state, city = row["state"].strip().upper(), plain(row["city"].strip())
    if not row["name"].strip():
        yield "incomplete", "A01"
    if not row["street"].strip():
        yield "incomplete", "A02"
    if abroad:
        yield "foreign", "A20"
        return
    if not city:
        yield "incomplete", "A03"
    if not state:
        yield "incomplete", "A04"
    good = re.fullmatch("[0-9]{5}", zip5) is not None
    if not zip5:
        yield "malformed_code", "A10"
    elif not good:
        shapes = (
            "[ABCEGHJ-NPRSTVXY][0-9][A-Z] ?[0-9][A-Z][0-9]",
            "[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}",
            "[1-9][0-9]{3} ?[A-Z]{2}",
            "[0-9]{6}",
            "[0-9]{3}-[0-9]{4}",
        )
        yield "malformed_code", "A11" if any(re.fullmatch(s, zip5) for s in shapes) else "A12"
    if plus4 and not re.fullmatch("[0-9]{4}", plus4):
        yield "malformed_code", "A13"
    if row["point"].strip() and not re.fullmatch("[0-9]{2}", row["point"].strip()):
        yield "malformed_code", "A14"
    if not good:
        return
    if zip5 not in known:
        yield "unknown_code", "A40"
        return
    if state and state != known[zip5]:
        yield "city_state_mismatch", "A50"
    is_apo = city.split(" ")[0] in {"APO", "FPO", "DPO"} if city else False
    in_region = state in REGIONS and zip5[:3] in REGIONS[state]
    touched = is_apo or state in REGIONS or any(zip5[:3] in prefixes for prefixes in REGIONS.values())
    if touched and not (is_apo and in_region):
        yield "city_state_mismatch", "A51"
    if cities is not None and city and city not in cities[zip5]:
        yield "city_state_mismatch", "A52"
