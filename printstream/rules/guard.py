"""What a rule may say: one expression over columns; no queries, so no tables and no files; no clock.

polars' expression parser follows subqueries, and a subquery may name table functions such as ``read_csv``,
which open files while the text is still being parsed. So the words are judged before polars sees them. The
lexical form allowed here is narrow enough for its reading and ours to agree: plain quotes doubled inside,
no comments, no escapes of quotes, no dollar quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST = 4000
_TOKEN = re.compile(
    r"""
    (?P<text>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")*")
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)
  | (?P<space>[ \t\r\n]+)
  | (?P<sign>::|//|<=|>=|<>|!=|==|\|\||[-+*/%(),.<>=\[\]])
    """,
    re.VERBOSE,
)
_QUERY = frozenset({
    "SELECT", "WITH", "TABLE", "VALUES", "UNION", "INTERSECT", "EXCEPT", "LATERAL", "EXISTS", "ANY", "SOME",
    "COLUMNS", "PIVOT", "UNPIVOT", "INTO",
})  # fmt: skip
_CLOCK = frozenset({
    "NOW", "TODAY", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP",
})  # fmt: skip
_CHANCE = frozenset({"RANDOM", "RAND", "UUID", "GEN_RANDOM_UUID", "SHUFFLE", "SAMPLE"})
_PREFIXES = frozenset({"E", "N", "B", "X", "U", "R", "Q"})
_FILES = re.compile(r"(READ|SCAN|SINK|WRITE)_", re.IGNORECASE)


def objection(text: str) -> str | None:
    """Say what a rule must not contain, or None where it may be parsed."""
    if len(text) > _LONGEST:
        return f"the expression is longer than {_LONGEST} characters"
    if "\\'" in text or '\\"' in text or "\x00" in text:
        return "a quote cannot be escaped by a backslash; write it twice"
    before = ""
    for kind, token in _tokens(text):
        if kind == "wrong":
            return f"{token!r} is not allowed here"
        if kind == "text" and before.upper() in _PREFIXES:
            return f"a text cannot have the prefix {before!r}"
        reason = (
            _word_objection(token.strip('"'), before, bare=kind == "word")
            if kind in ("word", "name")
            else None
        )
        if reason is not None:
            return reason
        before = token
    return None


def _word_objection(word: str, before: str, *, bare: bool) -> str | None:
    upper = word.upper()
    if _FILES.match(word):
        return f"{word!r} is not allowed: a rule reads no files"
    if not bare:
        return None
    if upper in _QUERY or (upper == "FROM" and before == "("):
        return f"{word!r} is not allowed: a rule is one expression, not a query"
    if upper in _CLOCK | _CHANCE:
        return f"{word!r} is not allowed: the same input must give the same output"
    return None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            yield "wrong", text[at]
            return
        if text.startswith(("--", "/*"), at):
            yield "wrong", text[at : at + 2]
            return
        at = match.end()
        kind = match.lastgroup or "wrong"
        if kind != "space":
            yield kind, match.group()
