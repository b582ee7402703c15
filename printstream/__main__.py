"""``python -m printstream`` is ``printstream``."""

from __future__ import annotations

from printstream.cli import entry

if __name__ == "__main__":
    entry()
