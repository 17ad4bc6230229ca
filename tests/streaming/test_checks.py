"""System checks of the stream."""

from typing import Any

import pytest

from forgesyte.units import MEGABYTE
from streaming import checks
from tests.streaming.conftest import Limit


def test_the_settings_as_they_come_pass() -> None:
    assert checks.check_message_limit(None) == []


@pytest.mark.parametrize("name", checks.DAPHNE_LIMITS)
def test_a_web_server_that_cuts_large_frames_off_is_an_error(settings: Any, name: str) -> None:
    setattr(settings, name, 5 * MEGABYTE)
    [error] = checks.check_message_limit(None)
    assert error.id == "streaming.E001"
    assert error.msg == "The web server takes messages up to 5 MB, no more than a frame may have: 5 MB."


def test_without_a_limit_of_its_own_daphne_takes_a_megabyte(settings: Any, limit: Limit) -> None:
    for name in checks.DAPHNE_LIMITS:
        delattr(settings, name)
    assert [error.id for error in checks.check_message_limit(None)] == ["streaming.E001"]
    limit(max_frame_bytes=MEGABYTE // 2)
    assert checks.check_message_limit(None) == []


@pytest.mark.parametrize(("native", "expected"), [(True, []), (False, ["streaming.I001"])])
def test_missing_native_code_is_told(
    monkeypatch: pytest.MonkeyPatch, native: bool, expected: list[str]
) -> None:
    monkeypatch.setattr(checks, "USES_NVX", native)
    assert [message.id for message in checks.check_native_code(None)] == expected
