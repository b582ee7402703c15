"""Presort by brute force, from the rule text of docs/presort.md alone: dicts, lists and loops.

Shares no code with the product. Every lawful preparation is made and priced, and the cheapest is looked up.
``rules`` is a plain dict:
    widths: characters of the parts of a postal code; shapes: ["A|9|9|AA", ...]
    levels: [{name, minimum, optional, overflow, roll_below, roll_onto, price: int or [(weight, price), ...],
              prefix: int | None, list: {prefix of a code: label} | None,
              label: line 1 of the tray label, content: line 2, cin: content number}]; levels None: not presorted
    minimum, group_minimum: (level name, pieces) | None, max_weight, max_thickness, need_point: bool
    tray_sets: [[tray, ...], ...], tray: {name, usable, full, weight: int | None, pieces: int | None, full_weight,
              full_pieces}, the large one first
    origin: where the mail is entered; code_digits: digits of a label's code, filled up with zeros; 0: as it is
    shapes_of_mail: [(max_thickness, [(max_weight, price), ...]), ...]; box_length, box_pieces, single_label
"""

from __future__ import annotations

from functools import cache
from itertools import product


def canonical(code: str, rules: dict) -> str | None:
    """A code with its parts filled up with blanks; None where no shape fits."""
    return _canonical(code, tuple(rules["shapes"]), tuple(rules["widths"]))


@cache
def _canonical(code: str, shapes: tuple[str, ...], widths: tuple[int, ...]) -> str | None:
    plain = code.upper().replace(" ", "")
    for shape in shapes:
        fields, rest = [], plain
        for field, width in zip(shape.split("|"), widths, strict=True):
            part, rest = rest[: len(field)], rest[len(field) :]
            fields.append(part.ljust(width) if len(part) == len(field) and _fits(part, field) else "?")
        if not rest and "?" not in fields:
            return "".join(fields)
    return None


def _fits(part: str, field: str) -> bool:
    kinds = {"9": "0123456789", "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    return all(c in kinds.get(kind, kinds["9"] + kinds["A"]) for c, kind in zip(part, field, strict=True))


# ---- prices


def price(d: dict, level: dict) -> int:
    if isinstance(level["price"], int):
        return level["price"]
    return next(p for weight, p in level["price"] if d["weight_mg"] <= weight)


def single_price(d: dict, rules: dict) -> int:
    for max_thickness, steps in rules["shapes_of_mail"]:
        if d["thickness_um"] <= max_thickness and d["weight_mg"] <= steps[-1][0]:
            for max_weight, mills in steps:
                if d["weight_mg"] <= max_weight:
                    return mills
    return rules["shapes_of_mail"][-1][1][-1][1]


# ---- what a scheme takes, and in which groups


def accepted(mine: list[dict], rules: dict) -> list[dict]:
    taken = [d for d in mine if _acceptable(d, rules)]
    least = rules["minimum"]
    if rules["group_minimum"] is not None and taken:
        name, pieces = rules["group_minimum"]
        level = next(x for x in rules["levels"] if x["name"] == name)
        keys = {key_of(d, level, rules) for d in taken}
        if len(keys) == 1 and None not in keys:
            least = min(least, pieces)
    return taken if len(taken) >= least else []


def _acceptable(d: dict, rules: dict) -> bool:
    # A scheme takes pieces by the worst case of their tolerances; they are priced by the nominal measures.
    heaviest, thickest = d.get("max_weight_mg", d["weight_mg"]), d.get("max_thickness_um", d["thickness_um"])
    if heaviest > rules["max_weight"] or thickest > rules["max_thickness"]:
        return False
    return not (rules["need_point"] and (d["plus4"] == "" or d["delivery_point"] == ""))


def key_of(d: dict, level: dict, rules: dict) -> str | None:
    code = canonical(d["postal_code"], rules)
    assert code is not None
    if level["prefix"] is not None:
        return code[: level["prefix"]]
    if level["list"] is not None:
        return next((label for head, label in level["list"].items() if code.startswith(head)), None)
    return "all"


def ordered(pieces: list[dict], rules: dict) -> list[dict]:
    # "" sorts before any digits, as the rule wants it for what is unknown.
    return sorted(
        pieces,
        key=lambda d: (canonical(d["postal_code"], rules), d["plus4"], d["delivery_point"], d["document"]),
    )


Made = list[tuple[int, str, list[dict]]]


def preparations(pieces: list[dict], rules: dict, number: int = 0) -> list[Made]:
    """Every lawful way to give pieces their groups, from a level on."""
    if number == len(rules["levels"]):
        return [[]]
    level = rules["levels"][number]
    groups: dict[str, list[dict]] = {}
    for d in pieces:
        key = key_of(d, level, rules)
        if key is not None:
            groups.setdefault(key, []).append(d)
    good = {k: ordered(v, rules) for k, v in groups.items() if len(v) >= level["minimum"]}
    if level["overflow"] == "none":
        good = {k: _in_full_trays(v, rules) for k, v in good.items()}
        good = {k: v for k, v in good.items() if v and len(v) >= level["minimum"]}
    found = []
    for choice in product(*([True, False] if level["optional"] else [True] for _ in good)):
        made = [(number, k, v) for (k, v), yes in zip(good.items(), choice, strict=True) if yes]
        gone = {d["document"] for _, _, v in made for d in v}
        left = [d for d in pieces if d["document"] not in gone]
        found += [made + more for more in preparations(left, rules, number + 1)]
    return found


def greedy(pieces: list[dict], rules: dict) -> Made:
    """The first preparation that ``preparations`` finds makes every group that it can."""
    required = rules | {"levels": [level | {"optional": False} for level in rules["levels"]]}
    return preparations(pieces, required)[0]


def cost(made: Made, pieces: list[dict], rules: dict) -> tuple[int, int]:
    """Postage, and groups of levels with a minimum: the less of the first, then of the second, is better."""
    gone = {d["document"] for _, _, v in made for d in v}
    postage = sum(price(d, rules["levels"][number]) for number, _, v in made for d in v)
    postage += sum(single_price(d, rules) for d in pieces if d["document"] not in gone)
    return postage, sum(rules["levels"][number]["minimum"] > 1 for number, _, _ in made)


# ---- trays


def heaps_of(pieces: list[dict], trays: list[dict]) -> list[tuple[list[dict], dict, bool]]:
    """Trays of a group: pieces, kind, whether full."""
    large, small = trays[0], trays[-1]
    heaps = filled(pieces, large)
    result = []
    for number, heap in enumerate(heaps):
        last = number == len(heaps) - 1
        kind = small if len(trays) > 1 and last and _takes(small, heap) else large
        full = sum(d["thickness_um"] for d in heap) >= kind["full"]
        full |= kind["weight"] is not None and sum(d["weight_mg"] for d in heap) >= kind["full_weight"]
        full |= kind["pieces"] is not None and len(heap) >= kind["full_pieces"]
        result.append((heap, kind, full))
    return result


def _takes(tray: dict, heap: list[dict]) -> bool:
    return (
        sum(d["thickness_um"] for d in heap) <= tray["usable"]
        and (tray["weight"] is None or sum(d["weight_mg"] for d in heap) <= tray["weight"])
        and (tray["pieces"] is None or len(heap) <= tray["pieces"])
    )


def filled(pieces: list[dict], tray: dict) -> list[list[dict]]:
    """Pieces in order, each in the same tray as the one before it where it fits."""
    heaps: list[list[dict]] = []
    length = weight = 0
    for d in pieces:
        length, weight = length + d["thickness_um"], weight + d["weight_mg"]
        if (
            not heaps
            or length > tray["usable"]
            or (tray["weight"] is not None and weight > tray["weight"])
            or (tray["pieces"] is not None and len(heaps[-1]) == tray["pieces"])
        ):
            heaps.append([])
            length, weight = d["thickness_um"], d["weight_mg"]
        heaps[-1].append(d)
    return heaps


def _in_full_trays(pieces: list[dict], rules: dict) -> list[dict]:
    heaps = heaps_of(pieces, rules["tray_sets"][0])
    if heaps and not heaps[-1][2]:
        heaps = heaps[:-1]
    return [d for heap, _, _ in heaps for d in heap]


def guests(made: Made, trays: list[dict], rules: dict) -> dict[int, tuple[int, list[dict]]]:
    """Groups whose overflow may roll: the group that it may roll into, and the pieces."""
    found = {}
    for index, (number, _, pieces) in enumerate(made):
        level = rules["levels"][number]
        heaps = heaps_of(pieces, trays)
        if level["overflow"] != "roll" or len(heaps) < 2 or heaps[-1][2]:
            continue
        rolling = heaps[-1][0]
        host_key = key_of(pieces[0], rules["levels"][number + 1], rules)
        hosts = [i for i, (n, k, _) in enumerate(made) if n == number + 1 and k == host_key]
        few = len(rolling) < (level["roll_below"] or level["minimum"])
        enough = len(pieces) - len(rolling) >= level["minimum"]
        if few and enough and hosts and len(made[hosts[0]][2]) >= (level["roll_onto"] or level["minimum"]):
            found[index] = (hosts[0], rolling)
    return found


def contents(made: Made, rolling: set[int], trays: list[dict], rules: dict) -> list[list[dict]] | None:
    """What lies in each group's trays when these groups' overflow rolls; None where that is not lawful."""
    may = guests(made, trays, rules)
    if not rolling <= may.keys() or any(may[guest][0] in rolling for guest in rolling):
        return None
    result = []
    for index, (_, _, pieces) in enumerate(made):
        own = [d for d in pieces if index not in rolling or d not in may[index][1]]
        blocks = sorted(
            (canonical(may[g][1][0]["postal_code"], rules), g) for g in rolling if may[g][0] == index
        )
        mixed: list[dict] = []
        for d in own:
            code = canonical(d["postal_code"], rules)
            while blocks and code > blocks[0][0]:
                mixed += may[blocks.pop(0)[1]][1]
            mixed.append(d)
        for _, g in blocks:
            mixed += may[g][1]
        result.append(mixed)
    return result


def fewest_trays(made: Made, rules: dict) -> int:
    """Over all tray sets and all that may roll."""
    best = []
    for trays in rules["tray_sets"]:
        may = list(guests(made, trays, rules))
        for choice in product([False, True], repeat=len(may)):
            inside = contents(made, {g for g, yes in zip(may, choice, strict=True) if yes}, trays, rules)
            if inside is not None:
                best.append(sum(len(heaps_of(pieces, trays)) for pieces in inside))
    return min(best)


# ---- a whole mailing, for one preparation


def mailing(
    streams: list[tuple[str, list[dict], dict, Made, set[int], list[dict]]],
) -> tuple[list[dict], list[dict]]:
    """Pieces and trays of streams: name, pieces, rules, groups made in mailing order, what rolls, trays used."""
    pieces: list[dict] = []
    trays: list[dict] = []
    for name, mine, rules, made, rolling, kinds in streams:
        inside = contents(made, rolling, kinds, rules) if made else []
        assert inside is not None
        level_of = {d["document"]: rules["levels"][n] for n, _, v in made for d in v}
        for (number, key, group), content in zip(made, inside, strict=True):
            level = rules["levels"][number]
            for heap, kind, full in heaps_of(content, kinds):
                label = label_of(key, level, rules, group[0])
                trays.append(
                    _tray(len(trays) + 1, name, level["name"], kind["name"], label, len(pieces), heap, full)
                )
                pieces += [
                    _piece(d, len(pieces) + k, name, level_of[d["document"]], len(trays), rules)
                    for k, d in enumerate(heap)
                ]
        rest = ordered([d for d in mine if d["document"] not in level_of], rules)
        for heap in _boxes(rest, rules):
            trays.append(
                _tray(len(trays) + 1, name, "single", "none", rules["single_label"], len(pieces), heap, False)
            )
            pieces += [_piece(d, len(pieces) + k, name, None, len(trays), rules) for k, d in enumerate(heap)]
    return pieces, trays


def in_mailing_order(made: Made, rules: dict) -> Made:
    """Levels in order; groups of a list by the ZIP Code that ends the label, other groups by code."""

    def place(group: tuple[int, str, list[dict]]) -> tuple:
        number, key, _ = group
        digits = key.split()[-1] if key.split() and key.split()[-1].isdigit() else ""
        return (number, digits[:3], key) if rules["levels"][number]["list"] is not None else (number, key)

    return sorted(made, key=place)


def label_of(key: str, level: dict, rules: dict, first: dict) -> str:
    """Line 1 of the tray label; that of a whole postal code names the place of the group's first piece."""
    whole = level["prefix"] is None and level["list"] is None
    text = "" if whole else key if level["list"] is not None else key.replace(" ", "")
    code = text if level["list"] is None else text.split()[-1]
    place = f"{first.get('city') or ''} {first.get('state') or ''}".upper()
    if level["prefix"] is not None and len(text) == sum(rules["widths"]):
        text = f"{place} {text}"
    words = level["label"].replace("{destination}", text).replace("{code}", code)
    return " ".join(words.replace("{place}", place).replace("{origin}", rules["origin"]).split())


def label_words(key: str, level: dict, rules: dict) -> tuple[str, str, str]:
    """What else the label says: its code, content number and line 2."""
    if level["prefix"] is not None:
        code = key.replace(" ", "")
    else:
        last = (key if level["list"] is not None else rules["origin"]).split()[-1]
        code = last if last.isdigit() and len(last) in (3, 5) else ""
    return code.ljust(rules["code_digits"], "0") if code else "", level["cin"], level["content"]


def _boxes(rest: list[dict], rules: dict) -> list[list[dict]]:
    return filled(rest, {"usable": rules["box_length"], "weight": None, "pieces": rules["box_pieces"]})


def _tray(
    number: int, stream: str, level: str, kind: str, label: str, first: int, heap: list[dict], full: bool
) -> dict:
    return {
        "tray_id": number,
        "stream": stream,
        "presort_level": level,
        "tray_type": kind,
        "destination": label,
        "first_sequence": first,
        "pieces": len(heap),
        "thickness_um": sum(d["thickness_um"] for d in heap),
        "weight_mg": sum(d["weight_mg"] for d in heap),
        "full": full,
    }


def _piece(d: dict, sequence: int, stream: str, level: dict | None, tray: int, rules: dict) -> dict:
    return {
        "document": d["document"],
        "sequence": sequence,
        "piece_id": sequence + 1,
        "stream": stream,
        "presort_level": level["name"] if level else "single",
        "tray_id": tray,
        "postage_mills": price(d, level) if level else single_price(d, rules),
        "weight_mg": d["weight_mg"],
        "thickness_um": d["thickness_um"],
        "sheets": d["sheets"],
    }
