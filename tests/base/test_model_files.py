"""Model files: judged once, kept as they were judged; presets are what a judge would make of them."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

import printstream
from printstream.base import cache, yamlfile
from printstream.base.cache import cached
from printstream.base.model import Model
from printstream.base.postcodes import PostalForm
from printstream.base.yamlfile import YamlFileError, load_model
from printstream.commingle.settings import MailingFile
from printstream.imposition import Scheme as ImpositionScheme
from printstream.job import Job
from printstream.layout.template import Template
from printstream.marks.profile import Profile
from printstream.presort.scheme import Scheme
from printstream.presort.single import SinglePiece
from printstream.ticket.inserterfile import FileLayout
from printstream.ticket.results import ResultLayout

ROOT = Path(__file__).parents[2]
STATEMENT = (ROOT / "jobs/statement/job.yaml").read_text()
MODELS = {
    "printstream-job/1": Job,
    "printstream-template/1": Template,
    "printstream-inserter/1": Profile,
    "printstream-scheme/1": Scheme,
    "printstream-single/1": SinglePiece,
    "printstream-imposition/1": ImpositionScheme,
    "printstream-postcode/1": PostalForm,
    "printstream-inserter-file/1": FileLayout,
    "printstream-inserter-results/1": ResultLayout,
    "printstream-mailing/1": MailingFile,
}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRINTSTREAM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache/models"


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were judged, in order."""
    names: list[str] = []
    judge = yamlfile._judged

    def told(path: Path, raw: bytes, model: type[BaseModel]) -> BaseModel:
        names.append(path.name)
        return judge(path, raw, model)

    monkeypatch.setattr(yamlfile, "_judged", told)
    return names


def _files() -> Iterator[tuple[Path, type[BaseModel]]]:
    for path in [*ROOT.glob("jobs/*/*.yaml"), *ROOT.glob("printstream/*/*/*.yaml")]:
        plain, _ = yamlfile.load_yaml(path)
        if (model := MODELS.get(plain.get("format"))) is not None:
            yield path, model


def test_what_is_kept_is_what_was_judged(judged: list[str]) -> None:
    files = list(_files())
    assert {model for _, model in files} >= {Job, Template}
    for path, model in files:
        first, second = load_model(path, model), load_model(path, model)
        assert second is not first
        assert second == first
        assert second.model_dump() == first.model_dump()
        assert second.model_fields_set == first.model_fields_set
    assert len(judged) == len({(path.read_bytes(), model) for path, model in files})  # copies are one


def test_other_bytes_another_model_or_another_source_are_judged_anew(
    judged: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(STATEMENT)
    before = load_model(path, Job)
    path.write_text(STATEMENT.replace("\nseed: 1\n", "\nseed: 77\n"))
    assert load_model(path, Job).seed == 77 != before.seed
    assert len(judged) == 2
    with pytest.raises(YamlFileError):
        load_model(path, Template)
    assert len(judged) == 3
    monkeypatch.setattr(cache, "package_stamp", lambda: b"a changed validator")
    load_model(path, Job)
    assert len(judged) == 4


def test_a_fault_is_told_every_time(judged: list[str], tmp_path: Path, root: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(STATEMENT.replace("\nseed: 1\n", "\nseed: -1\n"))
    told = []
    for _ in range(2):
        with pytest.raises(YamlFileError) as caught:
            load_model(path, Job)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "seed" in told[0]
    assert judged == ["job.yaml", "job.yaml"]
    assert not root.exists()


def test_a_model_from_elsewhere_is_not_kept(tmp_path: Path, root: Path) -> None:
    class Foreign(BaseModel):
        seed: int

    path = tmp_path / "foreign.yaml"
    path.write_text("seed: 1\n")
    assert load_model(path, Foreign).seed == 1
    assert not root.exists()


def test_the_folder_stays_small(root: Path) -> None:
    for number in range(25):
        cached("models", b"%d" % number, lambda: b"content", 10)
    assert 5 <= len(list(root.iterdir())) <= 10
    assert cached("models", b"24", lambda: b"made again", 10) == b"content"


def _all_models(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in of.__subclasses__():
        yield model
        yield from _all_models(model)


def _presets(value: object) -> Iterator[BaseModel]:
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, BaseModel):
            yield one


def test_presets_are_what_the_judge_makes_of_them() -> None:
    for module in pkgutil.walk_packages(printstream.__path__, "printstream."):
        if not module.name.startswith(("printstream.cluster", "printstream.__main__", "printstream.kernels")):
            import_module(module.name)
    seen = 0
    for model in _all_models(Model):
        for info in model.model_fields.values():
            for preset in _presets(info.default):
                given = {name: getattr(preset, name) for name in preset.model_fields_set}
                assert type(preset)(**given) == preset, (model, preset)
                seen += 1
    assert seen > 15
