"""What all tests share: the system's tools as independent judges."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest
from hypothesis import settings

# A fixed example stream: a red run must be red again for whoever looks at it.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

_PACKAGES = {
    "ippeveprinter": "cups-ipp-utils",
    "gs": "ghostscript",
    "mutool": "mupdf-tools",
    "pdffonts": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "pdftotext": "poppler-utils",
}


def require_tool(name: str) -> str:
    """Give the path of a system tool; without it skip the test, or fail it where CI demands all tools."""
    # Servers lie where a user's path need not look.
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        reason = f"{name} is not installed (Debian package {_PACKAGES.get(name, name)})"
        if os.environ.get("PRINTSTREAM_REQUIRE_TOOLS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(name="require_tool", scope="session")
def _require_tool() -> Callable[[str], str]:
    return require_tool
