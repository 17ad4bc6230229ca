"""Reading the stream's settings from the environment."""

import re

import pytest

from forgesyte.env import BadSetting
from streaming.conf import MEGABYTE, StreamSettings


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = StreamSettings.from_env({})
    assert settings == StreamSettings()
    assert (settings.drop_threshold, settings.slowdown_threshold) == (0.10, 0.30)
    assert settings.max_frame_bytes == 5 * MEGABYTE
    assert settings.max_frame_pixels == 25_000_000
    assert settings.max_sessions is None
    assert settings.max_sessions_per_address == 20
    assert (settings.idle_timeout_s, settings.max_session_s, settings.frame_timeout_s) == (30, 0, 10)


def test_values_are_read() -> None:
    settings = StreamSettings.from_env(
        {"STREAM_MAX_SESSIONS": "10", "STREAM_MAX_FRAME_SIZE_MB": "0.5", "STREAM_SLOWDOWN_THRESHOLD": "0.5"}
    )
    assert settings.max_sessions == 10
    assert StreamSettings.from_env({"STREAM_MAX_SESSIONS_PER_ADDRESS": "0"}).max_sessions_per_address is None
    assert settings.max_frame_bytes == MEGABYTE // 2
    assert settings.slowdown_threshold == 0.5


def test_the_message_limit_follows_the_frame_limit_unless_it_is_set() -> None:
    assert StreamSettings.from_env({"STREAM_MAX_FRAME_SIZE_MB": "8"}).max_message_bytes == 32 * MEGABYTE
    assert StreamSettings.from_env({"STREAM_MAX_MESSAGE_SIZE_MB": "6"}).max_message_bytes == 6 * MEGABYTE


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"STREAM_DROP_THRESHOLD": "ten"}, "STREAM_DROP_THRESHOLD='ten' is not a number"),
        ({"STREAM_DROP_THRESHOLD": "1.5"}, "must be from 0 to 1"),
        ({"STREAM_DROP_THRESHOLD": "0.3"}, "must lie below STREAM_SLOWDOWN_THRESHOLD=0.3"),
        ({"STREAM_MAX_SESSIONS": "-1"}, "must be at least 0"),
        ({"STREAM_IDLE_TIMEOUT_S": "0"}, "must be from 0.1"),
    ],
)
def test_bad_values_name_the_variable(env: dict[str, str], says: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(says)):
        StreamSettings.from_env(env)
