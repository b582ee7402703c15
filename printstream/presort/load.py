"""Load schemes, single-piece prices, forms and lists by name: the job's own, else the package's.

In: names, the job's folder. Out: ``LoadedScheme``, ``LoadedSingle``. Never: looks at a piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from printstream.base.errors import JobError
from printstream.base.frozen import frozen
from printstream.base.postcodes import CodeForms, PostalForm
from printstream.base.yamlfile import load_model
from printstream.job import Job, StreamSettings
from printstream.presort.containers import Container, ContainerLevel
from printstream.presort.kinds import Grouped
from printstream.presort.labels import LabelingList, read_labeling_list
from printstream.presort.scheme import SINGLE_PIECE_SCHEME, ListSettings, Scheme
from printstream.presort.single import SinglePiece

_PACKAGE_FOLDER = Path(__file__).parent


@frozen
class LoadedScheme:
    """A scheme with the form of its postal codes and its labeling lists, by their names in the scheme."""

    scheme: Scheme
    form: PostalForm
    lists: dict[str, LabelingList]

    def length_of(self, level: Grouped) -> int | None:
        """Characters by which a level groups; None where it does not group by characters."""
        return self.form.length_of(level.part) if level.part is not None else level.prefix_length

    def takes(self, container: ContainerLevel, level: Grouped) -> bool:
        """Whether containers of a level may take trays of a presort level: these must be at least as fine."""
        if container.takes_all:
            return True
        length = self.length_of(level)
        if container.labeling_list is not None:
            return length is not None or level.labeling_list == container.labeling_list
        return length is not None and length >= (self.length_of(container) or 0)


@frozen
class LoadedSingle:
    """Single-piece prices with the form of their postal codes."""

    single: SinglePiece
    form: PostalForm


def load_scheme(name: str, folder: Path | None = None) -> LoadedScheme:
    """Load a scheme, its form and its lists by name.

    Args:
        name: file name without .yaml.
        folder: the job's folder with its own schemes/, forms/ and lists/, looked into before the package's.

    Raises:
        JobError: no such scheme, or it, its form or a list is wrong; with file and place.
    """
    path = _find("schemes", f"{name}.yaml", folder)
    scheme = load_model(path, Scheme)
    form = load_form(scheme.postal_code, folder)
    _check_keys(scheme, form, path)
    lists = {key: _load_list(s, form, path, folder) for key, s in scheme.labeling_lists.items()}
    return LoadedScheme(scheme, form, lists)


def load_single(name: str = SINGLE_PIECE_SCHEME, folder: Path | None = None) -> LoadedSingle:
    """Load the prices of unsorted mail; arguments and faults as for ``load_scheme``."""
    single = load_model(_find("schemes", f"{name}.yaml", folder), SinglePiece)
    return LoadedSingle(single, load_form(single.postal_code, folder))


def load_form(name: str, folder: Path | None = None) -> PostalForm:
    """Load what the postal codes of a post look like; arguments and faults as for ``load_scheme``."""
    return load_model(_find("forms", f"{name}.yaml", folder), PostalForm)


def code_forms(job: Job, folder: Path | None = None) -> CodeForms | None:
    """Load the form of the job's postal codes, and those of countries that are shipped; None for a US address.

    Args:
        job: the job.
        folder: its folder with its own forms/, looked into before the package's.

    Raises:
        JobError: no such form, or the scheme of a stream sorts by codes of another.
    """
    name = job.address.form
    if name is None:
        return None
    own = load_form(name, folder)
    for number, stream in enumerate(job.streams):
        _check_form(own, stream, f"job.streams.{number}", folder)
    shipped = [load_form(path.stem) for path in sorted((_PACKAGE_FOLDER / "forms").glob("*.yaml"))]
    return CodeForms(own, tuple(form for form in shipped if form.country is not None))


def _check_form(own: PostalForm, stream: StreamSettings, where: str, folder: Path | None) -> None:
    loaded: LoadedScheme | LoadedSingle
    if stream.scheme is not None:
        name, loaded = f"scheme {stream.scheme}", load_scheme(stream.scheme, folder)
    else:
        name, loaded = f"single {stream.single}", load_single(stream.single, folder)
    if loaded.form != own:
        what = f"{name} sorts by a {loaded.form.title}, but the addresses have a {own.title}"
        raise JobError(what, where=where, next_step="Name a scheme of the post, or another address.form")


def _check_keys(scheme: Scheme, form: PostalForm, path: Path) -> None:
    """Refuse levels that ask for more characters than codes have, or for parts that they have not."""
    _check_lengths(scheme.levels, form, path)
    for name, container in scheme.containers.items():
        _check_lengths(container.levels, form, path)
        _check_taken(LoadedScheme(scheme, form, {}), name, container, path)


def _check_taken(loaded: LoadedScheme, name: str, container: Container, path: Path) -> None:
    """Refuse a level of containers that is finer than any tray."""
    for level in container.levels:
        if not any(loaded.takes(level, trays) for trays in loaded.scheme.levels):
            what = f"containers.{name}: level {level.name} is finer than the trays of any presort level"
            raise JobError(
                what, where=str(path), next_step="Leave the level out, or group by fewer characters"
            )


def _check_lengths(levels: Sequence[Grouped], form: PostalForm, path: Path) -> None:
    lengths = []
    for level in levels:
        if level.part is not None and level.part not in form.parts:
            what = f"level {level.name}: a {form.title} has no part {level.part!r}"
            raise JobError(what, where=str(path), next_step=f"Its parts are {', '.join(form.parts)}")
        if level.prefix_length is not None and level.prefix_length > form.width:
            what = f"level {level.name}: a {form.title} has only {form.width} characters"
            raise JobError(what, where=str(path), next_step="Make prefix_length smaller")
        if not level.takes_all and level.labeling_list is None:
            lengths.append(form.length_of(level.part) if level.part is not None else level.prefix_length or 0)
    if lengths != sorted(set(lengths), reverse=True):
        what = "parts and prefix_length must become shorter from level to level"
        raise JobError(what, where=str(path), next_step="Put the finest level first")


def _load_list(
    settings: ListSettings, form: PostalForm, scheme_path: Path, folder: Path | None
) -> LabelingList:
    path = _find("lists", settings.file, folder)
    columns = settings.zip_column, settings.label_column
    loaded = read_labeling_list(path, *columns, form=form, coded_labels=settings.coded_labels)
    if loaded.effective is not None and loaded.effective != settings.effective:
        what = f"the list is effective from {loaded.effective}, but the scheme says {settings.effective}"
        step = f"Bring effective and expires in {scheme_path} up to date"
        raise JobError(what, where=str(path), next_step=step)
    if loaded.grace is None and settings.expires is None:
        what = "the list names no Grace Date, and the scheme does not say when it expires"
        raise JobError(what, where=str(path), next_step=f"Give expires in {scheme_path}")
    return loaded


def _find(kind: str, file: str, folder: Path | None) -> Path:
    """The job's file where there is one, else the package's."""
    folders = [f / kind for f in (folder, _PACKAGE_FOLDER) if f is not None]
    for place in folders:
        if (place / file).is_file():
            return place / file
    known = sorted({p.name for place in folders if place.is_dir() for p in place.iterdir() if p.is_file()})
    what = f"there is no file {file!r} in {kind}/"
    raise JobError(what, where=str(folders[0]), next_step=f"Known are {', '.join(known)}")
