"""Read a YAML 1.2 file into plain data and a pydantic model, with line and column of every fault.

In: a path and a model. Out: plain data with positions; a validated, frozen model. Never: runs tags, follows
paths, fetches anything; a job file is data.

Scalars follow the JSON schema of YAML 1.2 (chapter 10.2), not the older rules: ``01234``, ``no``, ``1e3`` and
``2026-01-31`` are text, so that an unquoted ZIP code keeps its zero; ``300`` is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias, TypeVar

from printstream.base.cache import kept
from printstream.base.errors import JobError
from printstream.base.frozen import frozen

if TYPE_CHECKING:
    from pydantic import BaseModel

    M = TypeVar("M", bound=BaseModel)

MAX_BYTES = 1_000_000
MAX_NODES = 200_000
MAX_ALIASES = 100
MAX_DEPTH = 64
MAX_FAULTS = 10

KeyPath: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = Any

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}\Z")
_DOUBTFUL = re.compile(
    r"^%|[\t\x85\u2028\u2029\ufeff]|[|>][0-9+-]*[ ]*(?:#|\r?\n[ ]*(?:#|\r?$|\.\.\.|---)|\Z)", re.MULTILINE
)
"""Directives, tabs, block scalars that begin oddly, ends of lines of YAML 1.1 (YAML 1.2.2, 5.4): libyaml may differ."""
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Mark(NamedTuple):
    """A place in the file, counted from 1 as editors do."""

    line: int
    column: int


@frozen
class Position:
    """Where a value stands, and the key or list item that holds it.

    Attributes:
        key: the key (of a mapping's entry) or the value itself.
        value: the value.
        text: the scalar as written, None for lists and mappings.
    """

    key: Mark
    value: Mark
    text: str | None = None


@frozen
class Fault:
    """One thing that is wrong in a file."""

    mark: Mark
    sentence: str


class YamlFileError(JobError):
    """A YAML file is unreadable or does not fit its model; holds every fault, not only those shown."""

    def __init__(self, path: Path, faults: tuple[Fault, ...]) -> None:
        self.path = path
        self.faults = faults
        if len(faults) == 1:
            mark = faults[0].mark
            super().__init__(faults[0].sentence, where=f"{path}:{mark.line}:{mark.column}")
            return
        shown = [f"\n  {path}:{f.mark.line}:{f.mark.column}: {f.sentence}" for f in faults[:MAX_FAULTS]]
        if len(faults) > MAX_FAULTS:
            shown.append(f"\n  and {len(faults) - MAX_FAULTS} more")
        super().__init__(f"{len(faults)} faults" + "".join(shown), where=str(path))


@dataclass
class _Node:
    """A parsed node; ``content`` is a scalar, a list of nodes, or a dict of (key mark, node)."""

    mark: Mark
    content: Any
    text: str | None = None


class _Refused(Exception):  # noqa: N818 - carries a fault out of the parser, never leaves this module
    def __init__(self, mark: Mark, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = Fault(mark, sentence)


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _scalar(text: str) -> str | int | float | bool | None:
    """Resolve a plain (unquoted) scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _DECIMAL.match(text) else text


def _joined(event: Any) -> str:
    """Give a scalar's text, with the surrogate pairs of JSON escapes made one character."""
    text: str = event.value
    try:
        return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise _Refused(_mark(event), "half of a surrogate pair is no character") from error


class _Builder:
    """Turns the parser's events into nodes; knows the limits."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, _Node | None] = {}
        self._aliases = 0

    def document(self) -> _Node:
        """Build the one document of the file."""
        root: _Node | None = None
        for event in self._events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and root is not None:
                raise _Refused(_mark(event), "a second document starts here; the file must hold one")
            if kind not in ("StreamStartEvent", "DocumentStartEvent", "DocumentEndEvent", "StreamEndEvent"):
                root = self._node(event, 0)
        return root if root is not None else _Node(Mark(1, 1), None)

    def _node(self, event: Any, depth: int) -> _Node:
        kind = type(event).__name__
        if depth > MAX_DEPTH:
            raise _Refused(_mark(event), f"nested deeper than {MAX_DEPTH} levels")
        if kind == "AliasEvent":
            return self._alias(event)
        if getattr(event, "ctag", None) is not None:
            raise _Refused(_mark(event), f"the tag {event.ctag} is refused; a job holds plain data only")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if kind == "ScalarEvent":
            text = _joined(event)
            node = _Node(_mark(event), text if event.style else _scalar(text), text)
        elif kind == "SequenceStartEvent":
            node = _Node(_mark(event), self._items(depth))
        else:
            node = _Node(_mark(event), self._entries(depth))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> _Node:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise _Refused(_mark(event), f"more than {MAX_ALIASES} aliases")
        node = self._anchors.get(event.anchor)
        if node is None:
            reason = "contains itself" if event.anchor in self._anchors else "is not defined above"
            raise _Refused(_mark(event), f"the alias *{event.anchor} {reason}")
        return node

    def _items(self, depth: int) -> list[_Node]:
        items = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._node(event, depth + 1))
        return items

    def _entries(self, depth: int) -> dict[str, tuple[Mark, _Node]]:
        entries: dict[str, tuple[Mark, _Node]] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._node(event, depth + 1)
            if key.text is None or not key.text:
                raise _Refused(_mark(event), "a key must be a word")
            if key.text in entries:
                first = entries[key.text][0]
                raise _Refused(_mark(event), f"the key '{key.text}' is already set in line {first.line}")
            entries[key.text] = (_mark(event), self._node(next(self._events), depth + 1))
        return entries


def _flatten(node: _Node, path: KeyPath, key: Mark, positions: dict[KeyPath, Position]) -> Plain:
    """Nodes to plain data, recording positions; aliases are written out, within MAX_NODES."""
    if len(positions) >= MAX_NODES:
        raise _Refused(node.mark, f"more than {MAX_NODES} values once aliases are written out")
    positions[path] = Position(key, node.mark, node.text)
    if isinstance(node.content, list):
        return [_flatten(n, (*path, i), n.mark, positions) for i, n in enumerate(node.content)]
    if isinstance(node.content, dict):
        return {k: _flatten(n, (*path, k), at, positions) for k, (at, n) in node.content.items()}
    return node.content


def _read_bytes(path: Path) -> bytes:
    """Read a file, or so much of it as is too much.

    Raises:
        JobError: it cannot be read.
    """
    try:
        if not path.is_file():
            what = "there is no such file"
            raise JobError(what, where=str(path), next_step="Check the path")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise JobError(what, where=str(path), next_step="Check the path and its permissions") from error


def _text_of(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise _Refused(Mark(1, 1), f"the file is larger than {MAX_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig")
        mark = Mark(good.count("\n") + 1, len(good) - good.rfind("\n"))
        raise _Refused(mark, "the file is not UTF-8 text here; save it as UTF-8") from error


def _raise_syntax(error: Any) -> NoReturn:
    """Turn ruamel's error into a fault at the place of the problem."""
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    mark = Mark(place.line + 1, place.column + 1) if place is not None else Mark(1, 1)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
    context = getattr(error, "context", None)
    raise _Refused(mark, f"not valid YAML: {problem}" + (f" ({context})" if context else "")) from error


def _parse(text: str) -> tuple[Plain, dict[KeyPath, Position]]:
    try:
        root = _parse_fast(text)
    except Exception:  # whatever libyaml or the builder dislikes, the other parser words
        root = None
    if root is None:
        root = _parse_fully(text)
    positions: dict[KeyPath, Position] = {}
    return _flatten(root, (), root.mark, positions), positions


def _parse_fast(text: str) -> _Node | None:
    """Parse with libyaml, thirty times as fast; None where it could read YAML 1.1 for 1.2."""
    from yaml import cyaml

    if _DOUBTFUL.search(text):
        return None
    parser = cyaml.CParser(text)
    try:
        return _Builder(_events_of(parser)).document()
    finally:
        parser.dispose()


def _events_of(parser: Any) -> Iterator[Any]:
    while parser.check_event():
        event = parser.get_event()
        if getattr(event, "tag", None) is not None:
            raise ValueError
        yield event


def _parse_fully(text: str) -> _Node:
    """Parse with ruamel.yaml, whose word decides."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return _Builder(iter(YAML(typ="safe", pure=True).parse(text))).document()
    except YAMLError as error:
        _raise_syntax(error)


def load_yaml(path: Path) -> tuple[Plain, Mapping[KeyPath, Position]]:
    """Read a YAML file as plain data: dict, list, str, int, float, bool, None.

    Returns:
        the data, and the position of every value by its key path; ``()`` is the root.

    Raises:
        YamlFileError: syntax, a duplicate key, a tag, too large or too deep, more than one document.
        JobError: the file cannot be read.
    """
    return _placed(path, _read_bytes(path))


def _placed(path: Path, raw: bytes) -> tuple[Plain, Mapping[KeyPath, Position]]:
    """Plain data and positions of a file's content."""
    try:
        return _parse(_text_of(raw))
    except _Refused as refused:
        raise YamlFileError(path, (refused.fault,)) from refused.__cause__


def load_model(path: Path, model: type[M]) -> M:
    """Read and validate a YAML file; strict, so that ``true`` is no number and ``5`` no text.

    A file that was found good is kept as a model in the cache folder, so that the next night neither parses nor judges
    it again: the same bytes, judged by the same sources, make the same model.

    Raises:
        YamlFileError: the file is no YAML or does not fit; lists every fault with line and column.
        JobError: the file cannot be read.
    """
    raw = _read_bytes(path)
    if not model.__module__.startswith("printstream."):  # the package's stamp tells nothing of its source
        return _judged(path, raw, model)
    name = f"{model.__module__}.{model.__qualname__}\n"
    return kept("models", name.encode() + raw, lambda: _judged(path, raw, model))


def _judged(path: Path, raw: bytes, model: type[M]) -> M:
    """Validate a file's content."""
    import json

    from pydantic import ValidationError

    from printstream.base.modelfaults import faults_of

    data, positions = _placed(path, raw)
    try:
        # JSON mode is what makes strictness usable: lists may become tuples and text may become dates.
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        faults = faults_of(error, model, data, positions)
    raise YamlFileError(path, faults)
