"""A job's profile -> what every sheet must carry, within the sheet and the machine's limits.

In: the job, its profile. Out: ``SheetMarks``. Never: looks at data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from printstream.base.errors import JobError
from printstream.base.program import CodeItem, CodeMark, CounterRule, SheetMarks
from printstream.job import Job, Stock
from printstream.kernels.datamatrix import CAPACITY
from printstream.kernels.sheetcodes import CODE39_ELEMENTS, CODE_ROOM
from printstream.marks.postal import postal_mark
from printstream.marks.profile import Code, Item, Matrix, Profile, load_own_profile, load_profile
from printstream.marks.words import MAX_MARKS, NUMBERS, PARITIES, mark_fault

_WHERE = "job.inserter.profile"
_MM = 72_000 / 25.4


def profile_of(job: Job, job_dir: Path | None = None) -> Profile:
    """The job's profile: its own file's, or a shipped one.

    Raises:
        JobError: when there is none, or it is wrong.
    """
    own = job.inserter.own_profile
    if own is not None and job_dir is not None:
        return load_own_profile(job_dir / own)
    return load_profile(job.inserter.profile)


def sheet_marks(job: Job, job_dir: Path | None = None) -> SheetMarks:
    """What every sheet of the job must carry.

    Raises:
        JobError: when a mark would leave the sheet or the profile's limits, or has a name that nobody knows.
    """
    return marks_of(profile_of(job, job_dir), job)


def marks_of(profile: Profile, job: Job) -> SheetMarks:
    """What every sheet must carry by a profile; see ``sheet_marks``."""
    stock, omr, matrix = job.stock, profile.omr, profile.matrix
    counters = {"sequence": CounterRule()}
    for name, rule in profile.counters.items():
        counters[name] = CounterRule(rule.counts, rule.first, rule.last, rule.direction == "down")
    left = top = bottom = 0
    zones: list[tuple[int, int, int, int]] = []
    if omr is not None:
        left = omr.left if omr.left is not None else stock.width - (omr.right or 0) - omr.length
        top, bottom = omr.top, omr.top + (len(omr.marks) - 1) * omr.pitch + omr.thickness
        right_hand = 2 * left + omr.length >= stock.width
        zones.append(
            (
                left - omr.clear_side if right_hand else 0,
                top - omr.clear_above,
                stock.width if right_hand else left + omr.length + omr.clear_side,
                bottom + omr.clear_below,
            )
        )
    if matrix is not None:
        zones.append(_square(matrix))
    codes = tuple(_code(code, job) for code in profile.codes)
    zones += [_zone(code, own.quiet_modules) for code, own in zip(codes, profile.codes, strict=True)]
    marks = SheetMarks(
        omr=omr.marks if omr else (),
        omr_left_mpt=left,
        omr_top_mpt=top,
        omr_pitch_mpt=omr.pitch if omr else 0,
        omr_length_mpt=omr.length if omr else 0,
        omr_thickness_mpt=omr.thickness if omr else 0,
        matrix_text=matrix.text.replace("{job_code}", job.inserter.job_code) if matrix else "",
        matrix_left_mpt=matrix.left if matrix else 0,
        matrix_top_mpt=matrix.top if matrix else 0,
        matrix_module_mpt=matrix.module if matrix else 0,
        matrix_modules=matrix.modules if matrix else 0,
        clear_zones_mpt=tuple(zones),
        postal=postal_mark(job),
        omr_upwards=omr is not None and omr.reads == "upwards",
        omr_on=omr.sheets if omr else "every",
        counters=counters,
        tables={name: table.rows for name, table in profile.tables.items()},
        codes=codes,
    )
    _refuse(profile, marks, stock, zones)
    return marks


def _square(matrix: Matrix) -> tuple[int, int, int, int]:
    side, quiet = matrix.module * matrix.modules, matrix.module * matrix.quiet_modules
    return (
        matrix.left - quiet,
        matrix.top - quiet,
        matrix.left + side + quiet,
        matrix.top + side + quiet,
    )


def _code(code: Code, job: Job) -> CodeMark:
    return CodeMark(
        symbology=code.symbology,
        items=tuple(_item(item, job) for item in code.text),
        left_mpt=code.left,
        top_mpt=code.top,
        module_mpt=code.module,
        modules=code.modules or 0,
        height_mpt=code.height or 0,
        ladder=code.orientation == "ladder",
        on=code.sheets,
    )


def _item(item: Item, job: Job) -> CodeItem:
    if item.literal is not None:
        return CodeItem("literal", item.literal.replace("{job_code}", job.inserter.job_code))
    if item.value is not None:
        return CodeItem("number", item.value, item.digits or 1, item.base or 10)
    if item.bits is not None:
        return CodeItem("bits", bits=item.bits)
    return CodeItem("check", item.check or "")


def _zone(code: CodeMark, quiet_modules: int) -> tuple[int, int, int, int]:
    """The code with its quiet zone; beside bars one module is enough."""
    along = code.module_mpt * code.columns
    across = along if code.modules else code.height_mpt
    quiet = quiet_modules * code.module_mpt
    beside = quiet if code.modules else code.module_mpt
    wide, high, x, y = (across, along, beside, quiet) if code.ladder else (along, across, quiet, beside)
    return code.left_mpt - x, code.top_mpt - y, code.left_mpt + wide + x, code.top_mpt + high + y


# ---- what is refused


def _refuse(
    profile: Profile, marks: SheetMarks, stock: Stock, zones: list[tuple[int, int, int, int]]
) -> None:
    fault = next(_leaving(profile, marks, stock, zones), "")
    if fault:
        raise JobError(fault, where=_WHERE, next_step="Choose a profile made for this sheet")
    fault = next(_faults(profile, marks, stock), "")
    if fault:
        what = f"profile {profile.name!r}: {fault}"
        raise JobError(what, where=_WHERE, next_step="Mend the profile, by the machine's manual")


def _leaving(
    profile: Profile, marks: SheetMarks, stock: Stock, zones: list[tuple[int, int, int, int]]
) -> Iterator[str]:
    """Marks and quiet zones must lie on the sheet; of a track its marks only."""
    boxes = list(zones)
    if marks.omr:
        bottom = marks.omr_top_mpt + (len(marks.omr) - 1) * marks.omr_pitch_mpt + marks.omr_thickness_mpt
        left = marks.omr_left_mpt
        boxes[0] = (left, marks.omr_top_mpt, left + marks.omr_length_mpt, bottom)
    for left, top, right, bottom in boxes:
        if left < 0 or top < 0 or right > stock.width or bottom > stock.height:
            yield f"the marks of profile {profile.name!r} leave the sheet of {stock.name}"


def _faults(profile: Profile, marks: SheetMarks, stock: Stock) -> Iterator[str]:
    if not (marks.omr or marks.matrix_text or marks.codes):
        yield "it has neither a track nor a code"
    for mark in (*marks.omr, *(bit for code in marks.codes for item in code.items for bit in item.bits)):
        if fault := mark_fault(mark, marks):
            yield fault
    if len(marks.omr) > MAX_MARKS:
        yield f"the track has more than {MAX_MARKS} places"
    if sum(mark.split("@")[0] in PARITIES for mark in marks.omr) > 1:
        yield "a track has one parity mark at most"
    if marks.omr:
        yield from _beyond_limits(profile, marks, stock)
    yield from _order_faults(profile, marks)
    taken = marks.matrix_modules * ((marks.matrix_modules + 7) // 8)
    for code in marks.codes:
        yield from _code_faults(profile, marks, code)
        taken += code.symbol_bytes
    if taken > CODE_ROOM:
        yield "its codes are too many or too long for one sheet"


def _beyond_limits(profile: Profile, marks: SheetMarks, stock: Stock) -> Iterator[str]:
    limits, omr = profile.limits, profile.omr
    assert omr is not None
    bottom = marks.omr_top_mpt + (len(marks.omr) - 1) * marks.omr_pitch_mpt + marks.omr_thickness_mpt
    middle = abs(marks.omr_left_mpt + marks.omr_length_mpt // 2 - stock.width // 2)
    for name, value, allowed in (
        ("thickness", omr.thickness, limits.thickness),
        ("length", omr.length, limits.length),
        ("pitch", omr.pitch, limits.pitch),
        ("middle of the marks from the sheet's centre line", middle, limits.centre),
        ("way from the top edge to the first mark", marks.omr_top_mpt, _least(limits.top)),
        ("way from the last mark to the bottom edge", stock.height - bottom, _least(limits.bottom)),
        (
            "track",
            bottom - marks.omr_top_mpt,
            None if limits.track_length is None else (0, limits.track_length),
        ),
        ("clear_side", omr.clear_side, _least(limits.clear_side)),
        ("clear_above", omr.clear_above, _least(limits.clear_along)),
        ("clear_below", omr.clear_below, _least(limits.clear_along)),
    ):
        if allowed is not None and not allowed[0] <= value <= allowed[1]:
            upper = "" if allowed[1] >= 1 << 40 else f" to {allowed[1] / _MM:.2f}"
            yield f"the {name} is {value / _MM:.2f} mm, the machine takes {allowed[0] / _MM:.2f}{upper} mm"
    if limits.positions is not None and len(marks.omr) > limits.positions:
        yield f"the track has {len(marks.omr)} places, the machine reads {limits.positions}"
    if omr.pitch <= omr.thickness and len(marks.omr) > 1:
        yield "marks of this pitch and thickness touch"


def _least(length: int | None) -> tuple[int, int] | None:
    return None if length is None else (length, 1 << 40)


def _order_faults(profile: Profile, marks: SheetMarks) -> Iterator[str]:
    limits, names = profile.limits, [mark.split("@")[0] for mark in marks.omr]
    if names and limits.at_an_end is not None and limits.at_an_end not in (names[0], names[-1]):
        yield f"{limits.at_an_end} must be the first or the last mark"
    bits = {bit.split("@")[0] for code in marks.codes for item in code.items for bit in item.bits}
    if limits.one_of and not bits.union(names).intersection(limits.one_of):
        yield f"one of {', '.join(limits.one_of)} must be among the marks"
    if not limits.order:
        return
    prescribed = iter(limits.order)
    for name in names:
        if name not in prescribed:
            yield f"{name!r} does not stand in the machine's order: {', '.join(limits.order)}"
            return


def _code_faults(profile: Profile, marks: SheetMarks, code: CodeMark) -> Iterator[str]:
    limits = profile.limits
    if limits.module is not None and not limits.module[0] <= code.module_mpt <= limits.module[1]:
        low, high = (length / _MM for length in limits.module)
        yield f"a module is {code.module_mpt / _MM:.3f} mm, the machine takes {low:.3f} to {high:.3f} mm"
    if limits.code_height is not None and not code.modules and code.height_mpt < limits.code_height:
        yield f"bars are {code.height_mpt / _MM:.1f} mm high, the machine needs {limits.code_height / _MM:.1f} mm"
    for item in code.items:
        if item.kind == "number" and item.text not in NUMBERS and item.text not in marks.counters:
            yield f"{item.text!r} is no number; known are {', '.join((*NUMBERS, *marks.counters))}"
        if item.kind == "literal" and not set(item.text) <= set(CODE39_ELEMENTS) - {"*"}:
            yield f"the literal {item.text!r} has a character that codes do not have"
    digital = [_is_digital(item) for item in code.items]
    if code.symbology == "interleaved_2of5" and not all(digital):
        yield "Interleaved 2 of 5 has digits only: base 10, three bits a character, check mod10"
    if code.symbology == "interleaved_2of5" and code.characters % 2:
        yield f"Interleaved 2 of 5 has an even number of digits, not {code.characters}"
    for k, item in enumerate(code.items):
        if item.kind == "check" and (k == 0 or (item.text == "mod10" and not all(digital[:k]))):
            yield "a check character needs characters before it, mod10 only digits"
    if code.modules and _codewords(code) > CAPACITY[code.modules]:
        size = f"{code.modules} x {code.modules}"
        yield f"a Data Matrix {size} holds {CAPACITY[code.modules]} codewords, the text may need {_codewords(code)}"


def _is_digital(item: CodeItem) -> bool:
    """Tell whether an item is digits on every sheet."""
    if item.kind == "literal":
        return item.text.isdigit()
    if item.kind == "number":
        return item.base == 10
    return len(item.bits) <= 3 if item.kind == "bits" else item.text == "mod10"


def _codewords(code: CodeMark) -> int:
    """Most codewords that the text needs: two digits in a row are one, whatever they are."""
    digits = "".join(
        "".join("d" if ch.isdigit() else "x" for ch in item.text)
        if item.kind == "literal"
        else ("d" if _is_digital(item) else "x") * item.width
        for item in code.items
    )
    # A letter that happens to be a digit can shift the pairing by one, at each border.
    return sum(len(run) - len(run) // 2 for run in _runs(digits))


def _runs(kinds: str) -> Iterator[str]:
    """Digits that follow one another; each other character by itself."""
    begin = 0
    for k, kind in enumerate(kinds):
        if kind == "x":
            if k > begin:
                yield kinds[begin:k]
            yield "x"
            begin = k + 1
    if begin < len(kinds):
        yield kinds[begin:]
