"""Text and names as PDF source."""

from __future__ import annotations

_REGULAR = frozenset(range(0x21, 0x7F)) - frozenset(b"()<>[]{}/%#")


def text_string(text: str) -> bytes:
    """Write a text string (ISO 32000-2, 7.9.2): ASCII as it is, all else as UTF-16."""
    if text.isascii() and text.isprintable():
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        return b"(%b)" % escaped.encode("ascii")
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode("ascii")


def pdf_name(text: str) -> bytes:
    """Write a name (ISO 32000-2, 7.3.5)."""
    return b"/" + b"".join(b"%c" % c if c in _REGULAR else b"#%02X" % c for c in text.encode("utf-8"))
