"""A folder on a disk and a prefix of a store behave alike."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from printstream.base.errors import InputError, ResourceError
from printstream.base.places import Place
from tests.cluster.servers import free_port


@pytest.fixture(params=["disk", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "disk":
        return Place.of(tmp_path / "root")
    store: str = request.getfixturevalue("store")
    return Place.of(store.format(f"/places/{tmp_path.name}"))


def test_a_life(place: Place, tmp_path: Path) -> None:
    assert place.make_folder(new=True)
    (place / "deep").make_folder()
    (place / "deep/a.bin").write(b"0123456789")
    assert not place.make_folder(new=True)
    assert (place / "deep/a.bin").read() == b"0123456789"
    assert (place / "deep" / "a.bin").read(3, 4) == b"3456"
    (tmp_path / "here").write_bytes(bytes(9_000_000))
    (place / "b").put(tmp_path / "here")
    seal = (place / "b").seal()
    assert (seal.bytes, seal.sha256) == (9_000_000, hashlib.sha256(bytes(9_000_000)).hexdigest())
    assert place.names() == {"b": 9_000_000, "deep/a.bin": 10}
    (place / "b").move(place / "deep/c")
    (place / "deep/c").fetch(tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == bytes(9_000_000)
    assert place.names() == {"deep/a.bin": 10, "deep/c": 9_000_000}
    assert ((place / "deep/c").exists(), (place / "b").exists()) == (True, False)
    (place / "deep/c").remove()
    assert place.names() == {"deep/a.bin": 10}
    travelled = pickle.loads(pickle.dumps(place / "deep"))
    assert (travelled / "a.bin").read() == b"0123456789"
    place.remove_folder()
    assert place.make_folder(new=True)
    place.remove_folder()
    place.remove_folder()


def test_what_is_cut_short(place: Place) -> None:
    place.make_folder()
    (place / "a").write(b"0123")
    with pytest.raises(ResourceError, match="cut short"):
        (place / "a").read(2, 9)


def test_no_such_folder(place: Place) -> None:
    with pytest.raises(InputError):
        (place / "nowhere").names()


@pytest.mark.parametrize(
    ("word", "shown", "name"),
    [
        ("s3://night/in/put?endpoint_override=10.0.0.1:9&scheme=http", "s3://night/in/put", "put"),
        ("s3://KEY:SECRET@night/in?region=x", "s3://night/in", "in"),
        ("/data/in", "/data/in", "in"),
    ],
)
def test_what_is_shown(word: str, shown: str, name: str) -> None:
    place = Place.of(word)
    assert (str(place), place.name) == (shown, name)
    assert (str(place / "x" / "y"), (place / "x/y").name) == (f"{shown}/x/y", "y")
    assert "SECRET" not in repr(place)


@pytest.mark.parametrize(
    "use",
    [lambda p: p.names(), lambda p: (p / "x").read(), lambda p: (p / "x").write(b"x")],
)
def test_a_store_that_does_not_answer(
    use: Callable[[Place], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    settings = f"endpoint_override=127.0.0.1:{free_port()}&scheme=http&region=x&connect_timeout=1"
    with pytest.raises(ResourceError) as caught:
        use(Place.of(f"s3://night/in?{settings}"))
    assert caught.value.where.startswith("s3://night/in")


def test_a_store_that_nobody_knows() -> None:
    with pytest.raises(ResourceError, match="no store"):
        Place.of("carrier-pigeon://loft/in").names()
