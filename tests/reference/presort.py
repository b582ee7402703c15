"""Presort by brute force, from the rule text of docs/presort.md alone: dicts, lists and loops.

Shares no code with the product. ``rules`` is a plain dict:
    levels: [{name, price, minimum, prefix: int | None, list: {zip3: label} | None}]
    minimum, max_weight, max_thickness, need_point: bool
    large, small: usable length in um, small None where there is none; large_full, small_full
    shapes: [(max_thickness, [(max_weight, price), ...]), ...]; box_length, box_pieces
"""

from __future__ import annotations


def presort(documents: list[dict], streams: list[tuple[str, dict]]) -> tuple[list[dict], list[dict]]:
    """Sort documents; a stream is (name, rules), with rules["levels"] None where it is not presorted."""
    pieces: list[dict] = []
    trays: list[dict] = []
    for name, rules in streams:
        mine = [d for d in documents if d["stream"] == name]
        for group_pieces, level, label in _groups(mine, rules):
            for tray_pieces, kind, full in _trays(group_pieces, level, rules):
                trays.append(
                    {
                        "tray_id": len(trays) + 1,
                        "stream": name,
                        "presort_level": level["name"] if level else "single",
                        "tray_type": kind,
                        "destination": label,
                        "first_sequence": len(pieces),
                        "pieces": len(tray_pieces),
                        "thickness_um": sum(d["thickness_um"] for d in tray_pieces),
                        "weight_mg": sum(d["weight_mg"] for d in tray_pieces),
                        "full": full,
                    }
                )
                for d in tray_pieces:
                    pieces.append(
                        {
                            "document": d["document"],
                            "sequence": len(pieces),
                            "piece_id": len(pieces) + 1,
                            "stream": name,
                            "presort_level": level["name"] if level else "single",
                            "tray_id": len(trays),
                            "postage_mills": level["price"] if level else single_price(d, rules),
                            "weight_mg": d["weight_mg"],
                            "thickness_um": d["thickness_um"],
                            "sheets": d["sheets"],
                        }
                    )
    return pieces, trays


def single_price(d: dict, rules: dict) -> int:
    for max_thickness, steps in rules["shapes"]:
        if d["thickness_um"] <= max_thickness and d["weight_mg"] <= steps[-1][0]:
            for max_weight, price in steps:
                if d["weight_mg"] <= max_weight:
                    return price
    return rules["shapes"][-1][1][-1][1]


def _groups(mine: list[dict], rules: dict) -> list[tuple[list[dict], dict | None, str]]:
    """Groups in mailing order: (pieces in order, level or None, label)."""
    if rules["levels"] is None:
        return [(_ordered(mine), None, "SINGLE PIECE")]
    taken = [d for d in mine if _acceptable(d, rules)]
    if len(taken) < rules["minimum"]:
        taken = []
    result = []
    left = taken
    for level in rules["levels"]:
        groups: dict[str, list[dict]] = {}
        for d in left:
            key = _key(d, level)
            if key is not None:
                groups.setdefault(key, []).append(d)
        good = {k: v for k, v in groups.items() if len(v) >= level["minimum"]}
        keys = (
            sorted(good, key=lambda label: (label[-3:], label)) if level["list"] is not None else sorted(good)
        )
        result += [(_ordered(good[key]), level, key) for key in keys]
        gone = {d["document"] for v in good.values() for d in v}
        left = [d for d in left if d["document"] not in gone]
    sorted_ones = {d["document"] for pieces, _, _ in result for d in pieces}
    rest = [d for d in mine if d["document"] not in sorted_ones]
    return [*result, (_ordered(rest), None, "SINGLE PIECE")]


def _acceptable(d: dict, rules: dict) -> bool:
    if d["weight_mg"] > rules["max_weight"] or d["thickness_um"] > rules["max_thickness"]:
        return False
    return not (rules["need_point"] and (d["plus4"] == "" or d["delivery_point"] == ""))


def _key(d: dict, level: dict) -> str | None:
    if level["prefix"] is not None:
        return d["postal_code"][: level["prefix"]]
    if level["list"] is not None:
        return level["list"].get(d["postal_code"][:3])
    return "all"


def _ordered(pieces: list[dict]) -> list[dict]:
    # "" sorts before any digits, as the rule wants it for what is unknown.
    return sorted(pieces, key=lambda d: (d["postal_code"], d["plus4"], d["delivery_point"], d["document"]))


def _trays(pieces: list[dict], level: dict | None, rules: dict) -> list[tuple[list[dict], str, bool]]:
    length = rules["large"] if level else rules["box_length"]
    most = len(pieces) if level else rules["box_pieces"]
    heaps: list[list[dict]] = []
    for d in pieces:
        fits = bool(heaps) and sum(x["thickness_um"] for x in heaps[-1]) + d["thickness_um"] <= length
        if not fits or len(heaps[-1]) >= most:
            heaps.append([])
        heaps[-1].append(d)
    result = []
    for number, heap in enumerate(heaps):
        depth = sum(x["thickness_um"] for x in heap)
        last = number == len(heaps) - 1
        if level is None:
            result.append((heap, "none", False))
        elif last and rules["small"] is not None and depth <= rules["small"]:
            result.append((heap, "1ft", depth >= rules["small_full"]))
        else:
            result.append((heap, "2ft", depth >= rules["large_full"]))
    return result
