"""Tests whose needs are missing skip, and fail in CI."""

import pytest

from tests.conftest import do_without, require_tool

Outcome = type[BaseException]
HERE: Outcome = pytest.skip.Exception
IN_CI: Outcome = pytest.fail.Exception


@pytest.mark.parametrize(("ci", "outcome"), [("", HERE), ("true", IN_CI)], ids=["here", "in CI"])
def test_what_is_missing_skips_a_test_here_and_fails_it_in_ci(
    ci: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no picture"):
        do_without("no picture")
    with pytest.raises(outcome, match="`apt-get install loom-tools` brings it"):
        require_tool("no-such-loom", "loom-tools")
    assert require_tool("sh")
