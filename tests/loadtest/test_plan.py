import json

import pytest

from loadtest.plan import BadPlan, LoadPlan, Pattern, stream_url


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sessions": 0}, "At least one session"),
        ({"in_flight": 0}, "At least one session"),
        ({"duration_s": 0}, "duration"),
        ({"fps": -1}, "negative"),
        ({"fps": 0, "think_ms": -1}, "negative"),
        ({"fps": 15, "think_ms": 10}, "time to think"),
        ({"size_wh": (0, 480)}, "size"),
        ({"quality": 101}, "quality"),
        ({"steps": -1}, "negative"),
    ],
)
def test_nonsense_is_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(BadPlan, match=words):
        LoadPlan(**changes)  # type: ignore[arg-type]


def test_many_sessions_are_shared_among_processes() -> None:
    assert LoadPlan(sessions=64).process_count == 1
    assert LoadPlan(sessions=65).process_count == 2
    assert LoadPlan(sessions=2, processes=8).process_count == 2


def test_a_ramp_ends_with_all_sessions() -> None:
    plan = LoadPlan(sessions=10, pattern=Pattern.RAMP, steps=4)
    assert [plan.step_sessions(step) for step in range(1, 5)] == [3, 5, 8, 10]
    assert LoadPlan(sessions=3).step_count == 3


def test_headers_stay_secret() -> None:
    plan = LoadPlan(headers=(("Cookie", "sessionid=1"),))
    assert "Cookie" not in json.dumps(plan.as_dict())
    assert json.loads(json.dumps(plan.as_dict()))["pattern"] == "steady"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/video/stream?pipeline_id=a+b"),
        ("https://box:8443/", "wss://box:8443/ws/video/stream?pipeline_id=a+b"),
        ("127.0.0.1:8000", "ws://127.0.0.1:8000/ws/video/stream?pipeline_id=a+b"),
        ("ws://h/ws/video/stream", "ws://h/ws/video/stream?pipeline_id=a+b"),
        ("ws://h/ws/video/stream?pipeline_id=other", "ws://h/ws/video/stream?pipeline_id=other"),
        ("ws://h/predict?x=1", "ws://h/predict?x=1"),
    ],
)
def test_addresses(url: str, expected: str) -> None:
    assert stream_url(url, "a b") == expected


@pytest.mark.parametrize("url", ["ftp://h/", "http://", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadPlan, match="Not an address"):
        stream_url(url, "a")
