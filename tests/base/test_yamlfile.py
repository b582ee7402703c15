"""YAML 1.2 as data with places, and its limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printstream.base import yamlfile
from printstream.base.errors import JobError
from printstream.base.yamlfile import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, YamlFileError, load_yaml


def _load(tmp_path: Path, text: str | bytes) -> object:
    path = tmp_path / "some.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_yaml(path)[0]


def _fault(tmp_path: Path, text: str | bytes) -> tuple[int, int, str]:
    with pytest.raises(YamlFileError) as caught:
        _load(tmp_path, text)
    (fault,) = caught.value.faults
    assert caught.value.exit_code == 3
    assert f"some.yaml:{fault.mark.line}:{fault.mark.column}: " in str(caught.value)
    return fault.mark.line, fault.mark.column, fault.sentence


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("01234", "01234"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("2026-01-31", "2026-01-31"),
        ("12:30", "12:30"),
        ("1e3", "1e3"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("+5", "+5"),
        ("<<", "<<"),
        ("300", 300),
        ("-7", -7),
        ("0", 0),
        ("0.01", 0.01),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('"300"', "300"),
        ("'true'", "true"),
        ('""', ""),
        ("9999999999999999999999", "9999999999999999999999"),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(tmp_path: Path, written: str, read: object) -> None:
    value = _load(tmp_path, f"a: {written}\n")
    assert value == {"a": read}
    assert type(value["a"]) is type(read)  # type: ignore[index]


def test_a_key_is_always_text(tmp_path: Path) -> None:
    assert _load(tmp_path, "1: a\nno: b\ntrue: c\n") == {"1": "a", "no": "b", "true": "c"}


def test_positions_count_from_one_and_name_key_and_value(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("a:\n  - 1\n  - bc: 007\n")
    _, positions = load_yaml(path)
    assert positions["a", 0].value == (2, 5)
    assert positions["a", 1, "bc"].key == (3, 5)
    assert positions["a", 1, "bc"].value == (3, 9)
    assert positions["a", 1, "bc"].text == "007"
    assert positions[()].value == (1, 1)


def test_an_alias_repeats_its_anchor(tmp_path: Path) -> None:
    assert _load(tmp_path, "a: &x {b: [1]}\nc: *x\n") == {"a": {"b": [1]}, "c": {"b": [1]}}


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "'a' is already set in line 1"),
        ("a: {b: 1, b: 2}\n", 1, 11, "'b' is already set in line 1"),
        ("a: !!python/object:os.system x\n", 1, 4, "tag"),
        ("a: !!str 5\n", 1, 4, "tag"),
        ("a: !x {b: 1}\n", 1, 4, "tag"),
        ("a: &x [*x]\n", 1, 8, "contains itself"),
        ("a: *nowhere\n", 1, 4, "not defined above"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ("a: [1,\n", 2, 1, "not valid YAML"),
        ("a: 1\n b: 2\n", 2, 3, "not valid YAML"),
        ("a: 1\n\tb: 2\n", 2, 1, "not valid YAML"),
        ("? [a, b]\n: 1\n", 1, 3, "must be a word"),
        (": 1\n", 1, 1, "must be a word"),
        (b"a: 1\nb: \xff\n", 2, 4, "not UTF-8"),
        ('a: "\\ud800"\n', 1, 4, "surrogate"),
        ("a: \x07\n", 1, 1, "not valid YAML"),
    ],
)
def test_a_fault_names_its_place(
    tmp_path: Path, text: str | bytes, line: int, column: int, part: str
) -> None:
    at_line, at_column, sentence = _fault(tmp_path, text)
    assert part in sentence
    assert (at_line, at_column) == (line, column)


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    assert "once aliases are written out" in _fault(tmp_path, "\n".join(levels))[2]
    assert "aliases" in _fault(tmp_path, "a: &a 1\nb: [" + "*a, " * (MAX_ALIASES + 1) + "]")[2]


def test_depth_and_size_are_limited(tmp_path: Path) -> None:
    assert _load(tmp_path, "[" * 50 + "]" * 50) is not None
    assert "nested deeper" in _fault(tmp_path, "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2))[2]
    assert "nested deeper" in _fault(tmp_path, "[" * 200_000)[2]
    assert "larger than" in _fault(tmp_path, "#" * (MAX_BYTES + 1))[2]


def test_a_file_that_is_not_there_is_no_job(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no such file"):
        load_yaml(tmp_path / "none.yaml")
    with pytest.raises(JobError, match="no such file"):
        load_yaml(tmp_path)


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(data=_PLAIN)
def test_json_is_yaml(tmp_path_factory: pytest.TempPathFactory, data: object) -> None:
    """YAML 1.2 contains JSON (chapter 1.3), so json.dumps is an independent writer."""
    path = tmp_path_factory.mktemp("json") / "x.yaml"
    path.write_text(json.dumps(data))
    assert load_yaml(path)[0] == data


@given(text=st.text(max_size=60) | st.binary(max_size=60))
def test_any_file_loads_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        _, positions = load_yaml(path)
    except JobError:
        return
    assert () in positions


_BITS = st.sampled_from(
    [
        "a",
        "b: ",
        ":",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        '"',
        "'",
        "#",
        " # x",
        "&x ",
        "*x",
        ">",
        "? ",
        "-",
        "~",
        "007",
        "é",
        "\t",
        "---",
        "...",
        ">+\n   ",
        "%",
        "@",
        "`",
        "!",
        "=",
        "a:b",
        "|",
        "|-\n  ",
        "\r\n",
    ]
)


@given(text=st.lists(_BITS, max_size=14).map("".join))
def test_both_parsers_read_the_same(text: str) -> None:
    """libyaml is taken for its speed only: what it reads is what the parser of YAML 1.2 reads, places included."""
    try:
        fast = yamlfile._parse_fast(text)
    except Exception:  # refused, so it is not used
        return
    if fast is not None:
        assert _plain(fast) == _plain(yamlfile._parse_fully(text))


def _plain(node: yamlfile._Node) -> object:
    """The data, and the places of all that is written; where nothing is written, there is no place to compare."""
    places: dict[yamlfile.KeyPath, yamlfile.Position] = {}
    plain = yamlfile._flatten(node, (), node.mark, places)
    return plain, {path: place for path, place in places.items() if place.text}


def test_the_shipped_files_take_the_fast_way() -> None:
    root = Path(__file__).parents[2]
    files = [*root.glob("jobs/*/*.yaml"), *root.glob("printstream/*/*/*.yaml")]
    assert len(files) > 3
    for path in files:
        text = path.read_text()
        fast = yamlfile._parse_fast(text)
        assert fast is not None, path
        assert fast == yamlfile._parse_fully(text), path
