"""A missing judge skips at home and fails in CI."""

from __future__ import annotations

import pytest

from tests.conftest import require_tool


def test_a_tool_that_is_there_has_a_path() -> None:
    assert require_tool("sh").startswith("/")


def test_a_missing_tool_skips_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRINTSTREAM_REQUIRE_TOOLS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-tool is not installed"):
        require_tool("no-such-tool")
    monkeypatch.setenv("PRINTSTREAM_REQUIRE_TOOLS", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-tool is not installed"):
        require_tool("no-such-tool")
