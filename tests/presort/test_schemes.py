"""Schemes and labeling lists: the shipped ones, and bad ones, which must be refused with file and place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from printstream.base.errors import InputError, JobError
from printstream.job import Job
from printstream.presort import load_form, load_scheme, load_single
from printstream.presort import scheme as scheme_module
from printstream.presort.forms import CodeTable, code_numbers
from printstream.presort.kinds import length_um
from printstream.presort.labels import NO_GROUP, LabelingList
from printstream.presort.labels import read_labeling_list as read_list

SHIPPED = Path(scheme_module.__file__).parent
LETTERS = (SHIPPED / "schemes" / "us_fcm_letters.yaml").read_text()
SINGLE = (SHIPPED / "schemes" / "us_fcm_single.yaml").read_text()
GRACE = '"Grace Date: 2026-03-31"\n'
LIST = '"Effective Date: 2024-08-01"\n\n"prose, with a comma"\n"Column A Destination ZIP Codes","Column B Label To"\n'


US = load_form("us")


def read_labeling_list(path: Path, *columns: str) -> LabelingList:
    return read_list(path, *columns, form=US)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schemes").mkdir()
    (tmp_path / "lists").mkdir()
    return tmp_path


def test_the_shipped_scheme_holds_the_published_figures() -> None:
    scheme = load_scheme("us_fcm_letters").scheme
    prices = scheme.rates[0].prices
    levels = [(x.name, x.minimum_pieces, prices[x.name], x.cin, x.content) for x in scheme.levels]
    assert levels == [
        ("5d", 150, 593, "242", "FCM LTR 5D BC"),
        ("aadc", 150, 641, "245", "FCM LTR AADC BC"),
        ("maadc", 1, 672, "246", "FCM LTR BC WKG"),
    ]
    assert scheme.minimum_pieces == 500
    inches = {t.name: t.inner_length / 72_000 for s in scheme.tray_sets for t in s.trays}
    assert inches == {"2ft": 21, "1ft": 10.25, "emm": 21.75}
    assert [length_um(t.inner_length) for s in scheme.tray_sets for t in s.trays] == [
        533_400,
        260_350,
        552_450,
    ]
    assert not scheme.rates[0].confirmed
    assert scheme.labeling_lists["aadc"].stand_in


def test_prices_follow_the_production_date_and_must_not_overlap(folder: Path) -> None:
    later = """  - effective: 2026-07-12
    source: test
    confirmed: true
    prices: {5d: 600, aadc: 650, maadc: 680}

labeling_lists:"""
    path = folder / "schemes" / "mine.yaml"
    path.write_text(LETTERS.replace("labeling_lists:", later, 1))
    scheme = load_scheme("mine", folder).scheme
    days = {date(2025, 1, 1): 593, date(2026, 7, 11): 593, date(2026, 7, 12): 600, date(2030, 1, 1): 600}
    assert {day: scheme.card(day).prices["5d"] for day in days} == days
    for bad, said in (
        (later.replace("2026-07-12", "2025-07-13"), "must rise from card to card"),
        (later.replace("2026-07-12", "2025-07-12"), "must rise from card to card"),
    ):
        path.write_text(LETTERS.replace("labeling_lists:", bad, 1))
        with pytest.raises(JobError, match=said):
            load_scheme("mine", folder)
    ends = LETTERS.replace("effective: 2025-07-13", "effective: 2025-07-13\n    expires: 2026-07-12", 1)
    path.write_text(ends.replace("labeling_lists:", later, 1))
    with pytest.raises(JobError, match="overlap"):
        load_scheme("mine", folder)


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (
            "gb",
            ["M1 1AA", "m11aa", "EC1A 1BB", "W1A 0AX", "CR2 6XH", "DN55 1PD"],
            ["M1", "10115", "GIR 0AA", "K1A 0B1"],
        ),
        ("ca", ["K1A 0B1", "k1a0b1"], ["K1A", "10001", "M1 1AA", "KIA 0B1"]),
        ("cn", ["100000", "202150"], ["10000", "1000000", "K1A 0B1", "１０００００"]),
        ("de", ["01067", "99998"], ["1067", "D-01067", "M1 1AA"]),
        ("prefix", ["A", "1011 AB", "ab123456"], ["", "123456789", "A-1", "ſ1"]),
    ],
)
def test_codes_of_a_form_are_told_from_those_of_other_countries(
    form: str, good: list[str], bad: list[str]
) -> None:
    loaded = load_form(form)

    def numbers(codes: list[str | None]) -> list[int]:
        frame = pl.DataFrame(
            {"document": range(len(codes)), "postal_code": pl.Series(codes, dtype=pl.String)}
        )
        return [int(n) for n in code_numbers(frame, loaded)[0]]

    assert len(numbers(list(good))) == len(good)
    for strange in [*bad, None]:
        with pytest.raises(
            InputError, match=r"^document 1: 1 documents have a postal code that is no "
        ) as caught:
            numbers([good[0], strange])
        assert not strange or strange not in str(caught.value)


def test_codes_with_letters_sort_by_their_parts() -> None:
    codes = ["M11 4AA", "ME1 1AA", "M1 1AA", "m2 5bq", "M1 1AE", "EC1Y 8SY", "EC1A 1BB"]
    frame = pl.DataFrame({"document": range(len(codes)), "postal_code": codes})
    number, table = code_numbers(frame, load_form("gb"))
    order = [codes[k] for k in number.argsort(kind="stable")]
    assert order == ["EC1A 1BB", "EC1Y 8SY", "M1 1AA", "M1 1AE", "M11 4AA", "m2 5bq", "ME1 1AA"]
    assert table.keys(2).tolist() == [0, 0, 1, 1, 1, 1, 2]
    assert [table.prefix(k, 4) for k in range(table.size)] == ["EC1A", "EC1Y", "M1", "M1", "M11", "M2", "ME1"]


def test_a_list_of_codes_with_letters_groups_by_prefix_and_range(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST + '"M1-M2, EC1A","MANCHESTER"\n"M1 1AE","x"\n"M3, ME","MEDWAY"\n')
    with pytest.raises(JobError, match="stands in line 5 already; ranges overlap"):
        read_list(path, form=load_form("gb"), coded_labels=False)
    path.write_text(LIST + '"M1-M2, EC1A","MANCHESTER"\n"M3, ME","MEDWAY"\n')
    loaded = read_list(path, form=load_form("gb"), coded_labels=False)
    codes = ["EC1A 1BB", "EC1Y 8SY", "M1 1AA", "M11 4AA", "M2 5BQ", "M3 1AA", "ME10 1AA"]
    frame = pl.DataFrame({"document": range(len(codes)), "postal_code": codes})
    _, table = code_numbers(frame, load_form("gb"))
    names = [loaded.labels[g] if g >= 0 else "" for g in loaded.groups(table)]
    assert names == ["MANCHESTER", "", "MANCHESTER", "MANCHESTER", "MANCHESTER", "MEDWAY", "MEDWAY"]


def test_the_default_stream_of_a_job_names_a_shipped_scheme() -> None:
    default = Job.model_fields["streams"].default
    assert [load_scheme(s.scheme).scheme.currency for s in default] == ["USD"]


def test_single_piece_prices_are_ounces_of_the_price_list() -> None:
    single = load_single().single
    letter, flat = single.shapes
    ounces = [round(s.max_weight_mg / 28_349.523125, 4) for s in letter.steps]
    assert ounces == [1, 2, 3, 3.5]
    assert [s.price_mills for s in letter.steps] == [740, 740 + 290, 740 + 2 * 290, 740 + 3 * 290]
    assert [round(s.max_weight_mg / 28_349.523125, 4) for s in flat.steps] == list(range(1, 14))
    assert [s.steps[0].price_mills for s in single.prices["stamped"]] == [780, 1630]


def test_the_stand_in_is_never_called_the_aadc_list() -> None:
    path = SHIPPED / "lists" / "l002_scf_standin.csv"
    assert "L801" not in path.read_text().replace("not L801", "")
    assert "STAND-IN" in path.read_text()
    loaded = read_labeling_list(path)
    assert loaded.effective == date(2024, 8, 1)
    assert loaded.grace == date(2024, 9, 30)
    assert len(loaded.labels) == 195
    group = loaded.groups(CodeTable(US))
    prefixes = {zip5 // 100 for zip5 in range(100_000) if group[zip5] != NO_GROUP}
    assert len(prefixes) == 915
    military = {90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 340, 962, 963, 964, 965, 966}
    assert not military & prefixes
    # Spot checks against the published matrix (column C).
    for zip5, label in {
        "00501": "SCF MID-ISLAND NY 117",
        "01609": "SCF CENTRAL MA 015",
        "05501": "SCF MIDDLESEX-ESX MA 018",
        "10451": "SCF NEW YORK NY 100",
        "12401": "SCF ALBANY NY 125",
        "20001": "WASHINGTON DC 200",
    }.items():
        assert loaded.labels[group[int(zip5)]] == label


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("minimum_pieces: 500", "minimum_pieces: 0", "minimum_pieces: 0", "minimum_pieces"),
        ("minimum_pieces: 150", "minimum_pieces: 0", "minimum_pieces: 0", "levels[0].minimum_pieces"),
        ("roll_below: 150", "roll_below: 0", "roll_below: 0", "levels[0].roll_below"),
        ("overflow: roll", "overflow: own", "", "need overflow: roll"),
        ("overflow: roll", "overflow: none", "", "need overflow: roll"),
        (
            "    minimum_pieces: 1  ",
            "    overflow: none\n    minimum_pieces: 1  ",
            "",
            "is required and rolls nothing",
        ),
        ("    minimum_pieces: 1  ", "    overflow: roll\n    minimum_pieces: 1  ", "", "nothing can roll"),
        ("inner_length: 21in", "inner_length: 21in, max_pieces: 9", "", "nothing can roll"),
        ("inner_length: 21in", "inner_length: 21in, max_weight_mg: 9", "", "nothing can roll"),
        ("{5d: 593,", "{4d: 593,", "", "prices must name the levels"),
        ("5d: 593,", "5d: 0,", "", "prices"),
        ("5d: 593,", "5d: [{max_weight_mg: 99222, price_mills: 593}],", "", "must reach max_weight_mg"),
        ("postal_code: us", "postal_code: xx", "", "no file 'xx.yaml'"),
        ("    prefix_length: 5", "    part: area", "", "has no part 'area'"),
        ("stand_in: true\n", "stand_in: true\n    expires: 2024-13-01\n", "expires", "expires"),
        ("fill_percent: 100", "fill_persent: 100", "fill_persent", "fill_percent"),
        ("currency: USD", "currency: dollars", "", "currency"),
        ('cin: "242"', 'cin: "24a"', "", "cin"),
        ("    prefix_length: 5", "    prefix_length: 6", "", "prefix_length"),
        ("    prefix_length: 5", "    prefix_length: 5\n    labeling_list: aadc", "", "exclude each other"),
        ("    labeling_list: aadc", "    labeling_list: adc", "", "no list 'adc'"),
        ("    labeling_list: aadc\n", "", "", "only the last level"),
        ("  - name: maadc", "  - name: aadc", "", "different names"),
        ("  - name: maadc", "  - name: single", "", "different names"),
        ("inner_length: 10.25in", "inner_length: 18in", "", "shorter than a full 2ft"),
        ("inner_length: 10.25in", "inner_length: 0.2in", "", "cannot take the thickest piece"),
        ("inner_length: 10.25in", "inner_length: 10.25", "", "inner_length"),
        ("full_percent: 85", "full_percent: 100\n", "", ""),
        ("fill_percent: 100", "fill_percent: 80", "", "no tray is ever full"),
        ("minimum_pieces: 500", "minimum_pieces: 500\nminimum_pieces: 200", "", "already set"),
    ],
)
def test_a_bad_scheme_is_refused_with_file_and_place(
    folder: Path, old: str, new: str, where: str, said: str
) -> None:
    assert old in LETTERS
    path = folder / "schemes" / "mine.yaml"
    path.write_text(LETTERS.replace(old, new, 1))
    if not said:
        assert load_scheme("mine", folder).scheme.full_percent == 100
        return
    with pytest.raises(JobError) as caught:
        load_scheme("mine", folder)
    text = str(caught.value)
    assert f"{path}:" in text or said.startswith("no file")
    assert said in text
    if where:
        line = next(n for n, row in enumerate(path.read_text().splitlines(), 1) if where in row)
        assert f"{path}:{line}:" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("max_weight_mg: 56699", "max_weight_mg: 28349", "ranges overlap"),
        ("max_thickness_um: 19050", "max_thickness_um: 6350", "ranges overlap"),
        ("payment: metered", "payment: permit", "no prices for the payment 'permit'"),
        ("price_mills: 740", "price_mills: 0.74", "price_mills"),
        ("price_mills: 740", "price_mills: 0", "price_mills"),
        ("printstream-single/1", "printstream-scheme/1", "format"),
    ],
)
def test_bad_prices_are_refused_with_file_and_place(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / "schemes" / "mine.yaml"
    path.write_text(SINGLE.replace(old, new, 1))
    with pytest.raises(JobError) as caught:
        load_single("mine", folder)
    assert f"{path}:" in str(caught.value)
    assert said in str(caught.value)


def test_an_unknown_scheme_is_named_with_those_that_there_are(folder: Path) -> None:
    with pytest.raises(JobError, match=r"no file 'royal\.yaml'") as caught:
        load_scheme("royal", folder)
    assert "us_fcm_letters.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        ('"010-013","SCF A CT 060"\n"012","SCF B MA 010"', 6, "code 01200 stands in line 5 already"),
        ('"010","SCF A CT 060"\n"01055","SCF B MA 010"', 6, "code 01055 stands in line 5 already"),
        ('"013-010","SCF A CT 060"', 5, "'013-010' is no"),
        ('"19850, 80","SCF A CT 060"', 5, "'80' is no"),
        ('"010-01999","SCF A CT 060"', 5, "is no"),
        ('"010,","SCF A CT 060"', 5, "'' is no"),
        ('"٠١٠","SCF A CT 060"', 5, "is no"),
        ('"010","SCF A CT"', 5, "does not end in a 3- or 5-digit ZIP Code"),
    ],
)
def test_a_bad_labeling_list_is_refused_with_its_line(
    tmp_path: Path, rows: str, line: int, said: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST + rows + "\n", "utf-8")
    with pytest.raises(JobError) as caught:
        read_labeling_list(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "has no header"),
        (LIST.encode(), "names no destination"),
        (LIST.encode() + b'"010","SCF M\xfcNCHEN CT 060"\n', "no CSV file in UTF-8"),
        (LIST.encode() + b'"010","SCF "A CT 060"\n', "no CSV file"),
        (b'"Effective Date: 2024-13-01"\n' + LIST.encode(), "is no date"),
        (b"x" * 4_000_001, "larger than"),
    ],
)
def test_a_file_that_is_no_labeling_list_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(JobError, match=said):
        read_labeling_list(path)
    with pytest.raises(JobError, match="cannot be read"):
        read_labeling_list(tmp_path / "absent.csv")


def test_a_list_as_published_is_read_tabs_and_short_rows_and_all(tmp_path: Path) -> None:
    path = tmp_path / "l002.csv"
    path.write_text(
        "\ufeff"
        + LIST.split("\n")[0]
        + '\n"3-Digit ZIP Code Prefix","","Column C SCF Destinations Label To"\n'
        + '"\t010","\tN","\tSCF HARTFORD  CT 060 "\n"\t090","\t"\n"\t091","",""\n"01155-01199","","A CT 00699"\n'
    )
    loaded = read_labeling_list(path, "3-Digit ZIP Code Prefix", "Column C SCF Destinations Label To")
    assert loaded.labels == ("A CT 00699", "SCF HARTFORD CT 060")
    assert [int(loaded.groups(CodeTable(US))[z]) for z in (1000, 1099, 1100, 1155, 1199, 9000, 9100)] == [
        1,
        1,
        -1,
        0,
        0,
        -1,
        -1,
    ]


def test_a_list_that_was_replaced_needs_new_dates_in_the_scheme(folder: Path) -> None:
    (folder / "lists" / "l002_scf_standin.csv").write_text(
        GRACE + LIST.replace("2024-08-01", "2026-01-01") + '"010","AADC A CT 060"\n'
    )
    with pytest.raises(JobError, match="effective from 2026-01-01, but the scheme says 2024-08-01"):
        load_scheme("us_fcm_letters", folder)
    (folder / "schemes" / "us_fcm_letters.yaml").write_text(
        LETTERS.replace("effective: 2024-08-01", "effective: 2026-01-01")
    )
    assert load_scheme("us_fcm_letters", folder).lists["aadc"].labels == ("AADC A CT 060",)
