"""``python -m printstream`` is ``printstream``."""

from __future__ import annotations

import sys

from printstream.cli import main

if __name__ == "__main__":
    sys.exit(main())
