"""Reading the stream's settings from the environment."""

import re
from dataclasses import replace
from typing import Any

import pytest

from forgesyte.env import BadSetting
from forgesyte.units import MEGABYTE
from streaming.conf import StreamSettings
from streaming.consumers import new_policy


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = StreamSettings.from_env({})
    assert settings == StreamSettings()
    assert (settings.drop_threshold, settings.slowdown_threshold) == (0.10, 0.30)
    assert settings.max_frame_bytes == 5 * MEGABYTE
    assert settings.max_frame_pixels == 25_000_000
    assert settings.max_sessions is None
    assert (settings.max_sessions_per_address, settings.max_sessions_per_user) == (20, 10)
    assert (settings.rate_window_s, settings.rate_min_frames) == (5, 10)
    assert (settings.max_message_bytes, settings.open_timeout_s) == (20 * MEGABYTE, 600)
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


@pytest.mark.parametrize(
    ("name", "value", "field", "means"),
    [
        ("STREAM_DROP_THRESHOLD", "0.2", "drop_threshold", 0.2),
        ("STREAM_SLOWDOWN_THRESHOLD", "0.4", "slowdown_threshold", 0.4),
        ("STREAM_RATE_WINDOW_S", "7.5", "rate_window_s", 7.5),
        ("STREAM_RATE_MIN_FRAMES", "3", "rate_min_frames", 3),
        ("STREAM_MAX_FRAME_SIZE_MB", "2", "max_frame_bytes", 2 * 1024 * 1024),
        ("STREAM_MAX_FRAME_PIXELS", "1000", "max_frame_pixels", 1000),
        ("STREAM_MAX_MESSAGE_SIZE_MB", "6", "max_message_bytes", 6 * 1024 * 1024),
        ("STREAM_MAX_SESSIONS", "9", "max_sessions", 9),
        ("STREAM_MAX_SESSIONS_PER_ADDRESS", "4", "max_sessions_per_address", 4),
        ("STREAM_IDLE_TIMEOUT_S", "12", "idle_timeout_s", 12),
        ("STREAM_MAX_SESSION_S", "90", "max_session_s", 90),
        ("STREAM_FRAME_TIMEOUT_S", "4", "frame_timeout_s", 4),
        ("STREAM_OPEN_TIMEOUT_S", "70", "open_timeout_s", 70),
    ],
)
def test_each_setting_is_read_into_its_field(name: str, value: str, field: str, means: float) -> None:
    changes: dict[str, Any] = {field: means}
    if field == "max_frame_bytes":
        changes["max_message_bytes"] = 8 * MEGABYTE
    assert StreamSettings.from_env({name: value}) == replace(StreamSettings(), **changes)


def test_the_drop_policy_does_as_the_settings_say() -> None:
    policy = new_policy(
        StreamSettings(drop_threshold=0.4, slowdown_threshold=0.6, rate_window_s=2000, rate_min_frames=3)
    )
    assert (policy.drop_threshold, policy.slowdown_threshold) == (0.4, 0.6)
    for _ in range(2):
        policy.frame_received()
        policy.frame_dropped()
    assert policy.drop_rate == 0
    policy.frame_received()
    assert policy.drop_rate == pytest.approx(2 / 3)
    for _ in range(500):
        policy.frame_processed()
    assert policy.suggested_fps == 5.0, (
        "500 results in a twentieth of the window, the least that is counted with"
    )


DAY_S = 86_400


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("STREAM_MAX_FRAME_SIZE_MB", 0.01, 100),
        ("STREAM_MAX_MESSAGE_SIZE_MB", 0.01, 1000),
        ("STREAM_RATE_WINDOW_S", 0.5, 60),
        ("STREAM_RATE_MIN_FRAMES", 1, 1000),
        ("STREAM_MAX_FRAME_PIXELS", 1, 1e9),
        ("STREAM_IDLE_TIMEOUT_S", 0.1, DAY_S),
        ("STREAM_MAX_SESSION_S", 0, 30 * DAY_S),
        ("STREAM_FRAME_TIMEOUT_S", 0.1, DAY_S),
        ("STREAM_OPEN_TIMEOUT_S", 0.1, DAY_S),
        ("STREAM_SLOWDOWN_THRESHOLD", 0.11, 1),
        ("STREAM_DROP_THRESHOLD", 0, 0.29),
    ],
)
def test_a_value_lies_within_bounds(name: str, least: float, most: float) -> None:
    step = 1 if name in ("STREAM_RATE_MIN_FRAMES", "STREAM_MAX_FRAME_PIXELS") else 0.01
    for value in (least, most):
        StreamSettings.from_env({name: f"{value:f}"})
    for value in (least - step, most + step):
        with pytest.raises(BadSetting, match=name):
            StreamSettings.from_env({name: f"{value:f}"})


@pytest.mark.parametrize("name", ["STREAM_SLOWDOWN_THRESHOLD", "STREAM_DROP_THRESHOLD"])
def test_a_threshold_is_a_share(name: str) -> None:
    with pytest.raises(BadSetting, match="must be from 0 to 1"):
        StreamSettings.from_env({name: "1.01"})
